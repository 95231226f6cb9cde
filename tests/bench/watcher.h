/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * watcher - what stands beside the workload: nothing, pageflight in one of its
 * modes, empty programs on the same hooks, a bpftrace script that keeps the
 * same map.
 */
#ifndef BENCH_WATCHER_H
#define BENCH_WATCHER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct json_object;

enum watcher_kind {
	WATCHER_NONE,
	WATCHER_FLOOR,
	WATCHER_PAGEFLIGHT,
	WATCHER_BPFTRACE,
};

struct watcher {
	const char *name;
	enum watcher_kind kind;
	const char *args[8];		/* of `watch` */
};

/* Why the watcher cannot be started here, or NULL. */
const char *watcher_missing(const struct watcher *w);

/* Start the watcher. Returns once it is attached. */
void watcher_start(const struct watcher *w);

/* The processor time of the watcher so far; 0 if it is no process. */
uint64_t watcher_cpu_ns(void);

/* Copy lines with a word from the standard error of the running watcher. Returns how many. */
int watcher_said(const char *word, FILE *to);

/* End the watcher. Returns pageflight's summary, which the caller puts; NULL of any other. */
struct json_object *watcher_stop(void);

/* The incidents of what this process has sent, known once the watcher is stopped. */
extern uint64_t watcher_own_incidents;

/* A number of a summary by its path, "losses/pool_full". */
uint64_t summary_get(struct json_object *summary, const char *path);

/* The sum of all losses of a summary. */
uint64_t summary_lost(struct json_object *summary);

/* The command of a bpftrace script: tell the bench that all is attached, then wait. */
int watcher_hold(const char *fd);

#endif
