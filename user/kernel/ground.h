/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ground - what both BPF objects stand on: a kernel that has what they need and lets this
 * process load them. Where it does not, one line says why.
 */
#ifndef PAGEFLIGHT_GROUND_H
#define PAGEFLIGHT_GROUND_H

#include <stdbool.h>
#include <stdio.h>

struct btf;
struct err;

/*
 * Check lockdown, limits and kernel. *ret_btf has the kernel's types, to be freed with
 * btf__free(). verbose: libbpf's own messages go to stderr. 0, or -errno with ret_err set.
 */
int ground_check(bool verbose, struct btf **ret_btf, struct err *ret_err);

/* libbpf's messages go to this file as well; NULL: no more. It must be open until the object is closed. */
void ground_messages(FILE *out);

/* Can this process load programs that use plain loads, if the kernel has them? */
int ground_check_direct(bool direct, struct err *ret_err);

/* Say why an object was not loaded; smaller: what helps where memory is short. Returns code. */
int ground_load_failed(int code, const char *smaller, struct err *ret_err);

#endif
