/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* kernel - what the running kernel has. Asked by existence, never by version. */
#ifndef PAGEFLIGHT_KERNEL_H
#define PAGEFLIGHT_KERNEL_H

#include <stdbool.h>

struct btf;
struct hook;

/* Lockdown in confidentiality mode forbids what tracing programs do. */
bool kernel_is_locked_down(void);

/* A hook_exists_fn; ctx is the kernel's struct btf. Looks into modules, too. */
bool kernel_has_hook(void *ctx, const struct hook *h);

/* A helper that every program needs and it has not; NULL if it has all. */
const char *kernel_lacks(const struct btf *btf);

#endif
