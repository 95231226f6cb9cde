/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * now.h - what crosses between the BPF programs that look into the queues of sockets, in
 * bpf/now/, and user space. The rules of wire.h hold here too.
 */
#ifndef PAGEFLIGHT_NOW_H
#define PAGEFLIGHT_NOW_H

#include "wire.h"

/* Where in a socket bytes are. */
enum pf_now_queue {
	PF_NOW_UNSENT,		/* write queue */
	PF_NOW_UNACKED,		/* retransmit queue */
	PF_NOW_UNREAD,		/* receive queue */
	PF_NOW_EARLY,		/* out-of-order queue */
	PF_NOW_QUEUES
};

/* What bytes are kept in. */
enum pf_now_kind {
	PF_NOW_FILE,		/* the page cache */
	PF_NOW_USER,		/* anonymous memory of a process */
	PF_NOW_COPIED,		/* memory of the network stack, or a page that left its file */
	PF_NOW_TLS,		/* ciphertext that the kernel made */
	PF_NOW_SLAB,
	PF_NOW_DEVICE,		/* memory of a device */
	PF_NOW_KINDS
};

#define PF_NOW_MAPPINGS 16	/* files that one wait may name */

/* Bytes that follow each other in one stream, in one queue and in one file. */
struct pf_now_piece {
	__u64 off;		/* in the file; 0 for memory of a process */
	__u64 stream_off;
	__u64 len;
	__u32 file;		/* number of its file; 0: it has none, or there were too many */
	__u8 queue;		/* enum pf_now_queue */
	__u8 kind;		/* PF_NOW_FILE or PF_NOW_USER */
	__u16 pad;
};
_Static_assert(sizeof(struct pf_now_piece) == 32, "pf_now_piece");

#define PF_NOW_CUT 1u		/* it has more than was walked */
#define PF_NOW_KTLS 2u
#define PF_NOW_MPTCP 4u		/* a subflow: its stream is not that of the connection */

/* A socket that holds what was asked for. */
struct pf_now_sock {
	__u64 sk;		/* its address, which tells whether it was met twice */
	__u64 ino;		/* of the open socket; 0: no process has it open */
	struct pf_tuple tuple;
	__u32 netns;
	__u32 state;		/* TCP_ESTABLISHED ... */
	__u32 first;		/* of its pieces */
	__u32 n;
	__u32 flags;		/* PF_NOW_CUT ... */
	__u32 pad;
	__u64 bytes[PF_NOW_QUEUES][PF_NOW_KINDS];
};
_Static_assert(sizeof(struct pf_now_sock) == 16 + 40 + 24 + 8 * PF_NOW_QUEUES * PF_NOW_KINDS,
	       "pf_now_sock");

/* What user space asks, and may change between two walks. */
struct pf_now_ask {
	__u64 mapping[PF_NOW_MAPPINGS];	/* only pages of these */
	__u64 from, to;		/* only bytes [from, to) of them */
	__u32 n_mappings;	/* 0: any page */
	__u32 room_socks;	/* records before user space has to take them */
	__u32 room_pieces;
	__u32 first;		/* the first socket that holds something is enough */
};
_Static_assert(sizeof(struct pf_now_ask) == 8 * PF_NOW_MAPPINGS + 32, "pf_now_ask");

/* What the kernel side answers. */
struct pf_now_said {
	__u32 n_socks;		/* records that wait */
	__u32 n_pieces;
	__u32 n_files;		/* numbers given to files, which stay until user space forgets them */
	__u32 full;		/* the walk stopped at a socket for want of room */
	__u64 walked;		/* sockets */
	__u64 cut;		/* sockets that have more than was walked */
	__u64 files_full;	/* pieces without a number for their file */
	__u64 bytes[PF_NOW_QUEUES][PF_NOW_KINDS];	/* of all that passed the filter */
};
_Static_assert(sizeof(struct pf_now_said) == 16 + 24 + 8 * PF_NOW_QUEUES * PF_NOW_KINDS,
	       "pf_now_said");

#define PF_NOW_NETS 65536	/* network namespaces that are listed */

/* The network namespaces of this host. */
struct pf_now_nets {
	__u32 n;
	__u32 cut;
};
_Static_assert(sizeof(struct pf_now_nets) == 8, "pf_now_nets");

/* An open file of this process: what it stands for. */
struct pf_now_open {
	__u32 fd;
	__u32 pad;
	__u64 mapping;		/* 0: there is no such file */
};
_Static_assert(sizeof(struct pf_now_open) == 16, "pf_now_open");

/* Who references the pages of a file, but the page cache and mappings. */
struct pf_now_refs {
	__u64 mapping;
	__u64 index;		/* where to go on */
	__u64 last;		/* the last page */
	__u64 looked;		/* folios in the page cache */
	__u64 held;		/* of them, those with a reference that nothing explains */
	__u64 held_at;		/* index of the first of these */
	__u32 done;
	__u32 first;		/* the first of these is enough */
};
_Static_assert(sizeof(struct pf_now_refs) == 56, "pf_now_refs");

#endif
