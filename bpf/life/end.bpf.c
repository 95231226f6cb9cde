// SPDX-License-Identifier: GPL-2.0-only
/*
 * end.bpf.c - the end of flights: they are taken off the head of their connection as far
 * as it has come, looked at for the last time, and released.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/original.bpf.h"
#include "flight/waiting.bpf.h"
#include "report/cut.bpf.h"
#include "content/doubt.bpf.h"
#include "content/look.bpf.h"
#include "end.bpf.h"

#define PF_POP_MAX 16384	/* flights that one event ends; the next event goes on */
#define PF_POP_LAST (1 << 23)	/* of an orphan, as many as bpf_loop() allows */
#define LAST_LOOKS (4 << 20)	/* bytes of the flights that one event looks at as they end */
#define LOOK_LEAST 256		/* bytes that cost as much as the rest of a look */

/* Flights that are taken off their connection together, for one reason. */
struct batch {
	struct chain c;		/* linked by `next` */
	__u32 why;
	__u32 unacked;		/* how many, the last ones, were not acknowledged before */
};

/*
 * Flights are taken off their connection a batch at a time, all with one reason to end,
 * and then ended one by one. Flights in a row are mostly of one age, and neighbours in the
 * index: they are counted together, and leave the index together.
 */
struct drain {
	struct unseen u;
	struct copy_bounds bounds;
	__u64 now;
	__u64 attached;		/* when the first of those in acked and ended was attached */
	__u32 acked, ended;
	__u32 at;		/* flight of the batch to end next */
	__u32 left;		/* flights of the batch to end */
	__u32 has_fp;		/* the flight that is ended has a fingerprint */
	__u32 asked;		/* low half of the mapping of which doubt_release() was asked last */
	__u32 near, n_near;	/* the first of some neighbours, and their number */
	__u32 slot;
	__u32 most;		/* flights that may be ended */
	__u32 stopped;		/* there is nothing more to do; else the drain was cut short */
	__u32 looks;		/* see LAST_LOOKS */
	__u32 owner;
	struct batch b;
};

/*
 * The fingerprint of a flight as it ends; 0 if that is not known. What a reader on this
 * host has copied was looked at then.
 */
static __always_inline __u64 last_look(struct drain *d, __u32 n, struct pf_flight *f,
				       struct pf_conn *c, __u32 why)
{
	if (flight_local(f, c))
		return flight_last(f);
	/* The page was released some time ago. In mode wire every copy was looked at. */
	if (why == PF_END_DROPPED && (c->flags & PF_CONN_WIRE || !flight_there(n, 0)))
		return c->flags & PF_CONN_WIRE ? flight_last(f) : 0;
	if (d->looks >= LAST_LOOKS) {
		count(PF_C_look_cut, 1);
		conn_cut(d->slot, f->seq);
		return 0;
	}
	d->looks += LOOK_LEAST + flight_len(f);
	copy_bounds_sent(&d->bounds, f, c);
	return look_at_flight(n, &d->u, &d->bounds, 0) ? flight_last(f) : 0;
}

/*
 * Report the end of a flight that was hit, and release its original. This, hit_unfinished()
 * and conn_try_free() are global functions, so that their stack is in use only while they
 * run.
 */
__noinline int flight_over(__u32 n, __u32 slot, __u32 why, __u64 fp)
{
	struct pf_conn *c = conn_at(slot);
	void *base = pool();
	struct pf_flight *f;

	if (!c || !base)
		return 0;
	f = flight_at(base, n);
	if (f->hit_op) {
		conn_range(c, slot, PF_EV_END, f->seq, flight_len(f), why, fp);
		__sync_fetch_and_add(&c->hits, -1);
	}
	if (f->orig)
		orig_drop(n);
	return 0;
}

/* Do flights that were attached at these times belong to one slot of the histograms? */
static __always_inline int of_one_age(__u64 now, __u64 attached, __u64 other)
{
	return attached == other || lifetime_alike(now - attached, now - other);
}

/* Count flights of one age. */
__noinline int drain_count(__u32 acked, __u32 ended, __u32 why, __u64 age)
{
	struct pf_stats *s = stats_here();
	__u32 slot = lifetime_slot(age);

	if (!s || slot >= PF_HIST_SLOTS)
		return 0;
	if (acked) {
		__sync_fetch_and_add(&s->count[PF_C_acked], acked);
		__sync_fetch_and_add(&s->to_ack[slot], acked);
	}
	if (!ended)
		return 0;
	if (why >= PF_END_ABORTED) {
		__sync_fetch_and_add(&s->count[PF_C_aborted], ended);
	} else {
		__sync_fetch_and_add(&s->count[PF_C_released], ended);
		__sync_fetch_and_add(&s->to_release[slot], ended);
	}
	return 0;
}

/* Count flights of a local connection that are acknowledged, a batch of one age. */
static int on_drain_acked(__u32 i, struct drain **at_drain)
{
	struct drain *d = *at_drain;
	struct pf_conn *c = conn_at(d->slot);
	__u64 attached = 0;
	void *base = pool();
	__u32 acked, at;

	if (!c || !base)
		return 1;
	bpf_spin_lock(&c->lock);
	at = c->unacked;
	for (acked = 0; acked < FLIGHT_BATCH; acked++) {
		struct pf_flight *f = flight_at(base, at);

		if (!at || seq_after(f->seq + flight_len(f), c->una))
			break;
		if (!acked)
			attached = f->attached;
		else if (!of_one_age(d->now, f->attached, attached))
			break;
		at = f->next;
	}
	c->unacked = at;
	bpf_spin_unlock(&c->lock);
	if (!acked) {
		d->stopped = 1;
		return 1;
	}
	drain_count(acked, 0, 0, d->now - attached);
	return 0;
}

/* Why transmitted bytes up to `end` of a lingering connection end now; 0 if they do not. */
static __always_inline __u32 linger_end(const struct pf_conn *c, __u32 end)
{
	if (seq_after(end, c->given_up))
		return 0;
	return seq_after(end, c->aborted) ? PF_END_DROPPED : PF_END_ABORTED;
}

/* Why the oldest flight ends now; 0 if it does not. The caller holds the lock. */
static __always_inline __u32 conn_end(const struct pf_conn *c, const struct pf_flight *f)
{
	int local = flight_local(f, c) && (!(c->flags & PF_CONN_GONE) || flight_piped(f, c));
	__u32 end = f->seq + flight_len(f);

	if (c->flags & PF_CONN_LINGERS && !flight_local(f, c) && seq_after(c->nxt, f->seq))
		return linger_end(c, end);
	if (!seq_after(end, local ? seq_min(c->una, c->read) : c->una))
		return flight_local(f, c) ? PF_END_READ : PF_END_ACKED;
	if ((c->flags & PF_CONN_ORPHAN) && !(local && seq_after(c->una, c->read)))
		return PF_END_ABORTED;
	return 0;
}

/*
 * Take the oldest flights that end now for one reason off their connection. This is a
 * global function, so that the verifier looks at the loop once, and not at all that
 * follows once for each way out of the loop. Loop state lives in *b, not in registers: the
 * verifier would otherwise explore every combination of their values.
 */
__noinline int drain_pop(__u32 slot, struct batch *b)
{
	struct pf_conn *c = conn_at(slot);
	void *base = pool();
	__u32 at, n;

	if (!b || !c || !base)
		return 0;
	b->c.first = b->c.last = b->why = b->unacked = 0;
	bpf_spin_lock(&c->lock);
	at = b->c.first = c->head;
	for (n = 0; n < FLIGHT_BATCH; n++) {
		struct pf_flight *f = flight_at(base, at);
		__u32 why = at ? conn_end(c, f) : 0;

		if (!why || (n && why != b->why))
			break;
		b->why = why;
		b->c.last = at;
		if (b->unacked || at == c->unacked)
			b->unacked++;
		at = f->next;
	}
	if (n) {
		c->ending += n;
		c->head = at;
		if (!at)
			c->tail = 0;
		if (b->unacked)
			c->unacked = at;
	}
	bpf_spin_unlock(&c->lock);
	b->c.n = n;
	if (b->why >= PF_END_ABORTED)
		b->unacked = 0;
	return 0;
}

/* Take neighbours out of the index, and from their connection. */
__noinline int drain_leave(__u32 first, __u32 n, __u32 owner)
{
	struct chain c = { .first = first, .n = n };
	void *base = pool();

	if (base)
		index_remove(base, &c, owner);
	return 0;
}

static __always_inline void drain_flush_counts(struct drain *d)
{
	if (d->ended)
		drain_count(d->acked, d->ended, d->b.why, d->now - d->attached);
	d->acked = d->ended = 0;
}

static __always_inline void drain_flush_near(struct drain *d)
{
	if (d->n_near)
		drain_leave(d->near, d->n_near, d->owner);
	d->n_near = 0;
}

/* The flight leaves the index, with its neighbours there. */
static __always_inline void drain_index(struct drain *d, void *base, __u32 n,
					struct pf_flight *f)
{
	if (d->n_near && !flight_near(f, flight_at(base, d->near)))
		drain_flush_near(d);
	if (!f->mapping) {
		f->conn = 0;	/* for walkers that follow `next` without a lock */
		return;
	}
	if (!d->n_near)
		d->near = n;
	d->n_near++;
	/* At once, where a write could still find a flight whose end was reported. */
	if (pf_open_writes || d->has_fp)
		drain_flush_near(d);
}

/* End a flight that has left its FIFO. */
static __always_inline void drain_one(struct drain *d, __u32 n, struct pf_flight *f,
				      struct pf_conn *c)
{
	__u64 fp;

	if (d->ended && !of_one_age(d->now, f->attached, d->attached))
		drain_flush_counts(d);
	if (!d->ended)
		d->attached = f->attached;
	d->ended++;
	if (d->left <= d->b.unacked)
		d->acked++;
	fp = d->has_fp ? last_look(d, n, f, c, d->b.why) : 0;
	if (pf_open_writes && (f->crowded || f->op != f->hit_op))
		hit_unfinished(n);
	if (f->hit_op || f->orig)
		flight_over(n, d->slot, d->b.why, fp);
}

static int on_drain(__u32 i, struct drain **at_drain)
{
	struct drain *d = *at_drain;
	struct pf_conn *c = conn_at(d->slot);
	void *base = pool();
	struct pf_flight *f;
	__u32 n;

	if (!c || !base)
		return 1;
	if (!d->left) {
		if (i > d->most - FLIGHT_BATCH)	/* a batch that is begun is ended */
			return 1;
		drain_pop(d->slot, &d->b);
		d->at = d->b.c.first;
		d->left = d->b.c.n;
	}
	if (!d->left) {
		d->stopped = 1;
		return 1;
	}
	n = d->at;
	f = flight_at(base, n);
	d->at = f->next;
	d->has_fp = flight_has_fp(f);
	drain_one(d, n, f, c);
	drain_index(d, base, n, f);
	if (content_on() && !d->has_fp && (__u32)f->mapping != d->asked)
		doubt_release(n, &d->asked);
	if (--d->left)
		return 0;
	drain_flush_near(d);
	drain_flush_counts(d);
	flights_release(base, &d->b.c);
	owner_has(d->owner, -d->b.c.n);
	__sync_fetch_and_add(&c->ending, -d->b.c.n);
	return 0;
}

/* Release an orphan that has no flights; whoever sees it first does. */
__noinline int conn_try_free(__u32 slot)
{
	struct pf_conn *c = conn_at(slot);
	__u32 mine;

	if (!c)
		return 0;
	bpf_spin_lock(&c->lock);
	mine = (c->flags & PF_CONN_ORPHAN) && !(c->flags & PF_CONN_FREED) && !c->head &&
	       !c->ending;
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
	if (c->flags & PF_CONN_LINGERS) {
		struct pf_tuple key;

		tuple_key(&c->tuple, &key);
		bpf_map_delete_elem(&lingering, &key);
		__sync_fetch_and_add(&pf_lingering_conns, -1);
	}
	conn_release(c, slot);
	return 0;
}

/*
 * This is a global function, so that the verifier knows nothing of *d: else it would follow
 * the callbacks for each combination of values there.
 */
__noinline int drain_run(struct drain *d, int local)
{
	if (!d)
		return 0;
	if (local) {
		bpf_loop(d->most, on_drain_acked, &d, 0);
		d->stopped = 0;
	}
	bpf_loop(d->most, on_drain, &d, 0);
	return 0;
}

__noinline int conn_drain(__u32 slot)
{
	struct drain d = { .now = bpf_ktime_get_ns(), .slot = slot };
	struct pf_conn *c = conn_at(slot);

	if (!c)
		return 0;
	if (content_on())
		conn_fp_passed(c, slot);
	d.owner = c->owner;
	d.most = c->flags & PF_CONN_ORPHAN ? PF_POP_LAST : PF_POP_MAX;
	drain_run(&d, c->flags & PF_CONN_LOCAL);
	look_end(&d.u);
	if (!d.stopped)
		count(PF_C_pop_cut, 1);
	if (c->flags & PF_CONN_ORPHAN)
		conn_try_free(slot);
	return 0;
}
