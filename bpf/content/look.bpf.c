// SPDX-License-Identifier: GPL-2.0-only
/*
 * look.bpf.c - see look.bpf.h.
 *
 * A flight is not looked at while a write that a hook sees is under way: the end of the
 * write will tell what it changed.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "base/mode.bpf.h"
#include "flight/conn.bpf.h"
#include "flight/waiting.bpf.h"
#include "report/cut.bpf.h"
#include "report/op.bpf.h"
#include "doubt.bpf.h"
#include "fingerprint.bpf.h"
#include "look.bpf.h"

#define LOOK_STEPS 8192		/* flights of one packet or one read */
#define LOOK_QUEUE 256		/* flights of a reader's full queue, for each packet that comes */
#define LOOK_RESTARTS 4

__noinline int look_end(struct unseen *u)
{
	struct pf_ev_op *r;

	if (!u || !u->op || !u->hits)
		return 0;
	r = record_new(PF_EV_OP, sizeof(*r));
	if (!r)
		return 0;
	r->began = r->h.ts;
	r->pos = r->count = 0;	/* its hits have the ranges */
	__builtin_memset(&r->writer, 0, sizeof(r->writer));
	__builtin_memset(&r->who, 0, sizeof(r->who));
	r->stack_len = 0;
	op_fill(r, u->op, u->hits, u->inode, 0);
	r->flags |= u->flags;
	record_send(r);
	u->op = 0;
	u->hits = 0;
	return 0;
}

/* op is that of the flight when nobody wrote to it. */
static __always_inline void unseen_report(__u32 n, struct pf_flight *f, struct pf_conn *c, __u32 op,
					  struct unseen *u, struct pf_progress *at, __u64 now)
{
	__u64 inode = f->mapping && flight_there(n, 0) ?
		      (__u64)KERNEL_READ(address_space, f->mapping, host) : 0;

	if (u->op && u->inode != inode)
		look_end(u);
	if (!u->op) {
		u->op = __sync_fetch_and_add(&pf_next_id, 1) + 1;
		u->inode = inode;
		u->flags = 0;
	}
	if (f->audited && inode && file_is_unmapped(f->mapping))
		u->flags |= PF_OP_UNKNOWN;
	/* op stays the last write reported, if none has begun since: its mark is needed at its end. */
	if (hit_claim(f, c, (__u32)u->op))
		__sync_val_compare_and_swap(&f->op, op, (__u32)u->op);
	hit_report_unseen(n, u, at, flight_last(f), now);
}

__noinline int look_at_flight(__u32 n, struct unseen *u, const struct copy_bounds *bounds,
			      __u64 seen)
{
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;
	struct pf_progress at = {};
	__u64 now, last;
	__u32 op;

	if (!u || !bounds || !f || !c || !content_on() || !flight_has_fp(f) ||
	    flight_open_write(f))
		return 0;
	count(PF_C_looks, 1);
	op = f->op;
	last = f->last;
	/* Other bytes than those of the last look must be those of this moment. */
	now = seen && seen == last_or(last, f->fp) ? seen : flight_fp(f);
	/* A write that came between has looked at the result itself. */
	if (!now || f->op != op || f->last != last || flight_open_write(f))
		return 0;
	if (now == last_or(last, f->fp))
		return 1;
	progress_sent(&at, c, 0);
	at.read = at.una;
	/* Of a part that is acknowledged nobody knows whether that was before the change. */
	at.una = seq_min(at.una, f->seq);
	u->read_after = at.una;
	if (flight_local(f, c) || c->flags & PF_CONN_WIRE) {
		at.read = bounds->certain;
		u->read_after = bounds->possible;
	} else {
		at.nxt = seq_min(at.nxt, bounds->possible);
	}
	unseen_report(n, f, c, op, u, &at, now);
	f->last = now;
	return 1;
}

struct look {
	__u64 payload;
	struct unseen u;
	struct copy_bounds bounds;
	__u32 slot;
	__u32 at;		/* flight to visit next; 0: none */
	__u32 seq, end;
	__u32 what;
	__u32 restarts;
	__u32 looked;		/* flights that were looked at */
	__u32 done;		/* the end of the range was reached */
};

static __always_inline int is_looked_at(const struct pf_flight *f, const struct pf_conn *c,
					__u32 what)
{
	if (!(what & LOOK_DEVICE))
		return flight_local(f, c);
	if (flight_local(f, c))
		return 0;
	return what & (f->sender.how == PF_SEND_ZEROCOPY ? LOOK_BUFFERS : LOOK_PAGES);
}

/* Has the page changed since the packet got its copy of these bytes? */
static __always_inline int is_stale(const struct look *l, const struct pf_flight *f, __u32 from,
				    __u32 len)
{
	__u64 then = content_fp(l->payload + (from - l->seq), len);
	__u64 now = content_fp(page_addr(f->page) + f->off + (from - f->seq), len);

	return then && now && then != now;
}

static __always_inline void look_at_one(struct look *l, __u32 n, struct pf_flight *f,
					struct pf_conn *c)
{
	__u32 from = seq_max(l->seq, f->seq), len = seq_min(f->seq + flight_len(f), l->end) - from;
	int stale;

	if (fp_waits(f->fp))
		return;
	stale = l->payload && is_stale(l, f, from, len);
	l->looked++;
	if (!stale && !look_at_flight(n, &l->u, &l->bounds, 0))
		return;
	if (f->hit_op && (l->what & (LOOK_DEVICE | LOOK_AFTER)) == LOOK_DEVICE)
		conn_range(c, l->slot, PF_EV_SENT, from, len, 0, stale ? 0 : flight_last(f));
}

/* Walk along the FIFO without its lock. A flight that has left it has lost its connection. */
static int on_look_step(__u32 i, struct look *l)
{
	struct pf_conn *c = conn_at(l->slot);
	__u32 n = l->at;
	struct pf_flight *f = flight_of(n);

	if (!c || !f)
		return 1;
	if (n && f->conn != l->slot) {
		l->at = c->head;
		l->restarts++;
		return l->restarts > LOOK_RESTARTS;
	}
	if (!n || !seq_after(l->end, f->seq)) {
		l->done = 1;
		return 1;
	}
	l->at = f->next;
	if (!seq_after(f->seq + flight_len(f), l->seq))
		return 0;
	if (l->what & LOOK_DEVICE)
		c->cursor = n;
	if (is_looked_at(f, c, l->what))
		look_at_one(l, n, f, c);
	return 0;
}

/* The flight to begin with: new data is at the cursor, a retransmission is before it. */
static __always_inline __u32 look_start(struct pf_conn *c, __u32 slot, __u32 seq, __u32 what)
{
	struct pf_flight *f = flight_of(c->cursor);

	if (!(what & LOOK_DEVICE) || !f)
		return c->head;
	return c->cursor && f->conn == slot && !seq_after(f->seq, seq) ? c->cursor : c->head;
}

__noinline int look_at_range(__u32 slot, __u32 seq, __u32 end, __u32 what, __u64 payload)
{
	struct pf_conn *c = conn_at(slot);
	struct look l = { .payload = payload, .slot = slot, .seq = seq, .end = end, .what = what };

	if (!c || !content_on())
		return 0;
	if (!conn_has_fp(c, seq)) {	/* nothing to look at, but how far it is copied counts */
		if (what & LOOK_DEVICE && what & LOOK_PAGES)
			conn_transmitted(c, seq, end, !(what & LOOK_AGAIN));
		return 0;
	}
	l.restarts = l.looked = l.done = l.u.hits = pf_zero;
	l.u.op = pf_zero;
	l.at = look_start(c, slot, seq, what);
	l.bounds.certain = l.bounds.possible = seq;
	if (what & LOOK_AFTER)
		l.bounds.possible = end;
	if (what & LOOK_DEVICE && seq_after(c->tx_possible, seq)) {	/* a retransmission */
		l.bounds.certain = c->tx_certain;
		l.bounds.possible = seq_max(c->tx_possible, l.bounds.possible);
	}
	bpf_loop(LOOK_STEPS, on_look_step, &l, 0);
	look_end(&l.u);
	if (!l.done) {
		count(PF_C_look_cut, 1);
		conn_cut(slot, seq);
	}
	if (what & LOOK_DEVICE && (what & LOOK_PAGES || l.looked))
		conn_transmitted(c, seq, end, l.done && !(what & LOOK_AGAIN));
	return 0;
}

__noinline int look_at_queue(__u32 slot, __u32 end)
{
	struct pf_conn *c = conn_at(slot);
	struct look l = { .slot = slot, .end = end, .what = LOOK_READ };
	struct pf_flight *f;

	if (!c || !content_on())
		return 0;
	l.payload = l.restarts = l.looked = l.done = l.u.hits = pf_zero;
	l.u.op = pf_zero;
	l.seq = l.bounds.certain = l.bounds.possible = c->taken;
	f = flight_of(c->queue_at);
	l.at = f && c->queue_at && f->conn == slot && seq_after(f->seq, c->taken) ? c->queue_at :
										    c->head;
	bpf_loop(LOOK_QUEUE, on_look_step, &l, 0);
	look_end(&l.u);
	c->queue_at = l.done ? 0 : l.at;
	return 0;
}
