/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* progs - what the kernel counts of BPF programs and maps. */
#ifndef BENCH_PROGS_H
#define BENCH_PROGS_H

#include <stdint.h>

#define PROGS_MAX 128

struct prog {
	char name[16];
	uint32_t id;
	uint32_t jited;		/* bytes */
	uint64_t runs;
	uint64_t ns;
};

struct progs {
	int n;
	struct prog prog[PROGS_MAX];
};

/* Let the kernel count invocations and their time, until progs_uncount(). */
void progs_count(void);
void progs_uncount(void);

/* Read the counts of every loaded program. */
void progs_read(struct progs *ret_progs);

/* Put the difference to `after`: the dearest program first, without those that never ran. */
void progs_between(const struct progs *before, struct progs *after);

#define MAPS_MAX 64

struct map {
	char name[16];
	uint64_t bytes;		/* of kernel memory */
};

/* Every map; returns how many. */
int progs_maps(struct map ret_maps[MAPS_MAX]);

#endif
