/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * fixture - a test of the BPF side. What it needs is data. What each test has to
 * check at its end is checked by the fixture, so that no test can forget it.
 *
 *	TEST(half_of_it_is_read, .pages = 2, .ends = { COUNT(acked, 2) })
 *	{
 *		flow_sendfile(t->tx, t->file, 0, PAGES(2));
 *		flow_read(t->rx, PAGES(1), 0);
 *		counts_reach(released, 1);
 *	}
 *
 * makes a file of two pages, counts from here, opens a connection and runs the
 * body. Then it closes the connection and checks that no connection and no page
 * is left, that as many pages ended as were attached, that no invocation was
 * missed, that nothing was lost, and that the counters stand as it says.
 */
#ifndef FIXTURE_H
#define FIXTURE_H

#include <linux/bpf.h>
#include "counts.h"
#include "flow.h"
#include "lib/test.h"

#define FIXTURE_FLOWS  40
#define FIXTURE_COUNTS 10

struct count {
	enum pf_counter c;
	counts_t n;
	bool or_more;
	int line;			/* 0: not checked */
};

#define COUNT(name, n)		{ PF_C_##name, n, false, __LINE__ }
#define COUNT_OR_MORE(name, n)	{ PF_C_##name, n, true, __LINE__ }

/* A zero is the default. */
struct plan {
	unsigned int pages;		/* of the file; default: there is none */
	bool named;			/* the file has a name; default: a memfd */
	unsigned int flows;		/* connections, all alike; default: 1 */
	struct flow_opts flow;
	const struct loader_opts *loader;	/* of a loader for this test alone */
	void (*before)(void);		/* called before the connections are opened */
	void (*after)(void);		/* called when they are gone */
	bool skips;			/* the kernel may skip invocations, since there are many at once */
	bool loses;			/* losses are expected: they are for the test to check */
	struct count ends[FIXTURE_COUNTS];	/* how counters stand at the end */
	const char *source;		/* where all this is written */
};

struct fixture {
	const struct plan *plan;
	union {
		struct {
			int tx, rx;	/* of the first connection */
		};
		struct flow flow[FIXTURE_FLOWS];
	};
	int file;
	char path[32];			/* of a file that has a name */
	bool ended;
};

#define TEST(name, ...)								\
	static const struct plan name##_plan = { __VA_ARGS__, .source = __FILE__ };	\
	static void name##_body(struct fixture *t);				\
	static void name(void **state)						\
	{									\
		fixture_run(*state, name##_body);				\
	}									\
	static void name##_body(struct fixture *t)

/* Its row in the table of a program's tests. */
#define RUN(name) { #name, name, fixture_setup, fixture_teardown, (void *)&name##_plan }

int fixture_setup(void **state);
int fixture_teardown(void **state);
#define FIXTURE_VERIFIED 60000	/* instructions that the verifier may follow in one program */

/* What the kernel says of a program. */
struct bpf_prog_info fixture_program(__u32 id);

void fixture_run(const struct plan *plan, void (*body)(struct fixture *t));

/*
 * The end as above. Only for a test that has something to check behind it: for
 * all others it comes when their body is over.
 */
void fixture_end(struct fixture *t);

/* A program's main(): the tests in order; returns how many have failed. */
#define fixture_main(group, tests) \
	fixture_group(group, tests, ARRAY_LEN(tests))
int fixture_group(const char *group, const struct CMUnitTest *tests, size_t n);

#endif
