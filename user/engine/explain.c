// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * explain.c - the evidence of a range as text. It is put together by hand: the
 * engine does not use stdio.
 */
#include <string.h>

#include "seq.h"
#include "spans.h"

struct text {
	char *buf;
	size_t room;	/* with the NUL */
	size_t len;
};

static void put(struct text *t, const char *word)
{
	size_t n = strlen(word);

	if (n >= t->room - t->len)
		n = t->room - t->len - 1;
	memcpy(t->buf + t->len, word, n);
	t->len += n;
	t->buf[t->len] = '\0';
}

/* A distance in the sequence space, which is signed. */
static void put_distance(struct text *t, const char *name, __u32 from, __u32 to)
{
	__s64 distance = seq_diff(to, from);
	__u64 rest = distance < 0 ? -distance : distance;
	char digits[16] = "", *at = digits + sizeof(digits) - 1;

	do {
		*--at = '0' + rest % 10;
		rest /= 10;
	} while (rest);
	*--at = distance < 0 ? '-' : '+';
	put(t, name);
	put(t, at);
}

static void put_stand(struct text *t, const char *when, const struct pf_progress *at,
		      const struct span *span)
{
	put(t, when);
	put_distance(t, " una ", span->seq, at->una);
	put_distance(t, " nxt ", span->seq, at->nxt);
	if (span->ev.flags & PF_HIT_LOCAL)
		put_distance(t, " read ", span->seq, at->read);
	else if (span->ev.flags & PF_HIT_WIRE)
		put_distance(t, " copied ", span->seq, at->read);
	if (at == &span->ev.before && at->in_host)
		put(t, " in host");
	put(t, "; ");
}

static const char *content_text(const struct evidence *ev)
{
	if (!ev->fp)
		return "no fingerprints";
	if (!ev->fp_before || !ev->fp_after)
		return "fingerprints not complete";
	if (ev->fp_before == ev->fp_after)
		return ev->fp_after == ev->fp ? "content as taken" : "content changed before";
	return ev->fp_after == ev->fp ? "content changed back" : "content changed";
}

static const char *end_text(__u32 end)
{
	static const char *const texts[] = {
		[PF_END_ACKED] = "; acknowledged",
		[PF_END_READ] = "; read here",
		[PF_END_ABORTED] = "; aborted",
		[PF_END_DROPPED] = "; dropped in this host",
	};

	return end && end < sizeof(texts) / sizeof(texts[0]) ? texts[end] : "";
}

char *pf_range_evidence(const struct pf_range *range, char *buf, size_t size)
{
	const struct span *span = range->source;
	struct text text = { .buf = buf, .room = size };
	const struct evidence *ev;

	buf[0] = '\0';
	if (!span)
		return buf;
	ev = &span->ev;
	if (ev->flags & PF_HIT_NO_BEFORE)
		put(&text, "before: not in flight; ");
	else
		put_stand(&text, "before:", &ev->before, span);
	put_stand(&text, "after:", &ev->after, span);
	if (ev->before.resends != ev->after.resends && !(ev->flags & PF_HIT_NO_BEFORE))
		put(&text, "retransmissions meanwhile; ");
	if (ev->flags & PF_HIT_ENDED)
		put(&text, "ended meanwhile; ");
	put(&text, content_text(ev));
	put(&text, end_text(ev->end));
	if (range->marks)
		put(&text, "; marks:");
	for (__u32 bit = 1; bit && bit <= range->marks; bit <<= 1) {
		if (!(range->marks & bit))
			continue;
		put(&text, " ");
		put(&text, pf_mark_name(bit));
	}
	return buf;
}
