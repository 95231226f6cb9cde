// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * names.c - of verdicts, reasons, phases, marks and of the ways to send and to
 * write: the only place where they are spelled.
 */
#include "pageflight.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

const char *const pf_verdict_names[PF_VERDICT_MAX] = {
	[PF_VERDICT_IDENTICAL] = "identical",
	[PF_VERDICT_NEAR_MISS] = "near-miss",
	[PF_VERDICT_POSSIBLE] = "possible",
	[PF_VERDICT_MIXED] = "mixed",
	[PF_VERDICT_CORRUPT] = "corrupt",
};

static const char *const reason_names[] = {
	[PF_REASON_NONE] = "none",
	[PF_REASON_UNSENT] = "unsent",
	[PF_REASON_UNREAD] = "unread",
	[PF_REASON_RACED] = "raced",
	[PF_REASON_RESENT] = "resent",
	[PF_REASON_ACKED] = "acked",
	[PF_REASON_ABORTED] = "aborted",
	[PF_REASON_IN_HOST] = "in-host",
	[PF_REASON_CARRIED] = "carried",
	[PF_REASON_UNCHANGED] = "unchanged",
	[PF_REASON_RESTORED] = "restored",
	[PF_REASON_REWRITTEN] = "rewritten",
	[PF_REASON_UNSEEN] = "unseen",
	[PF_REASON_MMAP_STORE] = "mmap-store",
	[PF_REASON_UNACKED] = "unacked",
	[PF_REASON_EVICTED] = "evicted",
	[PF_REASON_EVIDENCE_LOST] = "evidence-lost",
};

static const char *const phase_names[] = {
	[PF_PHASE_QUEUED] = "queued",
	[PF_PHASE_SENT] = "sent",
	[PF_PHASE_RESENT] = "resent",
	[PF_PHASE_HELD] = "held",
};

static const char *const writer_how_names[] = {
	[PF_WRITE_UNKNOWN] = "unknown",
	[PF_WRITE_WRITE] = "write",
	[PF_WRITE_MMAP] = "mmap",
	[PF_WRITE_TRUNCATE] = "truncate",
	[PF_WRITE_PUNCH] = "punch",
};

static const char *const sender_how_names[] = {
	[PF_SEND_UNKNOWN] = "unknown",
	[PF_SEND_SENDFILE] = "sendfile",
	[PF_SEND_SPLICE] = "splice",
	[PF_SEND_ZEROCOPY] = "zerocopy",
	[PF_SEND_KERNEL] = "kernel",
};

static const char *const end_names[] = {
	[PF_END_ACKED] = "acked",
	[PF_END_READ] = "read",
	[PF_END_ABORTED] = "aborted",
	[PF_END_DROPPED] = "dropped",
};

const char *const pf_content_names[PF_CONTENT_MAX] = {
	[PF_CONTENT_OFF] = "off",
	[PF_CONTENT_EDGES] = "edges",
	[PF_CONTENT_WIRE] = "wire",
};

#define BIT(mark) __builtin_ctz(PF_MARK_##mark)

static const char *const mark_names[PF_MARKS] = {
	[BIT(MEANT)] = "meant",
	[BIT(RESTORED)] = "restored",
	[BIT(MENDED)] = "mended",
	[BIT(UNSURE)] = "unsure",
	[BIT(REWRITTEN)] = "rewritten",
	[BIT(COVERED)] = "covered",
	[BIT(TORN)] = "torn",
	[BIT(BLURRED)] = "blurred",
	[BIT(STORED)] = "stored",
	[BIT(RESENT)] = "resent",
	[BIT(RESENT_MENDED)] = "resent-mended",
	[BIT(COPIED_MEANT)] = "copied-meant",
	[BIT(COPIED_BEFORE)] = "copied-before",
	[BIT(COPIED_AFTER)] = "copied-after",
	[BIT(COPIED_OTHER)] = "copied-other",
	[BIT(END_SEEN)] = "end-seen",
	[BIT(LOST)] = "lost",
	[BIT(TIMED_OUT)] = "timed-out",
	[BIT(EVICTED)] = "evicted",
};

static const char *name_at(const char *const *names, size_t n, unsigned int i)
{
	return i < n && names[i] ? names[i] : "unknown";
}

const char *pf_verdict_name(enum pf_verdict verdict)
{
	return name_at(pf_verdict_names, ARRAY_LEN(pf_verdict_names), verdict);
}

const char *pf_reason_name(enum pf_reason reason)
{
	return name_at(reason_names, ARRAY_LEN(reason_names), reason);
}

const char *pf_phase_name(enum pf_phase phase)
{
	return name_at(phase_names, ARRAY_LEN(phase_names), phase);
}

const char *pf_writer_how_name(__u32 how)
{
	return name_at(writer_how_names, ARRAY_LEN(writer_how_names), how);
}

const char *pf_sender_how_name(__u32 how)
{
	return name_at(sender_how_names, ARRAY_LEN(sender_how_names), how);
}

const char *pf_end_name(__u32 end)
{
	return name_at(end_names, ARRAY_LEN(end_names), end);
}

const char *pf_content_name(int content)
{
	return name_at(pf_content_names, ARRAY_LEN(pf_content_names), content);
}

const char *pf_mark_name(__u32 mark)
{
	return name_at(mark_names, PF_MARKS, mark ? __builtin_ctz(mark) : PF_MARKS);
}
