/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * engine.h - the engine with a record of what it reported, for tests that play
 * records to it. What a test does not say of a record is as it usually is: a
 * page at offset 0 of the file, on connection 1, of which nothing was sent.
 */
#ifndef PAGEFLIGHT_TEST_ENGINE_H
#define PAGEFLIGHT_TEST_ENGINE_H

#include "lib/test.h"
#include "pageflight.h"

#define MS 1000000ull
#define K *1024u
#define PAGE 4096u
#define MAX_SEEN 64
#define MAX_RANGES 16

/* File offset 0 is stream offset STREAM and sequence number SEQ. */
#define SEQ 5000u
#define STREAM 1000u

struct fixture {
	struct pf_engine *engine;
	struct pf_totals totals;
	size_t n;
	struct pf_incident seen[MAX_SEEN];
	struct pf_range ranges[MAX_SEEN][MAX_RANGES];
	char evidence[MAX_SEEN][PF_EVIDENCE_LEN];	/* of the first range */
};

/* A test with an engine of its own: f. */
#define ENGINE_TEST(name)							\
	static void name##_body(struct fixture *f);				\
	static void name(void **state)						\
	{									\
		name##_body(*state);						\
	}									\
	static void name##_body(struct fixture *f)

/* Its row in the table of a program's tests. */
#define RUN(name) cmocka_unit_test_setup_teardown(name, engine_set_up, engine_tear_down)

int engine_set_up(void **state);
int engine_tear_down(void **state);

/* Begin again with another cap; 0: the default. */
void engine_restart(struct fixture *f, size_t max_waiting);

/* Fingerprints. TOOK is that of what the socket took. */
enum { TOOK = 7, FIRST, SECOND, THIRD };

/* File offsets: up to where somebody was when the write began, and when it was complete. */
struct up_to {
	bool known;
	__u32 before, after;
};

#define UP_TO(before, after) { true, before, after }

struct hit_args {
	__u64 op;
	__u64 conn;		/* default: 1 */
	__u32 off, len;		/* of the flight; default length: a page */
	__u32 sent;		/* bytes of the stream that were transmitted */
	__u64 pos, count;	/* of the write; default count: everything */
	__u64 was, is;		/* fingerprints before and after the write; default: none */
	struct up_to copied;	/* each copy by a device is seen: so far */
	struct up_to read;	/* the reader is here, and has read so far */
};

/* Of a write that a hook saw. */
#define HIT(...) engine_hit(&(const struct hit_args){ __VA_ARGS__ })
struct pf_ev_hit engine_hit(const struct hit_args *args);

/* Of the fault in front of a store, and of a store that fingerprints found. */
#define FAULT(...) engine_fault(&(const struct hit_args){ __VA_ARGS__ })
#define FOUND(...) engine_found(&(const struct hit_args){ __VA_ARGS__ })
struct pf_ev_hit engine_fault(const struct hit_args *args);
struct pf_ev_hit engine_found(const struct hit_args *args);

struct range_args {
	__u64 conn;		/* default: 1 */
	__u32 off, len;		/* default length: a page */
	__u32 seq;		/* in place of the offset */
	__u32 why;		/* it ended */
	__u64 fp;
};

void give_hit(struct fixture *f, struct pf_ev_hit hit);
void give_op(struct fixture *f, __u64 op, __u32 hits);

/* The kernel side lost a record, and its counter says so. */
void give_loss(struct fixture *f);

/* A range was copied by a device, was retransmitted, has ended. */
#define give_sent(f, ...)   engine_range(f, PF_EV_SENT, &(const struct range_args){ __VA_ARGS__ })
#define give_resend(f, ...) engine_range(f, PF_EV_RESEND, &(const struct range_args){ __VA_ARGS__ })
#define give_end(f, ...)    engine_range(f, PF_EV_END, &(const struct range_args){ __VA_ARGS__ })
/* From now on the kernel side does not tell of all of a connection. */
#define give_cut(f, ...)    engine_range(f, PF_EV_CUT, &(const struct range_args){ __VA_ARGS__ })
void engine_range(struct fixture *f, __u32 type, const struct range_args *args);

/* An incident as its ranges make it: what is said of the whole follows from them. */
struct expected_range {
	__u64 off, len;		/* of the file */
	enum pf_verdict verdict;
	enum pf_reason reason;
	enum pf_phase phase;
};

#define RANGE(off, len, verdict, reason, phase) \
	{ off, len, PF_VERDICT_##verdict, PF_REASON_##reason, PF_PHASE_##phase }

#define expect_incident(f, i, ...)						\
	engine_expect(f, i, (const struct expected_range[]){ __VA_ARGS__ },	\
		      sizeof((const struct expected_range[]){ __VA_ARGS__ }) /	\
		      sizeof(struct expected_range), __FILE__, __LINE__)
void engine_expect(const struct fixture *f, size_t i, const struct expected_range *ranges,
		   size_t n, const char *file, int line);

#endif
