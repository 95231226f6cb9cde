/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * counts - compares the counters of the kernel side, from a moment on, with exact
 * numbers. It uses the loader of pageflight, of which one is open at a time.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include "kernel/loader.h"

typedef unsigned long long counts_t;

void counts_open(const struct loader_opts *opts);
void counts_close(void);
struct loader *counts_loader(void);	/* NULL: none is open */

/* All figures below are counted from this call on. */
void counts_start(void);
counts_t counts_get(enum pf_counter c);
counts_t counts_in_flight(void);
counts_t counts_conns(void);
void counts_totals(struct pf_totals *ret_totals);

/* Check that the counter is n. */
#define counts_are(name, n) counts_check(PF_C_##name, n, __FILE__, __LINE__)
void counts_check(enum pf_counter c, counts_t n, const char *file, int line);

/*
 * Wait until the counter is n. An acknowledgement, a timer or the end of a socket
 * can increment it after the system call has returned.
 */
#define counts_reach(name, n) counts_await(PF_C_##name, n, __FILE__, __LINE__)
void counts_await(enum pf_counter c, counts_t n, const char *file, int line);

/* Wait until n pages are in flight. */
#define counts_flying(n) counts_await_flying(n, __FILE__, __LINE__)
void counts_await_flying(counts_t n, const char *file, int line);

/*
 * Wait until no connection is followed any more. Check that no page is in flight,
 * that as many pages have ended as were attached, and, unless the kernel may skip
 * invocations, that none was missed.
 */
void counts_all_gone(bool skips);
void counts_nothing_lost(void);

#endif
