/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * lazy - whether fingerprints may wait for the first writer that a hook sees
 * (bpf/flight/waiting.bpf.h), and on which file systems. They may not if anything
 * is missing by which a change can go unseen.
 */
#ifndef PAGEFLIGHT_LAZY_H
#define PAGEFLIGHT_LAZY_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct hook;

/* Is it known in all cases when a file becomes writable through a mapping, or shorter? */
bool lazy_possible(const struct hook *hooks, size_t n);

/* The file systems whose every writer is hooked: PF_FS_* bits. */
__u32 lazy_file_systems(const struct hook *hooks, size_t n);

/* The name of file system 1 << i; NULL for an i that has none. */
const char *lazy_file_system_name(unsigned int i);

#endif
