/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * features - what the running kernel has, by its type information and never by its
 * version.
 */
#ifndef PAGEFLIGHT_FEATURES_H
#define PAGEFLIGHT_FEATURES_H

#include <stdbool.h>

struct btf;
struct hook;

/* Lockdown in confidentiality mode forbids what tracing programs do. */
bool kernel_is_locked_down(void);

/* Can our programs disable preemption? */
bool kernel_has_atomic(const struct btf *btf);

/* Does the index of a page of hugetlbfs count huge pages? It does up to 6.6. */
bool kernel_has_huge_index(const struct btf *btf);

/* Can it be read off the lock of a file that somebody writes to it? */
bool kernel_shows_writers(const struct btf *btf);

/* A hook_exists_fn that looks into modules, too; ctx is the kernel's struct btf. */
bool kernel_has_hook(void *ctx, struct hook *h);

/* Is this module loaded, or a part of the kernel? */
bool kernel_has_module(const char *name);

/* How many modules are loaded that have types. */
unsigned int kernel_module_types(void);

/* A BPF helper that is necessary and that the kernel lacks; NULL if it lacks none. */
const char *kernel_lacks(const struct btf *btf);

#endif
