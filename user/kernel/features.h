/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * features - what a kernel has, by its type information and never by its version.
 */
#ifndef PAGEFLIGHT_FEATURES_H
#define PAGEFLIGHT_FEATURES_H

#include <stdbool.h>

struct btf;
struct hook;
struct modules;

/* Lockdown in confidentiality mode forbids what tracing programs do. */
bool kernel_is_locked_down(void);

/* Can our programs disable preemption? */
bool kernel_has_atomic(const struct btf *btf);

/* Does the index of a page of hugetlbfs count huge pages? It does up to 6.6. */
bool kernel_has_huge_index(const struct btf *btf);

/* Can it be read off the lock of a file that somebody writes to it? */
bool kernel_shows_writers(const struct btf *btf);

/* Where the types of a kernel are. */
struct kernel_types {
	struct btf *vmlinux;
	const char *folder;	/* with those of each module in a file of its name; NULL: this is
				 * the running kernel */
	struct modules *modules;/* of the running kernel: what may be hooked */
};

/* A hook_exists_fn that looks into modules, too; ctx is a struct kernel_types. */
bool kernel_has_hook(void *ctx, struct hook *h);

/* The nth of the BPF helpers that are necessary and that the kernel lacks; NULL: no more. */
const char *kernel_lacks(const struct btf *btf, unsigned int nth);

#endif
