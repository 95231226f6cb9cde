// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * What a wait makes of what it sees, with a walker whose answers are written down: how many
 * polls a socket holds bytes, and what references there are.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "kernel/walker.h"
#include "now/drain.h"
#include "now/wait.h"
#include "lib/test.h"

#define FOREVER 1000000u

static struct {
	unsigned int held;	/* walks that find a byte */
	unsigned int moves;	/* then this one finds nothing, and the next finds a byte again */
	unsigned int closed;	/* looks at sockets that were reset which find a byte */
	unsigned int refs;	/* looks that find references */
	__u64 unseen;		/* a namespace that nothing leads into */
	unsigned int walks, ref_looks, drains, loaded;
	int fail;
} kernel;

static __u64 nets[2];

int walker_open(struct walker **ret_walker, const struct walker_opts *opts, struct err *ret_err)
{
	static int some;

	(void)ret_err;
	kernel.loaded += !opts->no_sockets;
	*ret_walker = (struct walker *)&some;
	return 0;
}

void walker_close(struct walker *w)
{
	(void)w;
}

int walker_walk(struct walker *w, int netns, walker_batch_fn fn, void *ctx)
{
	static const struct pf_now_piece piece = { .len = 100 };
	static const struct pf_now_sock sock = { .n = 1 };
	const struct walker_batch batch = { .socks = &sock, .n_socks = 1, .pieces = &piece };

	(void)w;
	if (netns >= 0)		/* of another namespace of this host */
		return 0;
	kernel.walks++;
	if (kernel.fail)
		return kernel.fail;
	if (kernel.held) {
		kernel.held--;
		return fn(ctx, &batch);
	}
	if (kernel.moves) {
		kernel.moves--;
		kernel.held = 1;
	}
	return 0;
}

int walker_walk_closed(struct walker *w, walker_batch_fn fn, void *ctx)
{
	static const struct pf_now_sock sock = { .n = 0 };
	const struct walker_batch batch = { .socks = &sock, .n_socks = 1 };

	(void)w;
	if (!kernel.closed)
		return 0;
	kernel.closed--;
	return fn(ctx, &batch);
}

int walker_ask(struct walker *w, const __u64 *mappings, size_t n, __u64 from, __u64 to)
{
	(void)w;
	(void)mappings;
	(void)n;
	assert_true(from < to);
	return 0;
}

void walker_ask_first(struct walker *w, bool first)
{
	(void)w;
	(void)first;
}

int walker_mapping(struct walker *w, int fd, __u64 *ret_mapping)
{
	(void)w;
	*ret_mapping = fd;
	return 0;
}

int walker_nets(struct walker *w, const __u64 **ret_nets, size_t *ret_n, bool *ret_cut)
{
	struct stat st;

	(void)w;
	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	nets[0] = st.st_ino;
	nets[1] = kernel.unseen;
	*ret_nets = nets;
	*ret_n = kernel.unseen ? 2 : 1;
	*ret_cut = false;
	return 0;
}

int walker_refs(struct walker *w, __u64 mapping, __u64 from, __u64 to, bool first,
		struct walker_refs *ret_refs)
{
	(void)w;
	(void)mapping;
	(void)from;
	(void)to;
	(void)first;
	kernel.ref_looks++;
	*ret_refs = (struct walker_refs){ .looked = 1, .held = !!kernel.refs };
	if (kernel.refs && kernel.refs != FOREVER)
		kernel.refs--;
	return 0;
}

void drain_references(__u64 wait_ns)
{
	(void)wait_ns;
	kernel.drains++;
}

static unsigned int said;

static void on_wait(void *ctx, const struct wait_state *state)
{
	(void)ctx;
	(void)state;
	said++;
}

static struct wait_state found;

/* Wait for a file of this size with 200 ms of time, or none. */
static int wait_for(off_t size, bool strict, bool once)
{
	int fd = memfd_create("wait", MFD_CLOEXEC), result;
	const struct wait_opts opts = {
		.fds = &fd, .n = 1, .to = (__u64)-1, .strict = strict, .on_wait = on_wait,
		.timeout_ns = once ? 0 : 200000000,
	};
	struct waiter *waiter;
	struct err err;

	said = 0;
	assert_int_equal(ftruncate(fd, size), 0);
	assert_int_equal(waiter_open(&waiter, false, &err), 0);
	result = wait_until_free(waiter, &opts, &found);
	waiter_close(waiter);
	close(fd);
	return result;
}

static int reset(void **test)
{
	(void)test;
	memset(&kernel, 0, sizeof(kernel));
	return 0;
}

#define SMALL 4096
#define LARGE ((off_t)1 << 40)

/* Without a reference nobody holds a small file: no socket has to be looked at. */
TEST_FN(references_are_proof)
{
	assert_int_equal(wait_for(SMALL, true, true), 0);
	assert_int_equal(kernel.walks, 0);
	assert_int_equal(kernel.loaded, 0);	/* so what walks them is not loaded either */
	assert_int_equal(said, 0);
}

TEST_FN(a_large_file_is_walked_first)
{
	assert_int_equal(wait_for(LARGE, false, true), 0);
	assert_int_equal(kernel.walks, 1);
	assert_int_equal(kernel.ref_looks, 1);
}

TEST_FN(until_the_queues_are_empty)
{
	kernel.refs = FOREVER;
	kernel.held = 4;
	assert_int_equal(wait_for(SMALL, false, false), 0);
	assert_int_equal(said, 1);
	assert_int_equal(found.refs, 1);
	assert_int_equal(kernel.walks, 4 + 2);	/* nothing has to be found twice */
	assert_int_equal(kernel.loaded, 1);
	assert_true(kernel.drains >= 1);
}

/* A byte moved to a socket that was looked at before: the second walk finds it. */
TEST_FN(a_byte_that_moves)
{
	kernel.refs = FOREVER;
	kernel.moves = 1;
	assert_int_equal(wait_for(SMALL, false, false), 0);
	assert_true(kernel.walks >= 4);
	assert_int_equal(said, 1);
}

/* A socket that was reset is in no table, and its reader can still read. */
TEST_FN(a_socket_that_was_reset)
{
	kernel.refs = FOREVER;
	kernel.closed = 3;
	assert_int_equal(wait_for(SMALL, false, false), 0);
	assert_int_equal(kernel.closed, 0);
	assert_int_equal(said, 1);
}

TEST_FN(strictly_for_references)
{
	kernel.refs = FOREVER;
	assert_int_equal(wait_for(SMALL, true, false), -ETIMEDOUT);
	assert_int_equal(said, 1);
	assert_int_equal(found.refs, 1);
	kernel.refs = 7;
	assert_int_equal(wait_for(SMALL, true, false), 0);
	assert_int_equal(found.refs, 0);
}

TEST_FN(what_is_held_at_the_timeout)
{
	kernel.refs = FOREVER;
	kernel.held = FOREVER;
	assert_int_equal(wait_for(LARGE, false, true), -ETIMEDOUT);
	assert_int_equal(found.bytes, 100);
	assert_int_equal(found.socks, 1);
	assert_int_equal(said, 0);
}

/* Where not all can be looked into, empty queues prove nothing, and references still do. */
TEST_FN(a_namespace_that_is_not_seen)
{
	kernel.unseen = 1;
	kernel.refs = FOREVER;
	assert_int_equal(wait_for(SMALL, false, true), -ETIMEDOUT);
	assert_int_equal(found.unseen, 1);
	assert_int_equal(found.unseen_ino, 1);
	kernel.refs = 0;
	assert_int_equal(wait_for(SMALL, false, true), 0);
	assert_int_equal(wait_for(LARGE, false, true), 0);
}

TEST_FN(errors_end_it)
{
	kernel.refs = FOREVER;
	kernel.fail = -ENOMEM;
	assert_int_equal(wait_for(SMALL, false, false), -ENOMEM);
}

#define RUN(test) cmocka_unit_test_setup(test, reset)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(references_are_proof),
		RUN(a_large_file_is_walked_first),
		RUN(until_the_queues_are_empty),
		RUN(a_byte_that_moves),
		RUN(a_socket_that_was_reset),
		RUN(strictly_for_references),
		RUN(what_is_held_at_the_timeout),
		RUN(a_namespace_that_is_not_seen),
		RUN(errors_end_it),
	};

	return cmocka_run_group_tests_name("wait", tests, NULL, NULL);
}
