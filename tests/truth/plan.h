/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * plan - everything that one flow is going to do, drawn from a seed: flow n of
 * seed S is the same on every kernel. Pure; flow.c carries it out.
 *
 * A flow closes gates, which hold the network back, and sends pieces (chunks) of
 * one file over one connection. It changes the file (writes), and opens the gates.
 * All of that is a list of steps.
 */
#ifndef TRUTH_PLAN_H
#define TRUTH_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#define PLAN_PAGE 4096u
#define PLAN_FILE (96 * PLAN_PAGE)	/* size of the file */
#define PLAN_CHUNKS 3
#define PLAN_WRITES 4
#define PLAN_PIECES 4			/* system calls of one write */
#define PLAN_STEPS 64
#define PLAN_STREAM (PLAN_CHUNKS * 64 * PLAN_PAGE + 4096)	/* most a flow can send */
#define PLAN_PORT 10000			/* a flow sends from port PLAN_PORT + its place */
#define PLAN_FLOWS 50000

enum net {
	NET_LO,
	NET_VETH,
	NET_TUN,
	NET_CARD,		/* to another machine, by tests/card; in a run of its own */
	NET_MAX
};
enum fs { FS_EXT4, FS_XFS, FS_TMPFS, FS_MAX };
enum sender { SENDER_SENDFILE, SENDER_SPLICE, SENDER_VMSPLICE, SENDER_ZEROCOPY, SENDER_MAX };

enum writer {
	WRITER_NONE,
	WRITER_WRITE,
	WRITER_PIECES,		/* pwrite in several pieces */
	WRITER_MMAP_DIRTY,	/* stores to pages that are writable and dirty already */
	WRITER_MMAP_CLEAN,	/* stores to pages that have to be faulted writable */
	WRITER_VM,		/* process_vm_writev into a mapping */
	WRITER_DMA,		/* O_DIRECT read of another file into a mapping */
	WRITER_TRUNCATE,
	WRITER_PUNCH,
	WRITER_DIRECT,
	WRITER_IDENTICAL,
	WRITER_RESTORE,		/* write of the first version */
	WRITER_REPLACE,		/* truncate to nothing, and all of the file written new */
	WRITER_BUFFER,		/* stores to the private buffer of a zerocopy sender */
	WRITER_MAX
};

/* When a card reads the bytes of a packet: this long after it took the packet. */
enum late { LATE_NOT, LATE_3_MS, LATE_30_MS, LATE_150_MS, LATE_HALVES, LATE_MAX };

/* What happens to packets by themselves, beside what the gates do. */
enum weather {
	WEATHER_CALM,
	WEATHER_LOSS,		/* some data and some acknowledgements are lost */
	WEATHER_STORM,		/* much data is lost */
	WEATHER_DEAF,		/* many acknowledgements are lost */
	WEATHER_JITTER,		/* data is delayed, and so reordered */
	WEATHER_HOLES,		/* now and then all data is lost for a while */
	WEATHER_MAX
};

/* What a flow is about: where its bytes are when they are changed. */
enum moment {
	MOMENT_WINDOW,		/* unsent: the reader's window is closed */
	MOMENT_CORK,		/* the last segment unsent: the socket is corked */
	MOMENT_CWND,		/* unsent: no acknowledgement gets through */
	MOMENT_QDISC,		/* in a queue of this host */
	MOMENT_RING,		/* in the ring of the device */
	MOMENT_WIRE,		/* under way to the reader */
	MOMENT_LOST,		/* dropped, before they are sent again */
	MOMENT_SPURIOUS,	/* arrived, and sent again nevertheless */
	MOMENT_REQDISC,		/* sent again, and in a queue of this host */
	MOMENT_RERING,		/* sent again, and in the ring of the device */
	MOMENT_ACKED,		/* acknowledged, not read */
	MOMENT_HALF,		/* acknowledged, half of them read */
	MOMENT_DONE,		/* read */
	MOMENT_RACE,		/* while they are being sent and read */
	MOMENT_CLOSED,		/* anywhere, and the sender has closed its socket */
	MOMENT_RESET,		/* anywhere, and the sender has reset the connection */
	MOMENT_WALK,		/* any of it, in any order */
	MOMENT_QUIT,		/* anywhere, and the reader has reset the connection */
	MOMENT_MAX
};

/* A step that waits has a deadline. If it passes, the flow has failed. */
enum step_op {
	STEP_SEND,		/* chunk a */
	STEP_WRITE,		/* write a */
	STEP_WRITE_START,	/* the same, without waiting for its end */
	STEP_WRITE_JOIN,
	STEP_READ,		/* up to a bytes of what was sent */
	STEP_PLUG,		/* gate: the sender's queueing discipline */
	STEP_UNPLUG,
	STEP_PAUSE,		/* gate: the relay takes nothing from the sender's device */
	STEP_RESUME,
	STEP_HOLD,		/* gate: the relay keeps data */
	STEP_RELEASE,		/* a: enum order */
	STEP_DROP,		/* gate: the relay drops stream bytes a .. b */
	STEP_UNDROP,		/* a: deliver the first copy that it dropped */
	STEP_ACKHOLD,		/* gate: the relay keeps what the reader's host answers */
	STEP_ACKPASS,
	STEP_CORK,
	STEP_UNCORK,
	STEP_CLOSE,		/* the sender closes */
	STEP_RESET,		/* the same, with a reset */
	STEP_QUIT,		/* the reader closes with a reset */
	STEP_MARK,		/* count retransmissions from here */
	STEP_WAIT_OUT,		/* all the sender has transmitted is known to the relay */
	STEP_WAIT_BLOCKED,	/* nothing unacknowledged, and nothing more may be sent */
	STEP_WAIT_ACKED,
	STEP_WAIT_RESENT,	/* the relay has seen a retransmission */
	STEP_WAIT_RETRANS,	/* the sender has retransmitted */
	STEP_MAX
};

enum order { ORDER_SAME, ORDER_REVERSE, ORDER_SHUFFLE, ORDER_TWICE, ORDER_DISCARD, ORDER_MAX };

struct plan_step {
	enum step_op op;
	uint32_t a, b;
};

struct plan_range {
	uint32_t off, len;	/* of the file */
};

struct plan_write {
	enum writer how;
	struct plan_range range;	/* spans the pieces; truncate: off is the new size */
	struct plan_range piece[PLAN_PIECES];
	unsigned int n_pieces;
};

struct plan {
	uint64_t seed;		/* of the run */
	uint32_t n;		/* of the flow */
	uint32_t place;		/* in the run: n, unless one flow is run many times */
	enum net net;
	enum fs fs;
	enum sender sender;
	enum moment moment;
	bool small_window;
	bool eager;		/* retransmission timer of 20 ms instead of one that never fires */
	bool tail_probe;
	bool one_segment;	/* no super-packets: each segment is an skb of its own */
	bool reset;		/* the sender's end is closed with a reset */
	bool no_route;		/* the sender's socket has none when it takes its first page */
	enum late late;		/* these four of a card alone */
	enum weather weather;
	uint32_t read_piece, read_pause_us;
	unsigned int offload;	/* of tun: 0 none, 1 checksums, 2 and segmentation */
	unsigned int clean;	/* 0 dirty pages, 1 written back, 2 read again from disk */
	uint32_t mss;
	uint32_t header;	/* bytes sent by copy, first */
	unsigned int n_chunks;
	struct plan_range chunk[PLAN_CHUNKS];
	unsigned int n_writes;
	struct plan_write write[PLAN_WRITES];
	unsigned int n_steps;
	struct plan_step step[PLAN_STEPS];
};

/* only: this network, or NET_MAX for any of those that need no other machine. */
void plan_make(struct plan *p, uint64_t seed, uint32_t n, enum net only);

/* Packets go by the gates, and the reader's host is not seen from the sender's. */
bool net_is_gated(enum net net);

/* The writer stores to memory: no system call names the file. It changes whole pages. */
bool writer_stores(enum writer how);

/* The names of all these. */
extern const char *const net_names[];
extern const char *const fs_names[];
extern const char *const sender_names[];
extern const char *const writer_names[];
extern const char *const moment_names[];
extern const char *const late_names[];
extern const char *const weather_names[];
extern const char *const step_names[];

/* The flow in one line of words. */
void plan_words(const struct plan *p, char *text, unsigned int size);

/* Pseudo-random numbers: splitmix64. */
struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *r);
uint32_t rng_below(struct rng *r, uint32_t n);		/* 0 .. n - 1 */
bool rng_one_in(struct rng *r, uint32_t n);

/* script.c: the steps of a plan whose other fields are set. */
void script_make(struct plan *p, struct rng *r);

/* Bytes of the stream that the plan sends. */
uint32_t plan_stream(const struct plan *p);

#endif
