/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * shown - an incident as it is shown: what the engine knows of it, and what is
 * looked up on the running machine to give names to its numbers.
 */
#ifndef PAGEFLIGHT_SHOWN_H
#define PAGEFLIGHT_SHOWN_H

#include <stdbool.h>
#include <stddef.h>
#include "base/kallsyms.h"
#include "pageflight.h"

/* Whose mount table gave the path. */
enum path_view {
	PATH_UNKNOWN,		/* no table had the mount: the path is "[major:minor]/..." */
	PATH_SELF,
	PATH_WRITER,
	PATH_SENDER,
	PATH_OWNER,		/* a process that has the socket open */
	PATH_NO_TREE,		/* none was asked: the path is the name that the file's maker gave it */
};

/* A process that has the bytes mapped shared and writable, and so may be the writer. */
struct suspect {
	__u32 pid;
	char comm[PF_COMM_LEN];
};

#define SUSPECTS_MAX 64

struct kallsyms;

/* Pointers are valid until the next incident is named. */
struct shown {
	const struct pf_incident *inc;
	__u64 wall_ns;		/* inc->ts as UTC since the epoch */
	const char *path;	/* raw bytes, any but NUL; NULL: not known */
	enum path_view view;
	bool deleted;
	bool suspects_sought;	/* false if the writer is known */
	const struct suspect *suspects;
	size_t n_suspects;
	bool suspects_cut;	/* there may be more */
	const char *sender_module;	/* on whose behalf the kernel sends; NULL: not known */
	const char *writer_cgroup, *sender_cgroup;	/* paths of their cgroups; NULL: not known */
	const struct kallsyms *kallsyms;	/* for the writer's stack; NULL: not known */
	const char *const *stack;	/* the same as text, if it was recorded; or NULL */
};

/* The addresses of the writer's stack that are not of our own programs. */
static inline const __u64 *shown_stack(const struct shown *shown, size_t *ret_n)
{
	const struct pf_ev_op *rec = shown->inc->op_rec;
	size_t n = rec && rec->stack_len > 0 ? rec->stack_len / sizeof(rec->stack[0]) : 0;
	size_t own = n ? kallsyms_programs(shown->kallsyms, rec->stack, n) : 0;

	*ret_n = n - own;
	return n ? rec->stack + own : NULL;
}

/* UTC of a moment of CLOCK_MONOTONIC, by the offset that wall_ns has. */
static inline __u64 shown_wall(const struct shown *shown, __u64 mono)
{
	return shown->wall_ns - shown->inc->ts + mono;
}

/* "self", "writer", ..., or "unknown". */
const char *path_view_name(enum path_view view);

#endif
