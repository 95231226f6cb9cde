// SPDX-License-Identifier: GPL-2.0-only
/* hit.bpf.c - see hit.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/conn.bpf.h"
#include "flight/progress.bpf.h"
#include "flight/waiting.bpf.h"
#include "hit.bpf.h"
#include "cut.bpf.h"
#include "sender.bpf.h"

static __always_inline __u32 hit_flags(const struct pf_flight *f, const struct pf_conn *c)
{
	__u32 flags = 0;

	if (flight_local(f, c))
		flags |= flight_collapsed(f, c) ? PF_HIT_LOCAL | PF_HIT_COLLAPSED : PF_HIT_LOCAL;
	else if (c->flags & PF_CONN_WIRE && flight_has_fp(f))
		flags |= PF_HIT_WIRE;
	if (c->flags & PF_CONN_LOCAL)
		flags |= PF_HIT_HERE;
	if (c->flags & (PF_CONN_ASK | PF_CONN_UNFOUND))
		flags |= PF_HIT_UNSURE;
	if (c->flags & PF_CONN_LOST)
		flags |= PF_HIT_LOST;
	return flags;
}

/* Fill in what the flight and its connection tell. */
static __always_inline void hit_fill(struct pf_ev_hit *r, const struct pf_flight *f,
				     const struct pf_conn *c)
{
	r->conn = c->id;
	r->sender.pid = f->sender.pid;
	r->sender.tid = f->sender.tid;
	r->sender.how = f->sender.how;
	r->sender.flags = f->sender.kthread ? PF_TASK_KTHREAD : 0;
	__builtin_memcpy(r->sender.comm, f->comm_text, sizeof(f->comm_text));
	r->sender.comm[PF_COMM_LEN - 1] = '\0';
	r->tuple = c->tuple;
	r->netns = c->netns;
	r->file_off = flight_file_off(f);
	r->attached = f->attached;
	r->seq = f->seq;
	r->len = flight_len(f);
	r->resends = c->resends;
	r->diff_from = r->diff_to = 0;
	r->stream_off = c->una_off + seq_diff(f->seq, c->una);
	r->fp = flight_known(f);
	sender_fill(r, f);
}

__noinline int hit_report(__u64 at, struct pf_write *w, __u32 flags, __u64 before, __u64 after)
{
	struct pf_flight *f = flight_of((__u32)at);
	struct pf_conn *c = conn_at(at >> 32);
	struct pf_progress now = {};
	struct pf_ev_hit *r;

	if (!w || !f || !c)
		return 0;
	progress_of(&now, f, c, 1);
	__sync_fetch_and_add(&w->hits, 1);
	count(PF_C_hits, 1);	/* here, since nothing may stand between a reserve and its check */
	r = record_new(PF_EV_HIT, sizeof(*r));
	if (!r)
		return 0;
	hit_fill(r, f, c);
	inode_number(w->inode, &r->dev, &r->ino);
	r->op = w->op;
	r->writer = w->writer;
	r->flags = hit_flags(f, c) | flags;
	if (before && w->compared) {
		r->flags |= PF_HIT_COMPARED;
		r->diff_from = w->diff.from;
		r->diff_to = w->diff.to;
	}
	r->pos = w->pos;
	r->count = w->count;
	if (!flags && w->left_out) {	/* with flags it is that of another flight */
		r->pos = (w->pos > r->file_off ? w->pos : r->file_off) + w->left_out;
		r->count = w->pos + w->count - r->pos;
	}
	r->after = now;
	r->before = flags & PF_HIT_NO_BEFORE ? now : f->before;
	r->fp_before = before;
	r->fp_after = after;
	record_send(r);
	return 0;
}

__noinline int hit_report_unseen(__u32 n, struct unseen *u, struct pf_progress *at, __u64 before,
				 __u64 after)
{
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;
	struct pf_ev_hit *r;

	if (!u || !at || !f || !c)
		return 0;
	count(PF_C_unseen, 1);
	if (!hit_allowed(c, f, u->hits))
		return 0;
	u->hits++;
	r = record_new(PF_EV_HIT, sizeof(*r));
	if (!r)
		return 0;
	hit_fill(r, f, c);
	inode_number(u->inode, &r->dev, &r->ino);
	r->op = u->op;
	/* The sender alone has its own memory. A page of a file anybody can have written. */
	r->writer = r->sender;
	if (f->mapping)
		__builtin_memset(&r->writer, 0, sizeof(r->writer));
	r->writer.how = PF_WRITE_UNKNOWN;
	r->flags = hit_flags(f, c);
	r->pos = r->file_off;
	r->count = flight_len(f);
	r->before = *at;
	r->after = *at;
	r->after.read = u->read_after;
	r->fp_before = before;
	r->fp_after = after;
	record_send(r);
	return 0;
}

/* Report flight n for the write that marked it last; `writes` has it by its thread. */
static __always_inline void report_marker(struct pf_flight *f, struct pf_conn *c, __u32 n)
{
	__u64 key = f->write_tid;
	struct pf_write *w = bpf_map_lookup_elem(&writes, &key);

	if (!w || (__u32)w->op != f->op) {
		key |= (__u64)PF_WRITE_ZERO << 32;
		w = bpf_map_lookup_elem(&writes, &key);
	}
	if (w && (__u32)w->op == f->op && hit_claim(f, c, f->op))
		hit_report(hit_at(n, f->conn), w, PF_HIT_ENDED, 0, 0);
}

static long on_crowd_write(void *map, const __u64 *key, struct pf_write *w, __u32 *n)
{
	struct pf_flight *f = flight_of(*n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;

	if (!f || !c)
		return 1;
	if (!w->op)	/* it has not begun to walk */
		return 0;
	if (flight_in(f, w->mapping, w->pos, w->pos + w->count) &&
	    (__u32)w->op != f->op && (__u32)w->op != f->hit_op && hit_allowed(c, f, w->hits))
		hit_report(hit_at(*n, f->conn), w, PF_HIT_NO_BEFORE, 0, 0);
	return 0;
}

__noinline int hit_unfinished(__u32 n)
{
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;

	if (!f || !c)
		return 0;
	/* Of several writes the last one alone still has its mark on the flight. */
	if (f->crowded)
		bpf_for_each_map_elem(&writes, on_crowd_write, &n, 0);
	if (f->op != f->hit_op)
		report_marker(f, c, n);
	return 0;
}
