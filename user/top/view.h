/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * view - what a session and the process that shows it tell each other. To the process come
 * frames: what is in flight, once a period; each incident; messages. Back comes what somebody
 * has asked for by keys, in memory that both have. So no terminal holds up a session.
 */
#ifndef PAGEFLIGHT_VIEW_H
#define PAGEFLIGHT_VIEW_H

#include <stdbool.h>
#include "output/sink.h"
#include "review/review.h"
#include "top.h"

enum {
	VIEW_SNAP = 16,		/* struct snap */
	VIEW_MESSAGE,		/* a line for standard error */
};

/* What the process asks. Each is read and written at once. */
struct view_asked {
	__u32 sort;		/* enum pf_top_sort */
	__u32 end;		/* the session shall end */
};

struct view_opts {
	__u64 every_ns;
	unsigned int frames;	/* the session ends after that many; 0: it does not */
	int sort;		/* enum pf_top_sort, at first */
	bool batch;		/* print frames one after another */
	struct view_asked *asked;	/* made with the process */
};

#define SNAP_PATH 512		/* of a longer one the end is kept */

struct snap_file {
	struct pf_top_file sum;
	__u64 dev, ino;		/* 0: it is not known any more */
	__u32 deleted;
	char path[SNAP_PATH];	/* "": not known */
};

/* What is in flight at one moment. */
struct snap {
	__u64 mono, wall_ns;
	__u64 every_ns;
	struct pf_top_said said;
	__u64 lost;		/* all losses */
	__u64 incidents[PF_VERDICT_MAX];
	struct pf_top_conn conns[PF_TOP_ROWS];
	struct snap_file files[PF_TOP_ROWS];
};

/* The sink that packs an incident for the process. */
extern const struct sink_ops sink_view;

/* An incident, with the functions that led to the write, one a line. */
struct view_case {
	struct kase kase;
	char *stack;
};

/* 0, -EBADMSG or -ENOMEM. */
int view_unpack(const char *data, size_t len, struct view_case *ret_case);
void view_case_free(struct view_case *c);

/* "bytes", "age", ...: PF_TOP_SORTS of them. */
extern const char *const view_sort_names[];

#endif
