// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * incident - the names of verdicts, reasons, phases and of the ways to send
 * and to write: the only place where they are spelled.
 */
#include "incident.h"

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

const char *const verdict_names[] = {
	[VERDICT_IDENTICAL] = "identical",
	[VERDICT_NEAR_MISS] = "near-miss",
	[VERDICT_POSSIBLE] = "possible",
	[VERDICT_MIXED] = "mixed",
	[VERDICT_CORRUPT] = "corrupt",
};

static const char *const reason_names[] = {
	[REASON_NONE] = "none",
	[REASON_UNSENT] = "unsent",
	[REASON_UNREAD] = "unread",
	[REASON_RACED] = "raced",
	[REASON_RESENT] = "resent",
	[REASON_ACKED] = "acked",
	[REASON_ABORTED] = "aborted",
	[REASON_IN_HOST] = "in-host",
	[REASON_CARRIED] = "carried",
	[REASON_UNCHANGED] = "unchanged",
	[REASON_RESTORED] = "restored",
	[REASON_REWRITTEN] = "rewritten",
	[REASON_UNSEEN] = "unseen",
	[REASON_MMAP_STORE] = "mmap-store",
	[REASON_UNACKED] = "unacked",
	[REASON_EVICTED] = "evicted",
	[REASON_EVIDENCE_LOST] = "evidence-lost",
};

static const char *const phase_names[] = {
	[PHASE_QUEUED] = "queued",
	[PHASE_SENT] = "sent",
	[PHASE_RESENT] = "resent",
	[PHASE_HELD] = "held",
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

const char *const content_names[] = {
	[PF_CONTENT_OFF] = "off",
	[PF_CONTENT_EDGES] = "edges",
	[PF_CONTENT_WIRE] = "wire",
};

static const char *const view_names[] = {
	[PATH_UNKNOWN] = "unknown",
	[PATH_SELF] = "self",
	[PATH_WRITER] = "writer",
	[PATH_SENDER] = "sender",
};

static const char *name_at(const char *const *names, size_t n, unsigned int i)
{
	return i < n && names[i] ? names[i] : "unknown";
}

const char *verdict_name(enum verdict_kind verdict)
{
	return name_at(verdict_names, ARRAY_LEN(verdict_names), verdict);
}

const char *reason_name(enum reason reason)
{
	return name_at(reason_names, ARRAY_LEN(reason_names), reason);
}

const char *phase_name(enum phase phase)
{
	return name_at(phase_names, ARRAY_LEN(phase_names), phase);
}

const char *writer_how_name(__u32 how)
{
	return name_at(writer_how_names, ARRAY_LEN(writer_how_names), how);
}

const char *sender_how_name(__u32 how)
{
	return name_at(sender_how_names, ARRAY_LEN(sender_how_names), how);
}

const char *content_name(int content)
{
	return name_at(content_names, ARRAY_LEN(content_names), content);
}

const char *path_view_name(enum path_view view)
{
	return name_at(view_names, ARRAY_LEN(view_names), view);
}
