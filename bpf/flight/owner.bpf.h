/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * owner.bpf.h - whose connections these are, and what one user may take from others: room in
 * the maps, places in a chain of the index, and time of those who write.
 *
 * Root has all of the room and any amount of time. A user namespace that root has made counts
 * as one user, and one that a user has made as that user.
 */
#ifndef PF_OWNER_BPF_H
#define PF_OWNER_BPF_H

#include "base/count.bpf.h"
#include "kernel/sock.bpf.h"

#define OWNER_ROOT 0u
#define OWNER_OTHERS 1u		/* users for which the table has no place */
#define OWNER_FIRST 2u
#define OWNER_PARTS 7		/* a user has at most so many times what is left */

#define OWNER_TOKEN_NS 25000	/* a token is about 150 instructions, and comes back in this time */
#define OWNER_TOKENS (cfg.per_user * 16)

static __always_inline struct pf_owner *owner_at(__u32 slot)
{
	return slot ? bpf_map_lookup_elem(&owners, &slot) : NULL;
}

/*
 * The number of the user who has a socket, and has one more connection now. The current thread
 * sends on it. This is a global function, so that the verifier follows its searches once.
 */
int owner_join(__u64 sk);

static __always_inline void owner_leave(__u32 slot)
{
	struct pf_owner *o = owner_at(slot);
	__u64 left;

	if (!o || slot == OWNER_OTHERS)
		return;
	left = __sync_fetch_and_add(&o->who, -1) - 1;
	if (!(__u32)left)
		__sync_val_compare_and_swap(&o->who, left, 0);
}

/* Note which user did not get something. */
static __always_inline void owner_blame(__u32 slot)
{
	struct pf_owner *o = owner_at(slot);

	if (o)
		pf_refused_user = o->who >> 32;
}

/* Count what a user did not get. */
static __always_inline void owner_refused(__u32 slot, enum pf_counter c, __u32 n)
{
	count(c, n);
	owner_blame(slot);
}

/* Has a user its share of something, of which so much is left? */
static __always_inline int owner_has_share(__u32 slot, __u32 has, __u32 left)
{
	return slot != OWNER_ROOT && has > OWNER_PARTS * (__u64)left;
}

/* The number of connections of a user. */
static __always_inline __u32 owner_conns(__u32 slot)
{
	struct pf_owner *o = owner_at(slot);

	return o && slot != OWNER_OTHERS ? (__u32)o->who : 0;
}

static __always_inline void owner_has(__u32 slot, __u32 more)
{
	struct pf_owner *o = owner_at(slot);

	if (o)
		__sync_fetch_and_add(&o->flights, more);
}

/* The tokens that a user has now. */
static __always_inline __u32 owner_tokens(struct pf_owner *o, __u64 now)
{
	__u64 more = now > o->refilled ? (now - o->refilled) / OWNER_TOKEN_NS : 0;

	if (more) {
		more += o->tokens;
		o->tokens = more < OWNER_TOKENS ? more : OWNER_TOKENS;
		o->refilled = now;
	}
	return o->tokens;
}

#define COST_PASS 1
#define COST_HIT 16
#define COST_LOOK(len) ((len) / 96)
#define COST_MAPPED(len) (1 + (COST_HIT + COST_LOOK(len)) / 16)	/* mmap() is rarer than a write */
#define COST_ORIGINAL(len) ((len) / 64)	/* to compare with it */

/* May the flights of a user cost somebody else this much? */
static __always_inline int owner_spend(__u32 slot, __u32 cost, __u64 now)
{
	struct pf_owner *o = owner_at(slot);

	if (!o)
		return 1;
	if (owner_tokens(o, now) < cost)
		return 0;
	__sync_fetch_and_add(&o->tokens, -cost);
	return 1;
}

#endif
