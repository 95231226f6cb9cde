// SPDX-License-Identifier: GPL-2.0-only
/*
 * drain.bpf.c - the end of flights: taken off the head of their connection as
 * far as it has come, looked at for the last time, given back.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "conn.bpf.h"
#include "hit.bpf.h"
#include "progress.bpf.h"

#define PF_POP_MAX 16384	/* flights ended by one event; the next one goes on */

struct drain {
	struct unseen u;
	struct copied k;
	__u64 now;
	__u32 slot;
	__u32 stopped;		/* nothing more to do, as opposed to cut short */
};

/*
 * The bytes as the flight ends, where they are not what a reader on this host
 * has copied already; 0 if they are not known.
 */
static __always_inline __u64 last_look(struct drain *d, __u32 n, struct pf_flight *f,
				       struct pf_conn *c, __u32 why)
{
	if (flight_local(f, c))
		return f->print ? f->last : 0;
	/* The page was let go some time ago. Every copy was looked at, or nobody knows. */
	if (why == PF_END_DROPPED && (c->flags & PF_CONN_WIRE || !flight_there(f, 0)))
		return c->flags & PF_CONN_WIRE ? f->last : 0;
	copied_now(&d->k, f, c);
	return f->print && content_look(n, &d->u, &d->k) ? f->last : 0;
}

/*
 * The end of a flight that is out of its FIFO, with its fingerprint then. This
 * and conn_try_free() are global to keep their stack out of the way of others.
 */
__noinline int flight_retire(__u32 n, __u32 slot, __u32 why, __u64 print, __u64 now)
{
	struct pf_conn *c = conn_at(slot);
	struct pf_stats *s = stats_here();
	void *base = pool();
	struct pf_flight *f;

	if (!c || !base)
		return 0;
	f = flight_at(base, n);
	if (f->hit_op) {
		__sync_fetch_and_add(&c->hits, -1);
		emit_range(PF_EV_END, c->id, f->seq, f->len, why, print);
	}
	index_remove(base, n);
	if (f->orig)
		orig_drop(n);
	if (s) {
		if (why >= PF_END_ABORTED) {
			__sync_fetch_and_add(&s->count[PF_C_aborted], 1);
		} else {
			__sync_fetch_and_add(&s->count[PF_C_released], 1);
			lifetime(s->to_release, now - f->attached);
		}
	}
	flight_give(base, n);
	return 0;
}

/* One flight of a local connection is acknowledged, but not read yet. */
static int on_drain_acked(__u32 i, struct drain *d)
{
	struct pf_conn *c = conn_at(d->slot);
	void *base = pool();
	struct pf_flight *f;
	__u32 n, acked = 0;

	if (!c || !base)
		return 1;
	bpf_spin_lock(&c->lock);
	n = c->unacked;
	f = flight_at(base, n);
	if (n && !seq_after(f->seq + f->len, c->una)) {
		c->unacked = f->next;
		acked = 1;
	}
	bpf_spin_unlock(&c->lock);
	if (!acked) {
		d->stopped = 1;
		return 1;
	}
	flight_acked(f, d->now);
	return 0;
}

/* Why the oldest flight ends now, 0 if it does not. Under the lock. */
static __always_inline __u32 conn_end(const struct pf_conn *c, const struct pf_flight *f)
{
	int local = flight_local(f, c) && !(c->flags & PF_CONN_GONE);
	__u32 end = f->seq + f->len;

	if (c->flags & PF_CONN_HELD && !flight_local(f, c) && seq_after(c->nxt, f->seq))
		return seq_after(end, c->given_up) ? 0 :
		       seq_after(end, c->aborted) ? PF_END_DROPPED : PF_END_ABORTED;

	if (!seq_after(end, local ? seq_min(c->una, c->read) : c->una))
		return flight_local(f, c) ? PF_END_READ : PF_END_ACKED;
	if ((c->flags & PF_CONN_ORPHAN) && !(local && seq_after(c->una, c->read)))
		return PF_END_ABORTED;
	return 0;
}

static int on_drain(__u32 i, struct drain *d)
{
	struct pf_conn *c = conn_at(d->slot);
	void *base = pool();
	struct pf_flight *f;
	__u32 n, why = 0, unacked = 0;
	__u64 print;

	if (!c || !base)
		return 1;
	bpf_spin_lock(&c->lock);
	n = c->head;
	f = flight_at(base, n);
	if (n)
		why = conn_end(c, f);
	if (why) {
		c->head = f->next;
		if (!c->head)
			c->tail = 0;
		unacked = c->unacked == n;
		if (unacked)
			c->unacked = f->next;
	}
	bpf_spin_unlock(&c->lock);
	if (!why) {
		d->stopped = 1;
		return 1;
	}
	if (unacked && why < PF_END_ABORTED)
		flight_acked(f, d->now);
	print = last_look(d, n, f, c, why);
	if (pf_open_writes && (f->crowded || f->op != f->hit_op))
		hit_unfinished(n);
	flight_retire(n, d->slot, why, print, d->now);
	return 0;
}

/* An orphan without flights is given back, by whoever sees it first. */
__noinline int conn_try_free(__u32 slot)
{
	struct pf_conn *c = conn_at(slot);
	__u32 mine;

	if (!c)
		return 0;
	bpf_spin_lock(&c->lock);
	mine = (c->flags & PF_CONN_ORPHAN) && !(c->flags & PF_CONN_FREED) && !c->head;
	if (mine)
		c->flags |= PF_CONN_FREED;
	bpf_spin_unlock(&c->lock);
	if (!mine)
		return 0;
	if (c->flags & PF_CONN_LOCAL) {
		if (c->peer_sk)
			sock_forget(c->peer_sk, 0, slot);
		__sync_fetch_and_add(&pf_local_conns, -1);
	}
	if (c->flags & PF_CONN_HELD) {
		struct pf_tuple key;

		tuple_key(&c->tuple, &key);
		bpf_map_delete_elem(&held, &key);
		__sync_fetch_and_add(&pf_held_conns, -1);
	}
	conn_give(slot);
	return 0;
}

__noinline int conn_drain(__u32 slot)
{
	struct drain d = { .now = bpf_ktime_get_ns(), .slot = slot };
	struct pf_conn *c = conn_at(slot);

	if (!c)
		return 0;
	d.u.op = pf_zero;
	d.u.hits = pf_zero;
	if (c->flags & PF_CONN_LOCAL) {
		bpf_loop(PF_POP_MAX, on_drain_acked, &d, 0);
		d.stopped = 0;
	}
	bpf_loop(PF_POP_MAX, on_drain, &d, 0);
	content_close(&d.u);
	if (!d.stopped)
		count(PF_C_pop_cut, 1);
	if (c->flags & PF_CONN_ORPHAN)
		conn_try_free(slot);
	return 0;
}

#define HELD_NS 5000000000ULL	/* pages that are mapped look as if held for ever */
#define HELD_PAGES 4096

struct sweep {
	__u32 slot;
	__u32 at;
	__u32 how;
	__u32 pad;
};

static __always_inline int is_in_host(const struct sweep *s, const struct pf_flight *f)
{
	if (s->how == SWEEP_BY_SOCK)
		return flight_in_host(s->at);
	return s->how == SWEEP_BY_PAGE && page_held(f->page, 0);
}

static int on_sweep(__u32 i, struct sweep *s)
{
	struct pf_conn *c = conn_at(s->slot);
	struct pf_flight *f = flight_of(s->at);

	if (!c || !f || !s->at)
		return 1;
	if (f->conn != s->slot || !seq_after(c->nxt, f->seq) || is_in_host(s, f))
		return 1;
	c->given_up = f->seq + f->len;
	s->at = f->next;
	return 0;
}

__noinline __u32 conn_sweep(__u32 slot, __u32 how)
{
	struct sweep s = { .slot = slot, .how = how };
	struct pf_conn *c = conn_at(slot);

	if (!c)
		return 0;
	s.at = c->head;
	bpf_loop(HELD_PAGES, on_sweep, &s, 0);
	return c->given_up;
}

/* Run by user space every now and then while there are such connections. */
SEC("iter/bpf_map_elem")
int on_held(struct bpf_iter__bpf_map_elem *ctx)
{
	__u32 *slot = ctx->value;
	struct pf_conn *c;

	if (!slot)
		return 0;
	c = conn_at(*slot);
	if (!c)
		return 0;
	conn_sweep(*slot, pf_held_no_more || bpf_ktime_get_ns() - c->orphaned > HELD_NS ?
			  SWEEP_ALL : SWEEP_BY_PAGE);
	conn_drain(*slot);
	return 0;
}
