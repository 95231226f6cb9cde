/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * probe_bundle - what somebody who looks into a report of a fault wants to know of the
 * host, as text that can be read before it is sent. It has no names of hosts, users,
 * files, addresses or command lines, nor addresses of the kernel.
 */
#ifndef PAGEFLIGHT_PROBE_BUNDLE_H
#define PAGEFLIGHT_PROBE_BUNDLE_H

#include <stdio.h>

struct err;
struct probe;

/* Make the file, which must not be there yet. NULL with ret_err set if that fails. */
FILE *bundle_open(const char *path, struct err *ret_err);

/* The host. While the loader works, its messages may follow. */
void bundle_host(FILE *out);

/* What probe found, or why it found nothing, and which of our functions this kernel has. */
void bundle_probe(FILE *out, const struct probe *p);
void bundle_failure(FILE *out, const struct err *why);

/* Close it. 0, or -errno of this or an earlier write. */
int bundle_close(FILE *out);

#endif
