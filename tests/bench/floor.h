/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * floor - empty programs on the hooks of whoever holds hooks now: what being
 * called costs. They are made from what the kernel tells of the links, so they
 * are on the same hooks whatever these are.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

/* Remember every hook that is held. Returns how many. */
int floor_learn(void);

/* Put an empty program on each. */
void floor_attach(void);
void floor_detach(void);

#endif
