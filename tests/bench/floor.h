/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * floor - empty programs on all hooks that are in use now, to measure what being
 * called costs. The kernel describes each link, so the empty programs are on the
 * same hooks, whatever these are.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

/* Remember every hook that has a program. Returns how many. */
int floor_learn(void);

/* Attach an empty program to each. */
void floor_attach(void);
void floor_detach(void);

#endif
