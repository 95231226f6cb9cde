/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * state.bpf.h - the records that the maps hold.
 */
#ifndef PF_STATE_BPF_H
#define PF_STATE_BPF_H

#include "fingerprint.h"
#include "wire.h"

#define PF_GROUP_SHIFT 2	/* 4 neighbouring pages share a chain: long writes look up less */
#define PF_UNLINKED 0xffffffffu
#define PF_FILES_BITS 16
#define PF_SOCKS_BITS 16
#define PF_SHARES_BITS 16
#define PF_OWNERS_BITS 10

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
	__u32 next;		/* in the FIFO of the connection, or in the free list */
	__u32 hnext;		/* in the chain of the index */
	__u32 hprev;		/* PF_UNLINKED: the flight is not in the index */
	__u32 conn;
	__u32 seq;
	__u16 off;		/* of its first byte in the page */
	__u16 len_1;		/* its length, less 1: a page may have 65,536 bytes */
	__u64 page;		/* struct page */
	__u64 mapping;		/* struct address_space; 0: no page of the page cache */
	__u64 index;		/* page offset in the file */
	__u64 attached;
	__u32 op;		/* low half of the write that marked the flight last */
	__u32 hit_op;		/* low half of the write that was reported last */
	union {
		struct pf_progress before;	/* when op began */
		__u32 entered;		/* op 0: low half of pf_next_id when it was indexed */
	};
	__u64 fp;		/* fingerprint of the bytes at attach; 0: none; see fp_waits() */
	__u64 last;		/* fingerprint of the bytes at the last look; 0: that is fp */
	union {
		union pf_sender sender;		/* for reading only */
		struct {			/* for writing, since orig can change meanwhile */
			__u32 sender_low;
			__u16 sender_high;
			__u16 orig;		/* number in `originals`; 0: none */
		};
	};
	union {
		char comm[PF_COMM_LEN];	/* of the sender */
		struct {
			char comm_text[PF_COMM_LEN - 1];
			__u8 audited;	/* in place of the NUL: its fingerprint did not have to be taken */
		};
	};
	__u32 write_tid : 22;	/* the thread that does op, the key of `writes` */
	__u32 crowded : 1;	/* a second write marked the flight while one was under way */
	__u32 zeroed : 1;	/* bytes from zero_first to zero_last are known to be zero */
	__u16 zero_first;
	__u16 zero_last;
};
_Static_assert(sizeof(struct pf_flight) == PF_FLIGHT_BYTES, "pf_flight");

static __always_inline __u32 flight_len(const struct pf_flight *f)
{
	return f->len_1 + 1;
}

struct pf_bucket {
	struct bpf_spin_lock lock;
	__u32 head;
};

struct pf_free {
	struct bpf_spin_lock lock;
	__u32 head;		/* first of the free list */
	__u32 fresh;		/* numbers above this one were never used */
	__u32 used;
};
_Static_assert(sizeof(struct pf_free) == sizeof(struct pf_gauge), "pf_gauge");

/*
 * Who reads a connection: PF_CONN_LOCAL alone: a socket on this host, which gets the very
 * pages. Neither: a peer elsewhere, or one that gets copies. PF_CONN_ASK alone: not known
 * yet. Both: a socket on this host, and whether it gets the very pages is not known.
 */
#define PF_CONN_LOCAL	1u
#define PF_CONN_ASK	128u
#define PF_CONN_ORPHAN	2u	/* the sending socket is gone, its pages are not */
#define PF_CONN_GONE	4u	/* the reader on this host is gone */
#define PF_CONN_LOST	8u	/* some of its pages were not followed */
#define PF_CONN_FREED	16u	/* somebody releases it already */
#define PF_CONN_WIRE	32u	/* mode wire: every copy that its device makes is seen */
#define PF_CONN_LINGERS	64u	/* an orphan whose packets are still in this host */
#define PF_CONN_UNFOUND	256u	/* it leaves over lo, and no socket was found that reads it */
#define PF_CONN_CUT	512u	/* PF_EV_CUT was sent */
#define PF_CONN_BUFFERS	1024u	/* it has sent buffers of MSG_ZEROCOPY */

struct pf_conn {
	struct bpf_spin_lock lock;	/* for head, unacked, tail and flags */
	__u32 head;		/* oldest flight */
	__u32 unacked;		/* oldest flight not acknowledged */
	__u32 tail;		/* newest flight */
	__u32 flags;
	__u32 una;		/* snd_una, as far as it was seen */
	__u32 nxt;		/* of an orphan: the last snd_nxt of its socket */
	__u32 given_up;		/* PF_CONN_LINGERS: pages up to here have left this host */
	__u32 aborted;		/* those up to here had left it before the socket was gone */
	__u32 ending;		/* flights that have left the FIFO and are not released yet */
	__u64 orphaned;		/* when it became an orphan */
	__u32 taken;		/* a local reader has taken the bytes up to here from its socket */
	__u32 read;		/* the same, but for bytes that wait in a pipe since: see pipe */
	__u32 tx_possible;	/* mode wire: the device may have copied bytes before this */
	__u32 tx_certain;	/* mode wire: it has copied all bytes before this */
	__u32 cursor;		/* mode wire: a flight at or in front of that */
	__u32 hits;		/* flights of it that were hit and have not ended */
	__u32 resends;
	__u32 netns;
	__u32 sender_sent;		/* the call chain of its sender in the kernel was sent */
	__u32 fp_end;		/* flights that end behind this have no fingerprint yet */
	__u32 appended;		/* sequence number behind the append that was followed last */
	__u32 owner;		/* number in `owners`; 0: root */
	/* Some bytes from here to there lie in the reader's queue as a copy: see on_collapse(). */
	__u32 collapsed, collapsed_end;
	__u32 queue_at;		/* flight that look_at_queue() goes on with; 0: the oldest */
	__u32 exposed;		/* `ready` of the place in pf_exposed that it used last; 0: none */
	__u32 watch;		/* WATCH_*; see flight/watch.bpf.h */
	__u64 sk;
	__u64 peer_sk;		/* socket of the reader on this host; 0 once it is gone */
	__u64 id;
	__u64 una_off;		/* bytes of the stream before una */
	/*
	 * The pipe into which a local reader has spliced bytes, and where the rest of them
	 * waits by reference; 0: none. As the pipe was seen last, its bytes are those from
	 * piped to piped_end, and the first of its buffers has pipe_first of them.
	 */
	__u64 pipe;
	__u32 piped;
	__u32 piped_end;
	__u32 pipe_tail;	/* number of that buffer */
	__u32 pipe_first;
	__u64 copy_mark;	/* thread and skb of the copy that was looked at last */
	__u64 handed;		/* skb that a tun was given, and whose buffers it has not copied yet */
	__u64 sender_began;	/* task_began() of the process that sent last; 0: none has */
	struct pf_tuple tuple;
};

/* A process that sends, as it was when it last began to send on a connection. */
struct pf_sender_who {
	__u64 began;		/* when the process did */
	struct pf_who who;
};

/*
 * Who has sockets, and what its flights have cost others. The fields are changed without a
 * lock, so the bounds are not exact.
 */
struct pf_owner {
	__u64 who;		/* its key << 32 | number of its connections; 0: nobody */
	__u64 refilled;		/* when it got tokens last */
	__u64 ring_mark;	/* position in the ring buffer behind which `ring_bytes` began */
	__u32 ring_bytes;	/* of its records since then */
	__u32 tokens;		/* time of others that its flights may take at once */
	__u32 flights;
	__u32 originals;
};

/*
 * Where the two streams of a connection begin: sequence numbers. Both ends agree on them,
 * whatever address translation does.
 */
struct pf_streams {
	__u32 out;
	__u32 in;
};

/* The connection that a socket sends on, and the one that it reads from; 0: none. */
struct pf_sock {
	__u32 sends;
	__u32 reads;
};

struct byte_range {
	__u32 from, to;		/* bytes [from, to) of a flight */
};

/* The fingerprint of a piece, as a walk has just seen it. */
struct pf_seen {
	__u64 page;
	__u64 fp;		/* 0: none */
	__u16 off, len_1;	/* as in struct pf_flight */
	__u32 pad;
};

/* What a user has left of the tokens that a write has for each; see life/toll.bpf.h. */
struct pf_toll {
	__u32 owner;		/* 0: none */
	__s32 left;
};

#define PF_TOLLS 8		/* users that one walk keeps apart */

#define PF_WRITE_PLAIN 0	/* a thread can be in one of each kind at a time */
#define PF_WRITE_ZERO  1
#define PF_WRITE_STORE 2

struct pf_write {
	__u64 op;
	__u64 began;
	__u64 mapping;
	__u64 inode;
	__u64 dentry;		/* 0: an alias of the inode has to do */
	__u64 call;		/* struct kiocb, which tells this write from a later one */
	__u64 folio;		/* truncate changes pages of this folio alone; 0: of any */
	__u64 pos;
	__u64 count;
	/* These are here and not in registers, where the verifier would follow every value. */
	__u32 hits;		/* flights that were reported */
	__u32 restarts;		/* of the walk; see walk_step() */
	struct byte_range diff;	/* changed bytes of the flight that is reported next */
	__u32 compared;		/* diff is known */
	__u32 left_out;		/* bytes at the begin of its range in the flight: zero already */
	struct pf_seen seen[1 << PF_GROUP_SHIFT];	/* by the low bits of the page's index */
	struct pf_toll toll[PF_TOLLS];
	__u32 toll_free;	/* of each user, in the current group of pages */
	__u32 toll_passed;	/* flights of other bytes that the walk has passed */
	struct pf_task writer;
};

/* A call of do_tcp_sendpages() that is under way. */
struct pf_sendpage {
	__u64 sk;		/* 0: none */
	__u64 page;
	__u32 off;		/* of the first byte that is not attached yet */
	__u32 seq;		/* write_seq of that byte */
	__u32 conn;		/* of the call before, which mostly had the same socket */
	__u32 exposed;		/* as in struct pf_conn, for the batch of pages that is under way; */
	__u64 exposed_file;	/* their mapping, 0: none was asked for; */
	__u32 exposed_pages;	/* and those that are not noted yet */
	__u32 last;		/* the batch ends with this page */
};

/* A packet that a thread copies out of the ring of a tun. */
struct pf_copy {
	__u64 skb;
	__u32 slot;		/* of its connection */
	__u32 seq, end;
	__u32 pad;
};

#define PF_PATHS 4		/* paths put together at once on one processor */

struct pf_path_buf {
	char bytes[PF_PATH_LEN + 256];	/* any name fits behind the last position */
	__u64 busy;
};

#define PF_SCRATCHES 4		/* programs that one processor can be in at once */
#define PF_SCRATCH_BYTES 4096
#define PF_PAGE_MAX 65536

struct pf_scratch {
	char bytes[PF_SCRATCH_BYTES + PF_FP_BLOCK];	/* the last block is padded */
	__u64 busy;
	__u32 lo, hi;		/* of orig_diff(): the verifier does not follow it here */
};

#define PF_ORIGINALS 1024
#define PF_ORIGINAL_BYTES 4096	/* longer flights are not kept */

struct pf_original {
	char bytes[PF_ORIGINAL_BYTES];
	__u32 owner;		/* number in `owners` */
};

/* A file; the generation tells it from the next one with its memory or inode number. */
struct pf_file {
	__u64 mapping;
	__u64 ino;
	__u32 generation;
	__u32 pad;
};

#define PF_MAPPED_BITS 20	/* files that `mapped` tells apart */

struct pf_answer {
	__u64 until;
	__u64 passes;
};

#endif
