/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.bpf.h - the records that the maps are made of.
 */
#ifndef PF_STATE_BPF_H
#define PF_STATE_BPF_H

#include "fingerprint.h"
#include "wire.h"

#define PF_GROUP_SHIFT 2	/* pages per chain: 4, so that long writes look up less */
#define PF_UNLINKED 0xffffffffu
#define PF_FILES_BITS 16
#define PF_SOCKS_BITS 16

/* Who gave a page to the socket, in the low 48 bits of a word. */
union pf_sender {
	struct {
		__u64 tid : 22;		/* PID_MAX_LIMIT is 2^22 */
		__u64 pid : 22;
		__u64 how : 3;		/* enum pf_sender_how */
		__u64 kthread : 1;
	};
	struct {
		__u32 low;
		__u16 high;
	};
};
_Static_assert(sizeof(union pf_sender) == 8, "pf_sender");

struct pf_flight {
	__u32 next;		/* FIFO of the connection, or free list */
	__u32 hnext;		/* index chain */
	__u32 hprev;		/* PF_UNLINKED: not in the index */
	__u32 conn;
	__u32 seq;
	__u16 off;		/* in the page */
	__u16 len;
	__u64 page;		/* struct page */
	__u64 mapping;		/* struct address_space; 0: not a page-cache page */
	__u64 index;		/* page offset in the file */
	__u64 attached;
	__u32 op;		/* low half of the write that is or was last here */
	__u32 hit_op;		/* low half of the last write reported */
	union {
		struct pf_progress before;	/* as op began */
		__u32 entered;		/* op 0: low half of the last number given as it was indexed */
	};
	__u64 fp;		/* fingerprint of the bytes at attach; 0: none */
	__u64 last;		/* the same when they were last looked at */
	union {
		union pf_sender sender;		/* to be read */
		struct {			/* to be written: orig can change meanwhile */
			__u32 sender_low;
			__u16 sender_high;
			__u16 orig;		/* where its bytes are kept, 0: nowhere */
		};
	};
	char comm[PF_COMM_LEN];
	__u32 write_tid : 22;	/* who does op: finds the record in `writes` */
	__u32 crowded : 1;	/* a second write began here while one was under way */
	__u16 zero_at;		/* bytes known to be zero already: [zero_at, +zero_len) */
	__u16 zero_len;
};
_Static_assert(sizeof(struct pf_flight) == PF_FLIGHT_BYTES, "pf_flight");

struct pf_bucket {
	struct bpf_spin_lock lock;
	__u32 head;
};

struct pf_free {
	struct bpf_spin_lock lock;
	__u32 head;		/* free list */
	__u32 fresh;		/* numbers above it were never used */
	__u32 used;
};
_Static_assert(sizeof(struct pf_free) == sizeof(struct pf_gauge), "pf_gauge");

#define PF_CONN_LOCAL	1u	/* the reader is on this host */
#define PF_CONN_ORPHAN	2u	/* the sending socket is gone, its pages are not */
#define PF_CONN_GONE	4u	/* the reader here is gone */
#define PF_CONN_LOST	8u	/* pages of it were not followed */
#define PF_CONN_FREED	16u
#define PF_CONN_WIRE	32u	/* every copy that its device makes is looked at */
#define PF_CONN_LINGERS	64u	/* its packets are still in this host, though the socket is gone */

struct pf_conn {
	struct bpf_spin_lock lock;	/* head, tail, unacked, flags */
	__u32 head;		/* oldest flight */
	__u32 unacked;		/* oldest flight not acknowledged */
	__u32 tail;		/* newest */
	__u32 flags;
	__u32 una;		/* snd_una, as far as seen */
	__u32 nxt;		/* of an orphan: its last snd_nxt */
	__u32 given_up;		/* PF_CONN_LINGERS: pages up to here have left this host */
	__u32 aborted;		/* and those up to here were not when the socket went */
	__u32 ending;		/* flights that have left the FIFO and are not given back yet */
	__u64 orphaned;		/* when */
	__u32 read;		/* a local reader has copied up to here */
	__u32 tx_possible;	/* mode wire: bytes before this may have been copied by the device */
	__u32 tx_certain;	/* mode wire: bytes before this were copied, without a gap that was not seen */
	__u32 cursor;		/* mode wire: a flight at or in front of that */
	__u32 hits;		/* flights of it that were hit and have not ended */
	__u32 resends;
	__u32 netns;
	__u32 told;		/* its kernel sender's stack is on the way */
	__u64 sk;
	__u64 peer_sk;		/* the local reader's socket, 0 once it is gone */
	__u64 id;
	__u64 una_off;		/* bytes of the stream before una */
	__u64 copy_mark;		/* the copy looked at last: thread and skb */
	struct pf_tuple tuple;
};

/* Which conn a socket sends on, and which it reads from; 0: none. */
struct pf_sock {
	__u32 sends;
	__u32 reads;
};

struct byte_range {
	__u32 from, to;		/* bytes [from, to) of a flight */
};

#define PF_WRITE_PLAIN 0	/* a thread can be in one of each at a time */
#define PF_WRITE_ZERO  1
#define PF_WRITE_STORE 2

struct pf_write {
	__u64 op;
	__u64 began;
	__u64 mapping;
	__u64 inode;
	__u64 dentry;		/* 0: take the inode's alias */
	__u64 call;		/* struct kiocb: tells this write from a later one */
	__u64 folio;		/* truncate: pages of this folio alone; 0: any */
	__u64 pos;
	__u64 count;
	/* Counted here and not in registers, where the verifier would follow every value. */
	__u32 hits;		/* flights reported */
	__u32 restarts;
	/* Of the flight reported next: its bytes that differ from what the socket took. */
	struct byte_range diff;
	__u32 compared;		/* are they known? */
	__u32 pad;
	struct pf_task writer;
};

/* A do_tcp_sendpages() under way. */
struct pf_sendpage {
	__u64 sk;		/* 0: none */
	__u64 page;
	__u32 off;		/* of the first byte not attached yet */
	__u32 seq;		/* write_seq that belongs to it */
	__u32 conn;		/* of the socket before, as a rule of this one too */
	__u32 pad;
};

/* A packet that a thread copies out of a ring. */
struct pf_copy {
	__u64 skb;
	__u32 slot;
	__u32 seq, end;
	__u32 pad;
};

struct pf_path_buf {
	char bytes[PF_PATH_LEN + 256];	/* a whole name fits behind the last position */
};

#define PF_SCRATCHES 4		/* programs at once on one processor */
#define PF_SCRATCH_BYTES 4096
#define PF_PAGE_MAX 65536

struct pf_scratch {
	char bytes[PF_SCRATCH_BYTES + PF_FP_BLOCK];	/* the last block is filled up */
	__u64 busy;
	__u32 lo, hi;		/* orig_diff(): here, where the verifier does not follow them */
};

#define PF_ORIGINALS 1024
#define PF_ORIGINAL_BYTES 4096	/* longer flights are not kept */

struct pf_original {
	char bytes[PF_ORIGINAL_BYTES];
};

/* A file, and not the next one that gets its memory or its inode number. */
struct pf_file {
	__u64 mapping;
	__u64 ino;
	__u32 generation;
	__u32 pad;
};

struct pf_answer {
	__u64 until;
	__u64 passes;
};

#endif
