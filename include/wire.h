/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * wire.h - everything that crosses between the BPF programs and user space:
 * event records, map keys and values, the configuration and the counters.
 *
 * Rules: fixed-width types only (no bool, long, enum members or pointers), no implicit
 * padding, a size assertion on every struct. BPF code includes vmlinux.h first; user code
 * gets the types from <linux/types.h>.
 *
 * Sequence numbers are in host byte order and compare as seq.h does. Times are nanoseconds
 * of CLOCK_MONOTONIC (bpf_ktime_get_ns).
 */
#ifndef PAGEFLIGHT_WIRE_H
#define PAGEFLIGHT_WIRE_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define PF_COMM_LEN 16		/* TASK_COMM_LEN */
#define PF_EXE_LEN 32
#define PF_PATH_LEN 512		/* bytes of the path below the file system's root, with NUL */
#define PF_HIST_SLOTS 32
#define PF_STACK_DEPTH 32
#define PF_FLIGHT_BYTES 128	/* memory for one page in flight, without the index */

/* How a page came to the socket: sender.how. */
enum pf_sender_how {
	PF_SEND_UNKNOWN,
	PF_SEND_SENDFILE,
	PF_SEND_SPLICE,
	PF_SEND_ZEROCOPY,
	PF_SEND_KERNEL,
};

/* How bytes were changed: writer.how. */
enum pf_writer_how {
	PF_WRITE_UNKNOWN,
	PF_WRITE_WRITE,
	PF_WRITE_MMAP,
	PF_WRITE_TRUNCATE,
	PF_WRITE_PUNCH,
};

enum pf_event_type {
	PF_EV_HIT = 1,	/* struct pf_ev_hit: a write touched a page in flight */
	PF_EV_OP,	/* struct pf_ev_op: that write is complete; its file */
	PF_EV_END,	/* struct pf_ev_range: a flight that was hit has ended */
	PF_EV_RESEND,	/* struct pf_ev_range: a connection with a hit retransmits */
	PF_EV_SENT,	/* struct pf_ev_range: a device copies bytes of a flight that was hit */
	PF_EV_SENDER,	/* struct pf_ev_sender: the kernel sends on a connection */
	PF_EV_CUT,	/* struct pf_ev_range: from now on a connection is not told of in full */
};

/* Why a flight ended: pf_ev_range.why of PF_EV_END. */
enum pf_end {
	PF_END_ACKED = 1,	/* acknowledged by a peer on another host */
	PF_END_READ,		/* copied out by the reader on this host */
	PF_END_ABORTED,		/* the socket was reset, purged or destroyed before that */
	PF_END_DROPPED,		/* the same, but packets with the flight were still in this host */
};

/* The head of every record. size is that of the whole record, to be checked before a cast. */
struct pf_event {
	__u64 ts;
	__u32 type;
	__u32 size;
};
_Static_assert(sizeof(struct pf_event) == 16, "pf_event");

/* The thread that did something. pid is the tgid of the kernel. */
struct pf_task {
	__u32 pid;
	__u32 tid;
	__u32 how;
	__u32 flags;		/* PF_TASK_* */
	char comm[PF_COMM_LEN];
};
_Static_assert(sizeof(struct pf_task) == 32, "pf_task");

#define PF_TASK_KTHREAD 1u
#define PF_TASK_WHO	2u	/* the struct pf_who that goes with it is valid */

/* What is known of the process of a thread, as numbers and names of the host. */
struct pf_who {
	__u64 cgroup;		/* number of its cgroup of version 2; 0: not known */
	__u32 uid;
	__u32 ppid;		/* process of its parent; 0: it has none */
	char parent[PF_COMM_LEN];	/* name of that */
	char exe[PF_EXE_LEN];	/* name of the file it runs, cut if need be; empty: it has none */
};
_Static_assert(sizeof(struct pf_who) == 64, "pf_who");

/*
 * A connection as its own socket sees it. IPv4 addresses are v4-mapped, ports are in host
 * byte order.
 */
struct pf_tuple {
	__u8 laddr[16];
	__u8 raddr[16];
	__u16 lport;
	__u16 rport;
	__u32 family;		/* AF_INET or AF_INET6 of the socket */
};
_Static_assert(sizeof(struct pf_tuple) == 40, "pf_tuple");

/* How far a connection has come in its stream. */
struct pf_progress {
	__u32 una;		/* snd_una */
	__u32 nxt;		/* snd_nxt */
	/*
	 * Bytes before this were copied out of the page, by the local reader (PF_HIT_LOCAL)
	 * or the device (PF_HIT_WIRE).
	 */
	__u32 read;
	/*
	 * Only in pf_ev_hit.before: a transmitted copy may still be in this host (qdisc,
	 * driver, ring of a tun).
	 */
	__u16 in_host;
	__u16 resends;		/* retransmissions of the connection so far, modulo 2^16 */
};
_Static_assert(sizeof(struct pf_progress) == 16, "pf_progress");

#define PF_HIT_LOCAL	 1u	/* the reader is on this host: `read` is valid */
#define PF_HIT_LOST	 2u	/* evidence about this connection was lost */
#define PF_HIT_NO_BEFORE 4u	/* the flight was attached while the write was under way */
#define PF_HIT_ENDED	 8u	/* the flight ended while the write was under way */
#define PF_HIT_WIRE	 16u	/* every copy that the device makes is looked at: `read` is valid */
#define PF_HIT_COMPARED	 32u	/* diff_from and diff_to are valid */
#define PF_HIT_HERE	 64u	/* a reader on this host is known, be it that it gets copies */
/*
 * With PF_HIT_HERE: whether that reader gets the very pages is not known. Without: whether
 * the reader is on this host is not known.
 */
#define PF_HIT_UNSURE	 128u
/* The kernel has copied bytes near these in the queue of the reader on this host, perhaps these too. */
#define PF_HIT_COLLAPSED 256u

/*
 * One write x one flight. But for the path the record is complete: an engine that missed
 * every other record can still report it.
 */
struct pf_ev_hit {
	struct pf_event h;
	__u64 op;		/* identity of the write, never used again in a session */
	__u64 conn;		/* identity of the connection, never used again */
	struct pf_task writer;
	struct pf_task sender;
	struct pf_tuple tuple;
	__u32 netns;		/* inode number of the socket's namespace */
	__u32 flags;		/* PF_HIT_* */
	__u64 dev;		/* s_dev, kernel encoding: major << 20 | minor */
	__u64 ino;
	__u64 pos;		/* the write changed bytes [pos, pos + count) of the file */
	__u64 count;
	__u64 file_off;		/* of the first byte of the flight in the file */
	__u64 stream_off;	/* of the same byte in the stream */
	__u64 attached;		/* when the socket took the reference */
	__u32 seq;
	__u32 len;		/* of the flight: 1 .. page size */
	__u32 resends;		/* retransmissions of this connection so far */
	/*
	 * PF_HIT_COMPARED: the bytes of the flight that the write left other than the socket
	 * took them are in [diff_from, diff_to).
	 */
	__u16 diff_from;
	__u16 diff_to;
	struct pf_progress before;	/* when the write began */
	struct pf_progress after;	/* when it was complete */
	/* Fingerprints of the flight, 0 where there is none. */
	__u64 fp;		/* when the socket took it */
	__u64 fp_before;	/* when the write began */
	__u64 fp_after;		/* when it was complete */
	struct pf_who who;	/* of the sender, when it began to send on the connection */
};
_Static_assert(sizeof(struct pf_ev_hit) == 16 + 16 + 64 + 40 + 8 + 56 + 16 + 32 + 24 + 64,
	       "pf_ev_hit");

#define PF_OP_DELETED	1u	/* the dentry is unhashed */
#define PF_OP_CUT	2u	/* the path was too deep or too long, and is cut */
#define PF_OP_NO_PATH	4u	/* the inode has no dentry, or one without a name */
#define PF_OP_NO_TREE	8u	/* the file stands in no tree: the path is '/' and its own name */

#define PF_OP_BLOCK	16u	/* it is a block device, whose number is `ino`, encoded as `dev` is */
#define PF_OP_UNKNOWN	32u	/* nobody can have made the change by a way that is known */

/* Sent once, after the hits of one write. */
struct pf_ev_op {
	struct pf_event h;
	__u64 op;
	__u64 began;		/* when the write began; it was complete at h.ts */
	__u64 dev;
	__u64 ino;
	__u64 pos;
	__u64 count;
	struct pf_task writer;
	struct pf_who who;	/* of the writer, when the write was complete */
	__u32 hits;		/* records of this write that were sent or lost */
	__u32 flags;		/* PF_OP_* */
	/*
	 * The path is path + path_at, below the root of the file system. It begins with '/'
	 * and ends with NUL.
	 */
	__u32 path_at;
	__s32 stack_len;	/* bytes in stack; negative: -errno */
	__u64 stack[PF_STACK_DEPTH];	/* kernel addresses, innermost first */
	char path[PF_PATH_LEN];
};
_Static_assert(sizeof(struct pf_ev_op) == 16 + 48 + 32 + 64 + 16 + 256 + 512, "pf_ev_op");

/* A range of one connection's stream. */
struct pf_ev_range {
	struct pf_event h;
	__u64 conn;
	__u32 seq;
	__u32 len;
	__u32 why;		/* PF_END_* in PF_EV_END, else 0 */
	__u32 pad;
	/*
	 * Fingerprint of the whole flight in PF_EV_END and PF_EV_SENT; 0: it is not known. In
	 * PF_EV_SENT that means that the page changed between the copy and the look.
	 */
	__u64 fp;
};
_Static_assert(sizeof(struct pf_ev_range) == 48, "pf_ev_range");

/* Sent once for a connection: how the kernel came to send on it. */
struct pf_ev_sender {
	struct pf_event h;
	__u64 conn;
	__s32 stack_len;	/* as in pf_ev_op */
	__u32 pad;
	__u64 stack[PF_STACK_DEPTH];
};
_Static_assert(sizeof(struct pf_ev_sender) == 32 + 256, "pf_ev_sender");

/*
 * Counters. The first group tells what was seen: attached = released + aborted + still in
 * flight. The second group is loss: if one of these is not 0, something was not seen, and
 * the verdicts that it touches are weakened.
 */
#define PF_COUNTERS(SEEN, LOSS)							\
	SEEN(attached,	  "pages taken by a socket")				\
	SEEN(attached_bytes, "bytes of these pages")					\
	SEEN(acked,	  "pages acknowledged")					\
	SEEN(released,	  "pages released: acknowledged, and read if the reader is local")	\
	SEEN(aborted,	  "pages dropped by reset, purge or destroy")		\
	SEEN(user_pages,  "pages of user memory among them: of no file, not indexed")	\
	SEEN(ignored,	  "pieces ignored: zero page, slab, no page")		\
	SEEN(conns,	  "connections followed")				\
	SEEN(writes,	  "writes to a file with pages in flight")		\
	SEEN(hits,	  "pages in flight touched by a write")			\
	SEEN(resends,	  "retransmissions on followed connections")		\
	SEEN(unseen,	  "changes of pages in flight that no hook saw")		\
	SEEN(audited,	  "pages whose fingerprint did not wait: --audit")		\
	SEEN(looks,	  "looks at the bytes of pages in flight")		\
	SEEN(filtered,	  "pages excluded by a filter (of a whole call: estimated by its bytes)") \
	SEEN(exposed,	  "pages of files that somebody could change as they were taken")	\
	LOSS(pool_full,	  "pages not followed: no free flight (raise --max-pages)") \
	LOSS(conns_full,  "pages not followed: no free connection (raise --max-conns)") \
	LOSS(socks_full,  "sockets not registered: map full")			\
	LOSS(readers_full, "established sockets not noted: a local reader may count as remote") \
	LOSS(readers_unfound, "connections over lo without a known reader: followed until the ACK only") \
	LOSS(writes_full, "writes not followed: map full")			\
	LOSS(events_lost, "records lost: ring buffer full, or not taken by the end") \
	LOSS(iter_cut,	  "pages not followed: more pieces in one call than can be walked") \
	LOSS(held_full,	  "connections reset whose packets were not followed out of this host") \
	LOSS(copies_full, "copies out of a tun that were not looked at again: map full") \
	LOSS(piped,	  "pages that a reader spliced into a pipe, where they were not followed") \
	LOSS(mapping_missed, "files found mapped shared and writable that no hook had told of") \
	LOSS(walk_cut,	  "flights not looked at: chain too long or changing")	\
	LOSS(user_room,	  "pages not followed: their user has its share of the room")	\
	LOSS(user_index,  "pages that no write finds any more: their user has its share of them") \
	LOSS(user_ring,	  "records not sent: their user has its share of the ring buffer") \
	LOSS(look_cut,	  "pages not looked at: too many of one connection at once")	\
	LOSS(range_cut,	  "pages of a huge write not looked up")		\
	LOSS(pop_cut,	  "acknowledgements handled in part; the next one goes on")	\
	LOSS(read_failed, "kernel memory could not be read")

#define PF_COUNTER_ENUM(name, text) PF_C_##name,
enum pf_counter {
	PF_COUNTERS(PF_COUNTER_ENUM, PF_COUNTER_ENUM)
	PF_C_MAX
};
#define PF_C_FIRST_LOSS PF_C_pool_full

/*
 * One for each CPU; user space adds them up. Slot 0 counts lifetimes below one microsecond,
 * slot n those in [2^(n-1), 2^n) us, the last slot all that are longer.
 */
struct pf_stats {
	__u64 count[PF_C_MAX];
	__u64 to_ack[PF_HIST_SLOTS];
	__u64 to_release[PF_HIST_SLOTS];
};
_Static_assert(sizeof(struct pf_stats) == 8 * (PF_C_MAX + 2 * PF_HIST_SLOTS), "pf_stats");

/* The pool of flights, as user space reads it: value 0 of the map free_flights. */
struct pf_gauge {
	__u32 lock;
	__u32 head;
	__u32 fresh;
	__u32 used;		/* flights that are followed now */
};
_Static_assert(sizeof(struct pf_gauge) == 16, "pf_gauge");

/* How much the bytes themselves are looked at. */
enum pf_content {
	PF_CONTENT_OFF,		/* never */
	PF_CONTENT_EDGES,	/* when the socket takes them, around writes, at the end */
	PF_CONTENT_WIRE,	/* at each transmission too */
	PF_CONTENT_MAX
};

/* File systems whose writers are known; those that are hooked are set in pf_sound_fs. */
#define PF_FS_TMPFS 1u
#define PF_FS_EXT4  2u
#define PF_FS_XFS   4u

#define PF_DOUBTS 64		/* a power of two */

/* A file that was found mapped, though the hook of mappings had not told of it. */
struct pf_doubt {
	__u64 since;		/* 0: there is none */
	__u32 bit;		/* of the map `mapped` */
	__u32 pad;
};
_Static_assert(sizeof(struct pf_doubt) == 16, "pf_doubt");

/* How user space asks on_memmap() where pages are. The answer is right if fp is. */
struct pf_memmap {
	__u32 tgid;		/* its file fd has one page, of known bytes */
	__u32 fd;
	__u64 page_offset_at;	/* addresses of variables of the kernel; 0: do not read them */
	__u64 vmemmap_at;
	__u64 fp;		/* of that page */
};
_Static_assert(sizeof(struct pf_memmap) == 32, "pf_memmap");

/* Fixed before the programs are loaded (.rodata), so that the verifier knows every bound. */
struct pf_config {
	__u32 flight_mask;	/* a power of two, minus 1; not below max_flights */
	__u32 max_flights;
	__u32 bucket_mask;	/* number of buckets, a power of two, minus 1 */
	__u32 max_conns;
	__u32 page_shift;
	__u32 struct_page_size;	/* sizeof(struct page) of the running kernel */
	__u32 content;		/* enum pf_content */
	__u32 sample;		/* one page in this number gets a fingerprint; not 0 */
	__u32 audit;		/* of one page in this number it does not wait; 0: of none */
	__u32 direct;		/* the kernel has bpf_rdonly_cast(): plain loads at an address */
	__u32 atomic;		/* programs disable preemption: see kernel/atomic.bpf.h */
	__u32 huge_index;	/* the index of a page of hugetlbfs counts huge pages */
	__u32 per_user;		/* flights of one user that a write reports at once */
};
_Static_assert(sizeof(struct pf_config) == 52, "pf_config");

#endif
