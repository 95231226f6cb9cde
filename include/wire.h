/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * wire.h - everything that crosses between the BPF programs and user space:
 * event records, map keys and values, the configuration and the counters.
 *
 * Rules: fixed-width types only (no bool, long, enum members or pointers), no
 * implicit padding, a size assertion on every struct. BPF code includes
 * vmlinux.h first; user code gets the types from <linux/types.h>.
 *
 * Sequence numbers are host byte order and compare modulo 2^32 (RFC 9293).
 * Times are nanoseconds of CLOCK_MONOTONIC (bpf_ktime_get_ns).
 */
#ifndef PAGEFLIGHT_WIRE_H
#define PAGEFLIGHT_WIRE_H

#ifndef __bpf__
#include <linux/types.h>
#endif

#define PF_COMM_LEN 16		/* TASK_COMM_LEN */
#define PF_PATH_LEN 512		/* bytes of the path below the mount, with NUL */
#define PF_HIST_SLOTS 32
#define PF_STACK_DEPTH 32
#define PF_FLIGHT_BYTES 128	/* of memory per page in flight, without its index */

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
	PF_EV_OP,	/* struct pf_ev_op: that write is complete, and its file */
	PF_EV_END,	/* struct pf_ev_range: a flight that was hit has ended */
	PF_EV_RESEND,	/* struct pf_ev_range: a hit connection retransmits */
	PF_EV_SENT,	/* struct pf_ev_range: a device copies bytes of a flight that was hit */
	PF_EV_SENDER,	/* struct pf_ev_sender: the kernel sends on a connection */
};

/* Why a flight ended: pf_ev_range.why of PF_EV_END. */
enum pf_end {
	PF_END_ACKED = 1,	/* acknowledged by a peer on another host */
	PF_END_READ,		/* copied out by the reader on this host */
	PF_END_ABORTED,		/* reset, purge or destroy before that */
	PF_END_DROPPED,		/* the same, while packets with it were still in this host */
};

/* Common head. size is the whole record; a reader checks it before it casts. */
struct pf_event {
	__u64 ts;
	__u32 type;
	__u32 size;
};
_Static_assert(sizeof(struct pf_event) == 16, "pf_event");

/* Who did something. tgid is what users call pid. */
struct pf_task {
	__u32 pid;
	__u32 tid;
	__u32 how;
	__u32 flags;		/* PF_TASK_* */
	char comm[PF_COMM_LEN];
};
_Static_assert(sizeof(struct pf_task) == 32, "pf_task");

#define PF_TASK_KTHREAD 1u

/*
 * A connection as its own socket sees it. IPv4 addresses are v4-mapped, ports
 * are host byte order.
 */
struct pf_tuple {
	__u8 laddr[16];
	__u8 raddr[16];
	__u16 lport;
	__u16 rport;
	__u32 family;		/* AF_INET or AF_INET6 of the socket */
};
_Static_assert(sizeof(struct pf_tuple) == 40, "pf_tuple");

/* Where a socket stands in its stream. */
struct pf_progress {
	__u32 una;		/* snd_una */
	__u32 nxt;		/* snd_nxt */
	__u32 read;		/* copied up to here: by a local reader, or PF_HIT_WIRE by the device */
	__u16 in_host;		/* before: what was transmitted of it may still be in qdisc or driver */
	__u16 resends;		/* retransmissions of the connection so far, modulo 2^16 */
};
_Static_assert(sizeof(struct pf_progress) == 16, "pf_progress");

#define PF_HIT_LOCAL	 1u	/* the reader is on this host: `read` is valid */
#define PF_HIT_LOST	 2u	/* evidence on this connection was lost */
#define PF_HIT_NO_BEFORE 4u	/* attached while the write was under way */
#define PF_HIT_ENDED	 8u	/* the flight ended while the write was under way */
#define PF_HIT_COMPARED	 32u	/* its bytes were compared with what the socket took */
#define PF_HIT_WIRE	 16u	/* every copy the device makes is looked at: `read` is how far */

/*
 * One write x one flight. Self-contained but for the path: an engine that
 * missed every other record can still report it.
 */
struct pf_ev_hit {
	struct pf_event h;
	__u64 op;		/* identity of the write, never reused in a run */
	__u64 conn;		/* identity of the connection, never reused */
	struct pf_task writer;
	struct pf_task sender;
	struct pf_tuple tuple;
	__u32 netns;		/* inode number of the socket's namespace */
	__u32 flags;		/* PF_HIT_* */
	__u64 dev;		/* s_dev, kernel encoding: major << 20 | minor */
	__u64 ino;
	__u64 pos;		/* the write: bytes [pos, pos + count) of the file */
	__u64 count;
	__u64 file_off;		/* the flight: its first byte in the file */
	__u64 stream_off;	/* the same byte, from the first of the stream */
	__u64 attached;		/* when the socket took the reference */
	__u32 seq;
	__u32 len;		/* 1 .. page size */
	__u32 resends;		/* retransmissions of this connection so far */
	__u16 diff_from;	/* PF_HIT_COMPARED: first byte of the flight that the write left */
	__u16 diff_to;		/* other than the socket took it, and behind the last; or equal */
	struct pf_progress before;	/* as the write began */
	struct pf_progress after;	/* when it was complete */
	/* Fingerprints of the flight, 0 where there is none. */
	__u64 fp;		/* as the socket took it */
	__u64 fp_before;	/* as the write began */
	__u64 fp_after;	/* when it was complete */
};
_Static_assert(sizeof(struct pf_ev_hit) == 16 + 16 + 64 + 40 + 8 + 56 + 16 + 32 + 24,
	       "pf_ev_hit");

#define PF_OP_DELETED	1u	/* the dentry is unhashed */
#define PF_OP_CUT	2u	/* path cut: too deep or too long */
#define PF_OP_NO_PATH	4u	/* the inode has no dentry */

/* Sent once, after the hits of one write. */
struct pf_ev_op {
	struct pf_event h;
	__u64 op;
	__u64 began;		/* ts is when it was complete */
	__u64 dev;
	__u64 ino;
	__u64 pos;
	__u64 count;
	struct pf_task writer;
	__u32 hits;		/* records sent or lost for this write */
	__u32 flags;		/* PF_OP_* */
	__u32 path_at;		/* the path is path + path_at, NUL-terminated, and
				 * starts with '/': below the root of the file system */
	__s32 stack_len;	/* bytes in stack; negative: -errno */
	__u64 stack[PF_STACK_DEPTH];	/* kernel addresses, innermost first */
	char path[PF_PATH_LEN];
};
_Static_assert(sizeof(struct pf_ev_op) == 16 + 48 + 32 + 16 + 256 + 512, "pf_ev_op");

/* A range of one connection's stream. */
struct pf_ev_range {
	struct pf_event h;
	__u64 conn;
	__u32 seq;
	__u32 len;
	__u32 why;		/* PF_END_*, 0 in others */
	__u32 pad;
	__u64 fp;		/* of the whole flight in PF_EV_END and PF_EV_SENT; 0: not known, */
				/* in PF_EV_SENT: it changed between the copy and the look */
};
_Static_assert(sizeof(struct pf_ev_range) == 48, "pf_ev_range");

/* Sent once a connection: how the kernel came to send on it. */
struct pf_ev_sender {
	struct pf_event h;
	__u64 conn;
	__s32 stack_len;	/* as in pf_ev_op */
	__u32 pad;
	__u64 stack[PF_STACK_DEPTH];
};
_Static_assert(sizeof(struct pf_ev_sender) == 32 + 256, "pf_ev_sender");

/*
 * Counters. The first group says what was seen: attached = released + aborted
 * + still in flight. The second is loss: any of them non-zero means that
 * something was not seen, and verdicts it touches are weakened.
 */
#define PF_COUNTERS(SEEN, LOSS)							\
	SEEN(attached,	  "pages taken by a socket")				\
	SEEN(attached_bytes, "bytes of them")					\
	SEEN(acked,	  "pages acknowledged")					\
	SEEN(released,	  "pages released: acknowledged, and read if the reader is here") \
	SEEN(aborted,	  "pages dropped by reset, purge or destroy")		\
	SEEN(user_pages,  "pages of user memory among them: no file, not indexed")	\
	SEEN(ignored,	  "pieces ignored: zero page, slab, no page")		\
	SEEN(conns,	  "connections followed")				\
	SEEN(writes,	  "writes to a file with pages in flight")		\
	SEEN(hits,	  "pages in flight touched by a write")			\
	SEEN(resends,	  "retransmissions on followed connections")		\
	SEEN(unseen,	  "changes of pages in flight that no hook saw")		\
	SEEN(filtered,	  "pages excluded by a filter, of whole calls by their bytes")	\
	LOSS(pool_full,	  "pages not followed: no free flight (raise --max-pages)") \
	LOSS(conns_full,  "pages not followed: no free connection (raise --max-conns)") \
	LOSS(socks_full,  "sockets not registered: map full")			\
	LOSS(readers_full, "established sockets not noted: a reader here may pass for one elsewhere") \
	LOSS(writes_full, "writes not followed: map full")			\
	LOSS(events_lost, "records lost: ring buffer full")			\
	LOSS(iter_cut,	  "pages not followed: more pieces in one call than can be walked") \
	LOSS(held_full,	  "connections reset whose packets were not followed out of this host") \
	LOSS(copies_full, "copies out of a tun that were not looked at again: map full") \
	LOSS(walk_cut,	  "flights not looked at: chain too long or changing")	\
	LOSS(range_cut,	  "pages of a huge write not looked up")		\
	LOSS(pop_cut,	  "acknowledgements cut short; the next one goes on")	\
	LOSS(read_failed, "kernel memory could not be read")

#define PF_COUNTER_ENUM(name, text) PF_C_##name,
enum pf_counter {
	PF_COUNTERS(PF_COUNTER_ENUM, PF_COUNTER_ENUM)
	PF_C_MAX
};
#define PF_C_FIRST_LOSS PF_C_pool_full

/*
 * Per CPU, summed by user space. Slot 0 counts lifetimes below one
 * microsecond, slot n those in [2^(n-1), 2^n) us, the last one the rest.
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
	__u32 used;		/* flights followed now */
};
_Static_assert(sizeof(struct pf_gauge) == 16, "pf_gauge");

/* How much the bytes themselves are looked at. */
enum pf_content {
	PF_CONTENT_OFF,		/* hooks alone */
	PF_CONTENT_EDGES,	/* as the socket takes them, around writes, at the end */
	PF_CONTENT_WIRE,	/* and at each transmission */
	PF_CONTENT_MAX
};

/* How user space asks where pages are; the answer is right if fp is. */
struct pf_memmap {
	__u32 tgid;		/* whose file to look at, one page of known bytes */
	__u32 fd;
	__u64 page_offset_at;	/* addresses of the kernel's variables, 0: do not read them */
	__u64 vmemmap_at;
	__u64 fp;		/* of that page */
};
_Static_assert(sizeof(struct pf_memmap) == 32, "pf_memmap");

/* Fixed before load (.rodata), so the verifier knows every bound. */
struct pf_config {
	__u32 flight_mask;	/* a power of two - 1, not below max_flights */
	__u32 max_flights;
	__u32 bucket_mask;	/* buckets - 1, likewise */
	__u32 max_conns;
	__u32 page_shift;
	__u32 struct_page_size;	/* sizeof(struct page) of the running kernel */
	__u32 content;		/* enum pf_content */
	__u32 sample;		/* one page in so many gets a fingerprint; 1 or more */
	__u32 direct;		/* the kernel lets programs read at a number: bpf_rdonly_cast() */
	__u32 pad;
};
_Static_assert(sizeof(struct pf_config) == 40, "pf_config");

#define PF_FILTER_VALUES 16	/* of one option */
#define PF_FILTER_PLACES 1024	/* directories, file systems below them, their devices */

/* An address in network byte order, v4-mapped if IPv4, and which bits of it count. */
struct pf_filter_addr {
	__u64 bits[2];
	__u64 mask[2];
};
_Static_assert(sizeof(struct pf_filter_addr) == 32, "pf_filter_addr");

/* An inode by number: key of the map `places`, value of --inode. */
struct pf_place {
	__u64 dev;		/* s_dev, as in pf_ev_hit */
	__u64 ino;
};
_Static_assert(sizeof(struct pf_place) == 16, "pf_place");

#define PF_PLACE_ANY ((__u64)-1)	/* ino of the entry for a device that has others */

/*
 * What is followed: all kinds that are given must hold, of each any value. Of
 * the kinds without a value the verifier removes the code.
 */
struct pf_filter {
	__u32 by_task;		/* values of pids, comms, cgroups together */
	__u32 by_sock;		/* ... of netns, ports, addrs */
	__u32 by_file;		/* ... of inodes, paths */
	__u32 n_pids;
	__u32 n_comms;
	__u32 n_cgroups;	/* they are in the map `cgroups` */
	__u32 n_netns;
	__u32 n_ports;		/* of either end */
	__u32 n_lports;
	__u32 n_rports;
	__u32 n_addrs;
	__u32 n_inodes;
	__u32 n_paths;		/* they are in the map `places` */
	__u32 pad;
	__u32 pids[PF_FILTER_VALUES];
	__u64 comms[PF_FILTER_VALUES][PF_COMM_LEN / 8];
	__u32 netns[PF_FILTER_VALUES];
	__u16 ports[PF_FILTER_VALUES];
	__u16 lports[PF_FILTER_VALUES];
	__u16 rports[PF_FILTER_VALUES];
	struct pf_filter_addr addrs[PF_FILTER_VALUES];
	struct pf_place inodes[PF_FILTER_VALUES];
};
_Static_assert(sizeof(struct pf_filter) == 56 + PF_FILTER_VALUES * (4 + 16 + 4 + 6 + 32 + 16),
	       "pf_filter");

#endif
