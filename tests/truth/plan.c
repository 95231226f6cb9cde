// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * plan - draw a flow: its network, its chunks, its writes. The steps follow in
 * script.c.
 */
#include "plan.h"

#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char *const net_names[] = {
	[NET_LO] = "lo",
	[NET_VETH] = "veth",
	[NET_TUN] = "tun",
	[NET_CARD] = "card",
};

const char *const fs_names[] = {
	[FS_EXT4] = "ext4",
	[FS_XFS] = "xfs",
	[FS_TMPFS] = "tmpfs",
};

const char *const sender_names[] = {
	[SENDER_SENDFILE] = "sendfile",
	[SENDER_SPLICE] = "splice",
	[SENDER_VMSPLICE] = "vmsplice",
	[SENDER_ZEROCOPY] = "zerocopy",
};

const char *const writer_names[] = {
	[WRITER_NONE] = "none",
	[WRITER_WRITE] = "write",
	[WRITER_PIECES] = "pwrites",
	[WRITER_MMAP_DIRTY] = "mmap-dirty",
	[WRITER_MMAP_CLEAN] = "mmap-clean",
	[WRITER_VM] = "vm-write",
	[WRITER_DMA] = "direct-read",
	[WRITER_TRUNCATE] = "truncate",
	[WRITER_PUNCH] = "punch",
	[WRITER_DIRECT] = "direct",
	[WRITER_IDENTICAL] = "identical",
	[WRITER_RESTORE] = "restore",
	[WRITER_REPLACE] = "replace",
	[WRITER_BUFFER] = "buffer",
};

const char *const moment_names[] = {
	[MOMENT_WINDOW] = "window",
	[MOMENT_CORK] = "cork",
	[MOMENT_CWND] = "cwnd",
	[MOMENT_QDISC] = "qdisc",
	[MOMENT_RING] = "ring",
	[MOMENT_WIRE] = "wire",
	[MOMENT_LOST] = "lost",
	[MOMENT_SPURIOUS] = "spurious",
	[MOMENT_REQDISC] = "resent-qdisc",
	[MOMENT_RERING] = "resent-ring",
	[MOMENT_ACKED] = "acked",
	[MOMENT_HALF] = "half-read",
	[MOMENT_DONE] = "read",
	[MOMENT_RACE] = "race",
	[MOMENT_CLOSED] = "closed",
	[MOMENT_RESET] = "reset",
	[MOMENT_WALK] = "walk",
	[MOMENT_QUIT] = "reader-reset",
};

const char *const late_names[] = {
	[LATE_NOT] = "at once",
	[LATE_3_MS] = "3 ms late",
	[LATE_30_MS] = "30 ms late",
	[LATE_150_MS] = "150 ms late",
	[LATE_HALVES] = "in halves",
};

const char *const weather_names[] = {
	[WEATHER_CALM] = "calm",
	[WEATHER_LOSS] = "loss",
	[WEATHER_STORM] = "storm",
	[WEATHER_DEAF] = "deaf",
	[WEATHER_JITTER] = "jitter",
	[WEATHER_HOLES] = "holes",
};

bool net_is_gated(enum net net)
{
	return net == NET_TUN || net == NET_CARD;
}

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
	return n ? (rng_next(r) >> 32) * n >> 32 : 0;
}

bool rng_one_in(struct rng *r, uint32_t n)
{
	return !rng_below(r, n);
}

/* Index of a weight, drawn in proportion to it. */
static unsigned int pick(struct rng *r, const unsigned char *weight, unsigned int n)
{
	unsigned int sum = 0, at = 0, left;

	for (unsigned int i = 0; i < n; i++)
		sum += weight[i];
	left = rng_below(r, sum);
	while (left >= weight[at])
		left -= weight[at++];
	return at;
}

static const unsigned char moment_weight[NET_MAX][MOMENT_MAX] = {
	[NET_LO] = {
		[MOMENT_WINDOW] = 5, [MOMENT_CORK] = 2, [MOMENT_ACKED] = 5, [MOMENT_HALF] = 4,
		[MOMENT_DONE] = 2, [MOMENT_RACE] = 3, [MOMENT_CLOSED] = 2, [MOMENT_RESET] = 2,
		[MOMENT_WALK] = 4,
	},
	[NET_VETH] = {
		[MOMENT_WINDOW] = 4, [MOMENT_CORK] = 2, [MOMENT_QDISC] = 5, [MOMENT_ACKED] = 4,
		[MOMENT_HALF] = 4, [MOMENT_DONE] = 2, [MOMENT_RACE] = 3, [MOMENT_CLOSED] = 2,
		[MOMENT_RESET] = 2, [MOMENT_WALK] = 5,
	},
	[NET_TUN] = {
		[MOMENT_WINDOW] = 4, [MOMENT_CORK] = 2, [MOMENT_CWND] = 3, [MOMENT_QDISC] = 5,
		[MOMENT_RING] = 5, [MOMENT_WIRE] = 8, [MOMENT_LOST] = 8, [MOMENT_SPURIOUS] = 5,
		[MOMENT_REQDISC] = 3, [MOMENT_RERING] = 3, [MOMENT_ACKED] = 3, [MOMENT_HALF] = 1,
		[MOMENT_DONE] = 1, [MOMENT_RACE] = 5, [MOMENT_CLOSED] = 3, [MOMENT_RESET] = 2,
		[MOMENT_WALK] = 12,
	},
	[NET_CARD] = {
		[MOMENT_WINDOW] = 4, [MOMENT_CORK] = 2, [MOMENT_CWND] = 3, [MOMENT_QDISC] = 4,
		[MOMENT_RING] = 8, [MOMENT_WIRE] = 8, [MOMENT_LOST] = 8, [MOMENT_SPURIOUS] = 5,
		[MOMENT_REQDISC] = 3, [MOMENT_RERING] = 5, [MOMENT_ACKED] = 3, [MOMENT_HALF] = 3,
		[MOMENT_DONE] = 2, [MOMENT_RACE] = 10, [MOMENT_CLOSED] = 3, [MOMENT_RESET] = 2,
		[MOMENT_WALK] = 14, [MOMENT_QUIT] = 3,
	},
};

static const unsigned char writer_weight[WRITER_MAX] = {
	[WRITER_NONE] = 2, [WRITER_WRITE] = 10, [WRITER_PIECES] = 6, [WRITER_MMAP_DIRTY] = 5,
	[WRITER_MMAP_CLEAN] = 4, [WRITER_VM] = 1, [WRITER_DMA] = 1, [WRITER_TRUNCATE] = 2,
	[WRITER_PUNCH] = 3, [WRITER_DIRECT] = 2, [WRITER_IDENTICAL] = 3,
	[WRITER_RESTORE] = 2, [WRITER_REPLACE] = 1,
};

static struct plan_range clamp(int64_t from, int64_t to)
{
	if (from < 0)
		from = 0;
	if (to > PLAN_FILE)
		to = PLAN_FILE;
	if (to <= from)
		return (struct plan_range){ from < PLAN_FILE ? from : PLAN_FILE - 1, 1 };
	return (struct plan_range){ from, to - from };
}

static void draw_chunks(struct plan *p, struct rng *r)
{
	static const unsigned char sizes[] = { 4, 24, 64 }, weight[] = { 5, 3, 2 };
	uint32_t pages = 1 + rng_below(r, sizes[pick(r, weight, COUNT(weight))]);
	uint32_t off = rng_below(r, 8) * PLAN_PAGE;
	uint32_t len = pages * PLAN_PAGE;

	if (rng_one_in(r, 2))
		off += rng_below(r, PLAN_PAGE);
	if (rng_one_in(r, 2))
		len -= rng_below(r, PLAN_PAGE);
	p->chunk[0] = (struct plan_range){ off, len };
	p->n_chunks = 1;
	while (p->n_chunks < PLAN_CHUNKS && rng_one_in(r, 3)) {
		const struct plan_range *last = &p->chunk[p->n_chunks - 1];
		struct plan_range next = *last;		/* the same pages once more */

		if (rng_one_in(r, 2))			/* what follows them */
			next = clamp(last->off + last->len,
				     last->off + last->len + 1 + rng_below(r, 8 * PLAN_PAGE));
		else if (rng_one_in(r, 2))		/* a part of them */
			next = clamp(last->off + rng_below(r, last->len), last->off + last->len);
		p->chunk[p->n_chunks++] = next;
	}
}

static struct plan_range draw_range(const struct plan *p, struct rng *r)
{
	const struct plan_range *c = &p->chunk[rng_below(r, p->n_chunks)];
	int64_t from = c->off, to = c->off + c->len, in;

	switch (rng_below(r, 8)) {
	case 0:		/* all of it */
		return clamp(from, to);
	case 1:		/* its first bytes, and some before */
		return clamp(from - rng_below(r, 2 * PLAN_PAGE), from + 1 + rng_below(r, c->len));
	case 2:		/* its last bytes, and some behind */
		return clamp(to - 1 - rng_below(r, c->len), to + rng_below(r, 2 * PLAN_PAGE));
	case 3:		/* next to it */
		if (rng_one_in(r, 2))
			return clamp(from - 1 - rng_below(r, PLAN_PAGE), from);
		return clamp(to, to + 1 + rng_below(r, PLAN_PAGE));
	case 4:		/* one byte */
		in = from + rng_below(r, c->len);
		return clamp(in, in + 1);
	case 5:		/* whole pages */
		in = (from + rng_below(r, c->len)) & -(int64_t)PLAN_PAGE;
		return clamp(in, in + (1 + rng_below(r, 8)) * PLAN_PAGE);
	default:
		in = from + rng_below(r, c->len);
		return clamp(in, in + 1 + rng_below(r, to - in));
	}
}

static void whole_pages(struct plan_range *range)
{
	uint32_t end = (range->off + range->len + PLAN_PAGE - 1) & -PLAN_PAGE;

	range->off &= -PLAN_PAGE;
	range->len = end - range->off;
}

/* Ascending and apart, together at most the range. */
static void draw_pieces(struct plan_write *w, struct rng *r)
{
	uint32_t at = w->range.off, end = at + w->range.len;

	w->n_pieces = 0;
	for (unsigned int left = 2 + rng_below(r, PLAN_PIECES - 1); left && at < end; left--) {
		uint32_t len = 1 + rng_below(r, (end - at) / left + 1);

		if (len > end - at)
			len = end - at;
		w->piece[w->n_pieces++] = (struct plan_range){ at, len };
		at += len + rng_below(r, 64);
	}
}

bool writer_stores(enum writer how)
{
	return how == WRITER_MMAP_DIRTY || how == WRITER_MMAP_CLEAN || how == WRITER_VM ||
	       how == WRITER_DMA || how == WRITER_BUFFER;
}

static void draw_write(const struct plan *p, struct plan_write *w, struct rng *r, bool last)
{
	w->how = pick(r, writer_weight, WRITER_MAX);
	/* After one of these the plan does not know the contents of the file. */
	if (!last && (w->how == WRITER_TRUNCATE || w->how == WRITER_PUNCH ||
		      w->how == WRITER_REPLACE))
		w->how = WRITER_WRITE;
	w->range = draw_range(p, r);
	if (p->sender == SENDER_ZEROCOPY && w->how != WRITER_NONE)
		w->how = WRITER_BUFFER;
	if (writer_stores(w->how) || w->how == WRITER_DIRECT)
		whole_pages(&w->range);
	w->piece[0] = w->range;
	w->n_pieces = 1;
	if (w->how == WRITER_PIECES)
		draw_pieces(w, r);
}

/* How the card reads, what becomes of its packets, and how the far reader reads. */
static void draw_card(struct plan *p, struct rng *r)
{
	static const unsigned char late[LATE_MAX] = { 5, 4, 3, 1, 4 };
	static const unsigned char weather[WEATHER_MAX] = { 8, 2, 1, 1, 2, 1 };
	static const uint32_t pieces[] = { 700, 4096, 65536 };

	p->late = pick(r, late, LATE_MAX);
	/* The sender waits for the card, two packets at a time: small ones would take minutes. */
	if (p->late > LATE_3_MS && (p->one_segment || p->mss == 536))
		p->late = LATE_3_MS;
	p->weather = pick(r, weather, WEATHER_MAX);
	/* A packet that a retransmission overtakes is lost, too: its timestamp is old. */
	p->eager |= p->weather != WEATHER_CALM;
	p->read_piece = pieces[rng_below(r, COUNT(pieces))];
	p->read_pause_us = rng_one_in(r, 4) ? 1 + rng_below(r, 2000) : 0;
	p->offload = 2;
}

void plan_make(struct plan *p, uint64_t seed, uint32_t n, enum net only)
{
	static const unsigned char nets[NET_MAX] = { 3, 4, 7 }, fss[FS_MAX] = { 4, 3, 3 };
	static const unsigned char senders[SENDER_MAX] = { 6, 3, 2, 2 };
	static const unsigned char writes[] = { 6, 3, 1, 1 };
	static const uint32_t sizes[] = { 536, 1448, 1448, 4096, 8948, 0 };
	struct rng rng = { .state = seed }, *r = &rng;

	rng.state = rng_next(r) + n * 0xd1342543de82ef95ull;
	*p = (struct plan){ .seed = seed, .n = n, .place = n };
	p->net = pick(r, nets, NET_MAX);
	if (only != NET_MAX)
		p->net = only;
	p->fs = pick(r, fss, FS_MAX);
	p->sender = pick(r, senders, SENDER_MAX);
	p->moment = pick(r, moment_weight[p->net], MOMENT_MAX);
	p->eager = rng_one_in(r, 2);
	p->tail_probe = rng_one_in(r, 2);
	p->one_segment = rng_one_in(r, 3);
	p->reset = rng_one_in(r, 3);
	p->small_window = p->moment == MOMENT_WINDOW || rng_one_in(r, 6);
	/* With both ends on this host these use whole pages, which overruns a small window. */
	if (p->sender == SENDER_ZEROCOPY && !net_is_gated(p->net)) {
		p->small_window = false;
		if (p->moment == MOMENT_WINDOW)
			p->moment = MOMENT_CORK;
	}
	p->offload = rng_below(r, 3);
	p->clean = rng_one_in(r, 4) ? 1 + rng_below(r, 2) : 0;
	p->mss = sizes[rng_below(r, COUNT(sizes))];
	p->header = rng_one_in(r, 2) ? 1 + rng_below(r, 2000) : 0;
	if (p->net == NET_CARD)
		draw_card(p, r);
	draw_chunks(p, r);
	p->n_writes = 1 + pick(r, writes, COUNT(writes));
	for (unsigned int i = 0; i < p->n_writes; i++)
		draw_write(p, &p->write[i], r, i + 1 == p->n_writes);
	script_make(p, r);
	p->no_route = rng_one_in(r, 4);
}

uint32_t plan_stream(const struct plan *p)
{
	uint32_t sum = p->header;

	for (unsigned int i = 0; i < p->n_chunks; i++)
		sum += p->chunk[i].len;
	return sum;
}

void plan_words(const struct plan *p, char *text, unsigned int size)
{
	unsigned int n;

	n = snprintf(text, size, "%s of %s over %s, %s%s%s%s%s mss %u offload %u clean %u header %u;",
		     sender_names[p->sender], fs_names[p->fs], net_names[p->net],
		     moment_names[p->moment], p->small_window ? ", small window" : "",
		     p->eager ? ", eager" : "", p->one_segment ? ", one-segment" : "",
		     p->no_route ? ", no route" : "", p->mss, p->offload, p->clean, p->header);
	if (p->net == NET_CARD && n < size)
		n += snprintf(text + n, size - n, " card %s, %s, reads %u pause %u;",
			      late_names[p->late], weather_names[p->weather], p->read_piece,
			      p->read_pause_us);
	for (unsigned int i = 0; i < p->n_chunks && n < size; i++)
		n += snprintf(text + n, size - n, " send %u+%u", p->chunk[i].off, p->chunk[i].len);
	for (unsigned int i = 0; i < p->n_writes && n < size; i++)
		n += snprintf(text + n, size - n, "%s %s %u+%u", i ? "," : ";",
			      writer_names[p->write[i].how], p->write[i].range.off,
			      p->write[i].range.len);
}
