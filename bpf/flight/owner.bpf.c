// SPDX-License-Identifier: GPL-2.0-only
/* owner.bpf.c - see owner.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "owner.bpf.h"

#define OWNER_PROBES 8
#define OWNER_TRIES 4
#define OWNER_LEVELS 32		/* user namespaces below each other, at most */

/* A number for the user who has a socket. The current thread sends on it. */
static __always_inline __u32 owner_key(__u64 sk)
{
	struct user_namespace *ns = BPF_CORE_READ(bpf_get_current_task_btf(), cred, user_ns);
	int level = BPF_CORE_READ(ns, level);
	__u32 owner;

	if (!level)
		return SOCK_READ(sk, sk_uid.val);
	for (int i = 0; i < OWNER_LEVELS && level > 1; i++, level--)
		ns = BPF_CORE_READ(ns, parent);
	owner = BPF_CORE_READ(ns, owner.val);
	return owner ?: BPF_CORE_READ(ns, ns.inum);
}

/* Take a place of the table for one more connection of a user; 0 if it is somebody else's. */
static __always_inline int owner_take(struct pf_owner *o, __u32 key)
{
	for (int i = 0; i < OWNER_TRIES; i++) {
		__u64 who = o->who, next = who + 1;

		if (who && who >> 32 != key)
			return 0;
		if (!who)
			next = (__u64)key << 32 | 1;
		if (__sync_val_compare_and_swap(&o->who, who, next) == who)
			return 1;
	}
	return 0;
}

__noinline int owner_join(__u64 sk)
{
	__u32 key = owner_key(sk), first = key * 0x9e3779b1U >> (32 - PF_OWNERS_BITS);

	if (!key)
		return OWNER_ROOT;
	for (__u32 i = 0; i < OWNER_PROBES; i++) {
		__u32 slot = OWNER_FIRST + ((first + i) & ((1 << PF_OWNERS_BITS) - 1));
		struct pf_owner *o = owner_at(slot);

		if (o && owner_take(o, key))
			return slot;
	}
	return OWNER_OTHERS;
}
