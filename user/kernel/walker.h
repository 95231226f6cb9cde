/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * walker - a look into the queues of all TCP sockets, and what else the kernel knows of a
 * file at this moment. Nothing is attached: a walk is the reading of an iterator.
 *
 * All functions return 0 or -errno unless said otherwise. One thread at a time may use a
 * walker.
 */
#ifndef PAGEFLIGHT_WALKER_H
#define PAGEFLIGHT_WALKER_H

#include <stdbool.h>
#include <stddef.h>
#include "now.h"

struct err;
struct filter;
struct walker;

struct walker_opts {
	unsigned int room;		/* pieces that are handed over at once; 0: default */
	const struct filter *filter;	/* NULL: everything */
	bool verbose;			/* libbpf's own messages, on stderr */
	/*
	 * No sockets are walked: walker_mapping(), walker_nets() and walker_refs() are all that
	 * may be called. It is loaded in a fifth of the time.
	 */
	bool no_sockets;
};

int walker_open(struct walker **ret_walker, const struct walker_opts *opts, struct err *ret_err);

/* NULL is allowed. */
void walker_close(struct walker *w);

/* What sockets hold, one batch. It is valid until the function returns. */
struct walker_batch {
	const struct pf_now_sock *socks;
	size_t n_socks;
	const struct pf_now_piece *pieces;	/* a socket's are behind its `first` */
};

/* Not 0 ends the walk, and becomes its result. */
typedef int (*walker_batch_fn)(void *ctx, const struct walker_batch *batch);

/*
 * Walk the sockets of one network namespace: an open descriptor, or -1 for our own. Kernels
 * before 6.17 may show a socket twice if others come and go meanwhile.
 */
int walker_walk(struct walker *w, int netns, walker_batch_fn fn, void *ctx);

/*
 * Walk sockets that were reset, and that a process still has open, in all namespaces. Their
 * lock is not held. A socket is shown as often as it is open.
 */
int walker_walk_closed(struct walker *w, walker_batch_fn fn, void *ctx);

/* From now on only pages of these files count, and of them bytes [from, to). n 0: all pages. */
int walker_ask(struct walker *w, const __u64 *mappings, size_t n, __u64 from, __u64 to);

/* From now on a walk ends with the first socket that holds something. */
void walker_ask_first(struct walker *w, bool first);

/* Counts of all walks so far. */
const struct pf_now_said *walker_said(const struct walker *w);

/*
 * Forget the numbers of files, before a look of its own: a file can get another name, and its
 * place in memory can become that of another file.
 */
void walker_forget_files(struct walker *w);

/* The file with this number, or NULL. Its type has no stack and no task. */
const struct pf_ev_op *walker_file(const struct walker *w, __u32 number);

/* What an open file of this process is to walker_ask() and walker_refs(). */
int walker_mapping(struct walker *w, int fd, __u64 *ret_mapping);

/*
 * The numbers of all network namespaces of this host, our own one first; *ret_cut: there
 * are more. They are valid until the next call.
 */
int walker_nets(struct walker *w, const __u64 **ret_nets, size_t *ret_n, bool *ret_cut);

struct walker_refs {
	__u64 looked;		/* folios in the page cache */
	__u64 held;		/* those with a reference that nothing explains */
	__u64 held_at;		/* byte of the file where the first of them begins */
};

/*
 * Look at the references of the pages of a file, bytes [from, to), or until the first that
 * is held. A page that nobody but the page cache and mappings references is in no socket,
 * driver or pipe. A page that waits in a batch for its LRU list has a reference, too.
 */
int walker_refs(struct walker *w, __u64 mapping, __u64 from, __u64 to, bool first,
		struct walker_refs *ret_refs);

#endif
