/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* share - what the worst of users can make others pay; a part of scale. */
#ifndef BENCH_SHARE_H
#define BENCH_SHARE_H

/* Prints what it finds. Returns how many counts are wrong. */
int share_run(void);

#endif
