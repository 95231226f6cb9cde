/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * top.h - what crosses between the BPF programs that look for the worst connections and
 * files of a session, in bpf/top/, and user space. The rules of wire.h hold here too.
 */
#ifndef PAGEFLIGHT_TOP_H
#define PAGEFLIGHT_TOP_H

#include "wire.h"

#define PF_TOP_ROWS 64		/* a power of two */
#define PF_TOP_STEP 16		/* connections, or files, that one call looks at */

/* By what connections are called worse than others. Files are, by age, or else by bytes. */
enum pf_top_sort {
	PF_TOP_BYTES,
	PF_TOP_AGE,
	PF_TOP_UNSENT,
	PF_TOP_UNACKED,
	PF_TOP_UNREAD,
	PF_TOP_RESENDS,
	PF_TOP_SORTS
};

#define PF_TOP_CUT 1u		/* it has more pages than were walked, or they left meanwhile */
#define PF_TOP_MEMORY 2u	/* memory of processes: of no file */

/* A connection, and what it holds by reference. */
struct pf_top_conn {
	__u64 id;
	__u64 oldest;		/* when the oldest of its pages was attached */
	__u64 unsent;		/* bytes by where they are */
	__u64 unacked;
	__u64 unread;		/* acknowledged, and not read by a reader on this host */
	__u32 pages;
	__u32 resends;
	__u32 netns;
	__u32 flags;		/* PF_TOP_CUT */
	struct pf_tuple tuple;
	struct pf_task sender;	/* of the oldest page */
};
_Static_assert(sizeof(struct pf_top_conn) == 40 + 16 + 40 + 32, "pf_top_conn");

static inline __attribute__((always_inline)) __u64 pf_top_held(const struct pf_top_conn *conn)
{
	return conn->unsent + conn->unacked + conn->unread;
}

/* The worst have the largest key, where they are found and where they are shown. */
static inline __attribute__((always_inline)) __u64 pf_top_conn_key(const struct pf_top_conn *conn,
								   __u32 sort)
{
	switch (sort) {
	case PF_TOP_AGE:
		return -conn->oldest;
	case PF_TOP_UNSENT:
		return conn->unsent;
	case PF_TOP_UNACKED:
		return conn->unacked;
	case PF_TOP_UNREAD:
		return conn->unread;
	case PF_TOP_RESENDS:
		return conn->resends;
	default:
		return pf_top_held(conn);
	}
}

/* A file, and how much of it is held. */
struct pf_top_file {
	__u64 mapping;		/* 0: memory of processes */
	__u64 page;		/* one of its pages, and where in the file that is */
	__u64 index;
	__u64 oldest;
	__u64 bytes;
	__u32 pages;
	__u32 conns;
	__u32 last_conn;	/* the one that was counted last */
	__u32 frame;		/* of which these figures are */
};
_Static_assert(sizeof(struct pf_top_file) == 56, "pf_top_file");

static inline __attribute__((always_inline)) __u64 pf_top_file_key(const struct pf_top_file *file,
								   __u32 sort)
{
	return sort == PF_TOP_AGE ? -file->oldest : file->bytes;
}

struct pf_top_ask {
	__u32 sort;		/* enum pf_top_sort */
	__u32 frame;		/* a number that was not there before */
};
_Static_assert(sizeof(struct pf_top_ask) == 8, "pf_top_ask");

struct pf_top_said {
	__u64 pages;		/* of all connections */
	__u64 bytes;
	__u64 conns;
	__u64 cut;		/* connections with PF_TOP_CUT */
	__u64 files_full;	/* pages of files beyond those that are told apart */
	__u32 n_conns;		/* rows */
	__u32 n_files;
};
_Static_assert(sizeof(struct pf_top_said) == 48, "pf_top_said");

#endif
