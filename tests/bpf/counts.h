/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * counts - what the kernel side counted since a moment, compared with exact
 * numbers. Uses the project's loader; one is open at a time.
 */
#ifndef COUNTS_H
#define COUNTS_H

#include "kernel/loader.h"

typedef unsigned long long counts_t;

void counts_open(const struct loader_opts *opts);
void counts_close(void);
struct loader *counts_loader(void);	/* NULL: none is open */

/* Count from here. */
void counts_start(void);
counts_t counts_get(enum pf_counter c);
counts_t counts_in_flight(void);
counts_t counts_conns(void);
void counts_totals(struct loader_totals *ret_totals);

/* The counter stands at n. */
#define counts_are(name, n) counts_check(PF_C_##name, n, __FILE__, __LINE__)
void counts_check(enum pf_counter c, counts_t n, const char *file, int line);

/*
 * The counter comes to stand at n: for what an acknowledgement, a timer or the
 * end of a socket moves after the system call has returned.
 */
#define counts_reach(name, n) counts_await(PF_C_##name, n, __FILE__, __LINE__)
void counts_await(enum pf_counter c, counts_t n, const char *file, int line);

/* In flight comes to stand at n. */
#define counts_flying(n) counts_await_flying(n, __FILE__, __LINE__)
void counts_await_flying(counts_t n, const char *file, int line);

/*
 * All connections are gone and nothing is left: in flight 0, attached ==
 * released + aborted, no invocation missed. Then nothing was lost, either.
 */
void counts_all_gone(void);
void counts_nothing_lost(void);

#endif
