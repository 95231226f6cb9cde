// SPDX-License-Identifier: GPL-2.0-only
/*
 * look.bpf.c - looks at the bytes of flights, and what is made of them.
 *
 * A flight that somebody writes to through a hook just now is not looked at:
 * that write will say what it did.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/conn.bpf.h"
#include "look.bpf.h"
#include "fingerprint.bpf.h"
#include "base/mode.bpf.h"
#include "report/op.bpf.h"

#define COPY_STEPS 8192		/* flights looked at for one packet or one read */
#define COPY_RESTARTS 4

__noinline int content_close(struct unseen *u)
{
	struct pf_ev_op *r;

	if (!u || !u->op || !u->hits)
		return 0;
	r = record_new(PF_EV_OP, sizeof(*r));
	if (!r)
		return 0;
	r->began = r->h.ts;
	r->pos = r->count = 0;	/* the hits say */
	__builtin_memset(&r->writer, 0, sizeof(r->writer));
	r->stack_len = 0;
	op_fill(r, u->op, u->hits, u->inode, 0);
	record_send(r);
	u->op = 0;
	u->hits = 0;
	return 0;
}

static __always_inline void unseen_report(__u32 n, struct pf_flight *f, struct pf_conn *c,
					  struct unseen *u, struct pf_progress *at, __u64 now)
{
	__u64 inode = f->mapping && flight_there(f, 0) ?
		      (__u64)KERNEL_READ(address_space, f->mapping, host) : 0;

	if (u->op && u->inode != inode)
		content_close(u);
	if (!u->op) {
		u->op = __sync_fetch_and_add(&pf_next_id, 1) + 1;
		u->inode = inode;
	}
	/* op stays what it is: no write is under way. */
	if (hit_claim(f, c, (__u32)u->op))
		f->op = f->hit_op;
	hit_report_unseen(n, u, at, f->last, now);
}

__noinline int content_look(__u32 n, struct unseen *u, const struct copied *k)
{
	struct pf_flight *f = flight_of(n);
	struct pf_conn *c = f ? conn_at(f->conn) : NULL;
	struct pf_progress at = {};
	__u64 now, last;
	__u32 op;

	if (!u || !k || !f || !c || !content_on() || !f->fp || flight_open_write(f))
		return 0;
	op = f->op;
	last = f->last;
	now = flight_fp(f);
	/* A write that came between has looked itself, at what came of it. */
	if (!now || f->op != op || f->last != last || flight_open_write(f))
		return 0;
	if (now == last)
		return 1;
	progress_of(&at, f, c, 0);	/* the rest decides nothing here */
	/* Acknowledged in part: nobody knows whether before the change. */
	at.una = seq_min(at.una, f->seq);
	u->read_after = at.una;
	if (flight_local(f, c) || c->flags & PF_CONN_WIRE) {
		at.read = k->before;
		u->read_after = k->after;
	} else {
		at.nxt = seq_min(at.nxt, k->after);
	}
	unseen_report(n, f, c, u, &at, now);
	f->last = now;
	return 1;
}

struct copying {
	__u64 payload;
	struct unseen u;
	struct copied k;
	__u32 slot;
	__u32 at;		/* flight to look at next; 0: none */
	__u32 seq, end;
	__u32 what;
	__u32 restarts;
	__u32 looked;		/* flights */
	__u32 done;
};

static __always_inline int is_looked_at(const struct pf_flight *f, const struct pf_conn *c, __u32 what)
{
	if (what < LOOK_CARRIED)
		return flight_local(f, c);
	if (what == LOOK_PRIVATE)
		return f->how == PF_SEND_ZEROCOPY;
	return !flight_local(f, c) && (what == LOOK_CARRIED || f->how != PF_SEND_ZEROCOPY);
}

/* Has the page changed since these bytes were copied out of it? */
static __always_inline int is_stale(const struct copying *k, const struct pf_flight *f, __u32 from,
				    __u32 len)
{
	__u64 then = content_fp(k->payload + (from - k->seq), len);
	__u64 now = content_fp(page_addr(f->page) + f->off + (from - f->seq), len);

	return then && now && then != now;
}

static __always_inline void look_at_one(struct copying *k, __u32 n, struct pf_flight *f,
					struct pf_conn *c)
{
	__u32 from = seq_max(k->seq, f->seq), len = seq_min(f->seq + f->len, k->end) - from;
	int stale = k->payload && is_stale(k, f, from, len);

	k->looked++;
	if (!stale && !content_look(n, &k->u, &k->k))
		return;
	if (f->hit_op && k->what >= LOOK_CARRIED && k->what != LOOK_RING_DONE)
		emit_range(PF_EV_SENT, c->id, from, len, 0, stale ? 0 : f->last);
}

/* Along the FIFO without its lock: who has left it under us is recognised. */
static int on_copy_step(__u32 i, struct copying *k)
{
	struct pf_conn *c = conn_at(k->slot);
	__u32 n = k->at;
	struct pf_flight *f = flight_of(n);

	if (!c || !f)
		return 1;
	if (n && f->conn != k->slot) {
		k->at = c->head;
		k->restarts++;
		return k->restarts > COPY_RESTARTS;
	}
	if (!n || !seq_after(k->end, f->seq)) {
		k->done = 1;
		return 1;
	}
	k->at = f->next;
	if (!seq_after(f->seq + f->len, k->seq))
		return 0;
	if (k->what >= LOOK_CARRIED)
		c->cursor = n;
	if (is_looked_at(f, c, k->what))
		look_at_one(k, n, f, c);
	return 0;
}

/* New data goes on where the last did; what is sent again is behind. */
static __always_inline __u32 copy_start(struct pf_conn *c, __u32 slot, __u32 seq, __u32 what)
{
	struct pf_flight *f = flight_of(c->cursor);

	if (what < LOOK_CARRIED || !f)
		return c->head;
	return c->cursor && f->conn == slot && !seq_after(f->seq, seq) ? c->cursor : c->head;
}

__noinline int content_copying(__u32 slot, __u32 seq, __u32 end, __u32 what, __u64 payload)
{
	struct pf_conn *c = conn_at(slot);
	struct copying k = { .payload = payload, .slot = slot, .seq = seq, .end = end, .what = what };

	if (!c || !content_on())
		return 0;
	k.restarts = k.looked = k.done = k.u.hits = pf_zero;
	k.u.op = pf_zero;
	k.at = copy_start(c, slot, seq, what);
	k.k.before = k.k.after = seq;
	if (what == LOOK_COPIED || what == LOOK_RING_DONE)
		k.k.after = end;
	if (what >= LOOK_CARRIED && seq_after(c->carried, seq)) {	/* not for the first time */
		k.k.before = c->copied;
		k.k.after = seq_max(c->carried, k.k.after);
	}
	bpf_loop(COPY_STEPS, on_copy_step, &k, 0);
	content_close(&k.u);
	if (!k.done)
		count(PF_C_walk_cut, 1);
	if (what >= LOOK_CARRIED && (what != LOOK_PRIVATE || k.looked))
		conn_carried(c, seq, end, k.done && what != LOOK_RING);
	return 0;
}
