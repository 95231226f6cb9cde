/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * hold - what the sockets of one look hold, and sums of it by file and by socket. Pure.
 *
 * A byte that the peer on this host has received, and whose acknowledgement is under way,
 * is in the queues of both ends, and counts in each.
 */
#ifndef PAGEFLIGHT_HOLD_H
#define PAGEFLIGHT_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include "kernel/walker.h"

struct hold {
	struct pf_now_sock *socks;	/* hold_settle() sorts them by address */
	struct pf_now_piece *pieces;	/* a socket's stand together, from its `first` on */
	size_t n_socks, socks_room;
	size_t n_pieces, pieces_room;
};

/* Add a batch: the walker_batch_fn; ctx is the hold. 0 or -ENOMEM. */
int hold_add(void *hold, const struct walker_batch *batch);

/* Forget a socket that was shown twice. To be called when the look is complete. */
void hold_settle(struct hold *hold);

/* Forget all, but keep the memory. hold_free() frees it. */
void hold_clear(struct hold *hold);
void hold_free(struct hold *hold);

/* Sums over one file, or over memory of processes. */
struct hold_file {
	__u32 file;		/* its number; 0: memory of processes, or files without a number */
	__u32 kind;		/* PF_NOW_FILE or PF_NOW_USER */
	__u64 bytes[PF_NOW_QUEUES];
	__u64 from, to;		/* all bytes are in [from, to) of the file */
	size_t first;		/* of its sockets, in hold_files.socks */
	size_t socks;
};

struct hold_files {
	struct hold_file *at;	/* most bytes first */
	size_t n;
	__u32 *socks;		/* indices of sockets, file by file */
};

/* Make the sums. 0 or -ENOMEM. hold_files_free() must follow. */
int hold_by_file(const struct hold *hold, struct hold_files *ret_files);
void hold_files_free(struct hold_files *files);

/* How many connections the sockets of a file are: two ends of one are both on this host. */
size_t hold_connections(const struct hold *hold, const struct hold_files *files,
			const struct hold_file *file);

/* Sum of the bytes in all queues, and of the pieces of one socket by queue. */
__u64 hold_total(const __u64 bytes[PF_NOW_QUEUES]);
void hold_of_sock(const struct hold *hold, const struct pf_now_sock *sock,
		  __u64 ret_bytes[PF_NOW_QUEUES]);

/* "unsent", "unacknowledged", "unread", "out-of-order". */
const char *hold_queue_name(unsigned int queue);

/* "ESTABLISHED", "FIN_WAIT1", ... as ss(8) and the kernel say. */
const char *hold_state_name(unsigned int state);

#endif
