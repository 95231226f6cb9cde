// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_now - the walk through the queues of sockets, and waiting for them, as a program in
 * C does it. Rounds of wait-then-overwrite are right each time, and without wait wrong.
 *
 * PF_ROUNDS: how many rounds.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "flow.h"
#include "kernel/walker.h"
#include "lib/say.h"
#include "lib/test.h"
#include "now/hold.h"
#include "pageflight_now.h"

#define FLOWS 40
#define FLOW_PAGES 8
#define ROUND_PAGES 16
#define ROUNDS 50

static struct pf_now *now;

static int open_all(void **state)
{
	(void)state;
	return pf_now_open(&now);
}

static int close_all(void **state)
{
	(void)state;
	pf_now_close(now);
	return 0;
}

struct counted {
	struct hold hold;
	unsigned int batches;
};

static int count_batch(void *ctx, const struct walker_batch *batch)
{
	struct counted *counted = ctx;

	counted->batches++;
	return hold_add(&counted->hold, batch);
}

/* All pages are in queues, once each, however little room there is for records. */
static void walk_with_room(unsigned int room, unsigned int batches)
{
	const struct walker_opts opts = { .room = room };
	struct flow flow[FLOWS];
	struct counted counted = { 0 };
	struct hold_files files;
	int file = flow_file(PAGES(FLOW_PAGES));
	struct walker *w;
	struct err err;
	__u64 mapping;

	for (int i = 0; i < FLOWS; i++) {
		flow_open(&flow[i], &(struct flow_opts){ 0 });
		/* Every other page, so that none goes on where the one before ends. */
		for (int page = 0; page < FLOW_PAGES; page += 2)
			flow_sendfile(flow[i].tx, file, PAGES(page), PAGES(1));
		flow_wait_acked(flow[i].tx);
	}
	must(!walker_open(&w, &opts, &err), "%s", err.text);
	assert_int_equal(walker_mapping(w, file, &mapping), 0);
	assert_int_equal(walker_ask(w, &mapping, 1, 0, (__u64)-1), 0);
	assert_int_equal(walker_walk(w, -1, count_batch, &counted), 0);
	assert_int_equal(counted.hold.n_socks, FLOWS);
	hold_settle(&counted.hold);
	assert_int_equal(counted.hold.n_socks, FLOWS);
	assert_int_equal(counted.hold.n_pieces, FLOWS * FLOW_PAGES / 2);
	assert_int_equal(walker_said(w)->cut, 0);
	assert_true(counted.batches >= batches);
	assert_int_equal(hold_by_file(&counted.hold, &files), 0);
	assert_int_equal(files.n, 1);
	assert_int_equal(hold_total(files.at[0].bytes), FLOWS * PAGES(FLOW_PAGES / 2));
	hold_files_free(&files);
	hold_free(&counted.hold);
	walker_close(w);
	for (int i = 0; i < FLOWS; i++)
		flow_close(&flow[i]);
	close(file);
}

TEST_FN(walk_with_much_room)
{
	walk_with_room(0, 1);
}

TEST_FN(walk_with_little_room)
{
	walk_with_room(5, FLOWS);
}

/* A socket that holds more pieces than there is room for is cut, and says so. */
TEST_FN(walk_without_room)
{
	const struct walker_opts opts = { .room = 2 };
	struct counted counted = { 0 };
	int file = flow_file(PAGES(FLOW_PAGES));
	struct walker *w;
	struct flow flow;
	struct err err;
	__u64 mapping;

	flow_open(&flow, &(struct flow_opts){ 0 });
	for (int page = 0; page < FLOW_PAGES; page += 2)
		flow_sendfile(flow.tx, file, PAGES(page), PAGES(1));
	flow_wait_acked(flow.tx);
	must(!walker_open(&w, &opts, &err), "%s", err.text);
	assert_int_equal(walker_mapping(w, file, &mapping), 0);
	assert_int_equal(walker_ask(w, &mapping, 1, 0, (__u64)-1), 0);
	assert_int_equal(walker_walk(w, -1, count_batch, &counted), 0);
	assert_int_equal(counted.hold.n_socks, 1);
	assert_int_equal(counted.hold.n_pieces, 2);
	assert_true(counted.hold.socks[0].flags & PF_NOW_CUT);
	assert_int_equal(walker_said(w)->cut, 1);
	hold_free(&counted.hold);
	walker_close(w);
	flow_close(&flow);
	close(file);
}

TEST_FN(free_at_once)
{
	int file = flow_file(PAGES(4));

	assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 0), 0);
	assert_int_equal(pf_now_wait(now, file, 0, 0, PF_NOW_STRICT, 0), 0);
	close(file);
}

TEST_FN(only_the_range)
{
	int file = flow_file(PAGES(8));
	struct flow flow;

	flow_open(&flow, &(struct flow_opts){ 0 });
	flow_sendfile(flow.tx, file, PAGES(2) + 100, 200);
	flow_wait_acked(flow.tx);
	assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 0), -ETIMEDOUT);
	assert_int_equal(pf_now_wait(now, file, PAGES(2) + 299, 1, 0, 0), -ETIMEDOUT);
	assert_int_equal(pf_now_wait(now, file, PAGES(2) + 300, 1, 0, 0), 0);
	assert_int_equal(pf_now_wait(now, file, PAGES(2) + 99, 1, 0, 0), 0);
	/* A reference is to a page. */
	assert_int_equal(pf_now_wait(now, file, PAGES(2) + 300, 1, PF_NOW_STRICT, 0), -ETIMEDOUT);
	assert_int_equal(pf_now_wait(now, file, PAGES(3), 0, PF_NOW_STRICT, 0), 0);
	flow_read(flow.rx, 200, -1);
	assert_int_equal(pf_now_wait(now, file, 0, 0, PF_NOW_STRICT, 10000), 0);
	flow_close(&flow);
	close(file);
}

/* A connection that was reset has no socket in the kernel's tables, but a reader. */
TEST_FN(after_a_reset)
{
	int file = flow_file(PAGES(4));
	struct flow flow;

	flow_open(&flow, &(struct flow_opts){ 0 });
	flow_sendfile(flow.tx, file, 0, PAGES(4));
	flow_wait_acked(flow.tx);
	flow_reset(&flow.tx);
	assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 0), -ETIMEDOUT);
	flow_read(flow.rx, PAGES(4), 0);
	assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 10000), 0);
	flow_close(&flow);
	close(file);
}

/* A pipe is no socket. Who waits strictly waits for it as well. */
TEST_FN(a_pipe_holds_it)
{
	int file = flow_file(PAGES(4)), pipes[2];
	char bytes[PAGES(1)];
	off_t at = 0;

	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(splice(file, &at, pipes[1], NULL, PAGES(1), 0), PAGES(1));
	assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 0), 0);
	assert_int_equal(pf_now_wait(now, file, 0, 0, PF_NOW_STRICT, 300), -ETIMEDOUT);
	assert_int_equal(read(pipes[0], bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(pf_now_wait(now, file, 0, 0, PF_NOW_STRICT, 10000), 0);
	close(pipes[0]);
	close(pipes[1]);
	close(file);
}

TEST_FN(what_makes_no_sense)
{
	int dir = open("/tmp", O_RDONLY | O_DIRECTORY);

	assert_int_equal(pf_now_wait(now, -1, 0, 0, 0, 0), -EBADF);
	assert_int_equal(pf_now_wait(now, dir, 0, 0, 0, 0), -EISDIR);
	assert_int_equal(pf_now_wait(now, dir, 0, 0, 128, 0), -EINVAL);
	close(dir);
}

/* A round: the reader takes the bytes when it likes, and the writer overwrites them. */
struct round {
	struct flow flow;
	unsigned char got[PAGES(ROUND_PAGES)];
	int go;			/* the reader may read */
	__u64 read_ns;		/* when it had the last byte */
};

static void *read_in_parts(void *arg)
{
	struct round *round = arg;
	size_t have = 0;
	__u64 any;

	must(read(round->go, &any, sizeof(any)) == sizeof(any), "go");
	while (have < sizeof(round->got)) {
		ssize_t n = read(round->flow.rx, round->got + have, sizeof(round->got) - have > 5000 ?
				 5000 : sizeof(round->got) - have);

		must(n > 0, "read");
		have += n;
	}
	round->read_ns = clock_mono_ns();
	return NULL;
}

/* 0 if the reader got what was sent. *ret_late: how long after the last byte the wait ended. */
static int play(struct round *round, bool wait, __u64 *ret_late)
{
	int file = flow_file(sizeof(round->got)), wrong = 0;
	static unsigned char other[sizeof(round->got)];
	pthread_t reader;
	__u64 one = 1, ended;

	memset(other, '#', sizeof(other));
	flow_open(&round->flow, &(struct flow_opts){ .rcvbuf = 1 << 20 });
	round->go = eventfd(0, EFD_CLOEXEC);
	must(!pthread_create(&reader, NULL, read_in_parts, round), "pthread_create");
	flow_sendfile(round->flow.tx, file, 0, sizeof(round->got));
	if (wait) {
		assert_int_equal(write(round->go, &one, sizeof(one)), sizeof(one));
		assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 60000), 0);
	}
	ended = clock_mono_ns();
	assert_int_equal(pwrite(file, other, sizeof(other), 0), sizeof(other));
	if (!wait)
		assert_int_equal(write(round->go, &one, sizeof(one)), sizeof(one));
	pthread_join(reader, NULL);
	for (size_t i = 0; i < sizeof(round->got); i++)
		wrong |= round->got[i] != flow_byte(i);
	*ret_late = ended > round->read_ns ? ended - round->read_ns : 0;
	close(round->go);
	flow_close(&round->flow);
	close(file);
	return wrong;
}

static unsigned int rounds(void)
{
	const char *text = getenv("PF_ROUNDS");

	return text ? strtoul(text, NULL, 10) : ROUNDS;
}

TEST_FN(rounds_with_wait_are_right)
{
	static struct round round;
	__u64 late, worst = 0;

	for (unsigned int i = 0; i < rounds(); i++) {
		assert_int_equal(play(&round, true, &late), 0);
		worst = late > worst ? late : worst;
	}
	printf("# %u rounds, a wait ended %.1f ms after the last byte at most\n", rounds(),
	       worst / 1e6);
}

TEST_FN(rounds_without_wait_are_wrong)
{
	static struct round round;
	__u64 late;

	for (unsigned int i = 0; i < rounds(); i++)
		assert_int_equal(play(&round, false, &late), 1);
}

/* A wait goes on while one byte is left, and ends when it is read. */
TEST_FN(the_last_byte)
{
	int file = flow_file(PAGES(4));
	struct flow flow;

	flow_open(&flow, &(struct flow_opts){ 0 });
	flow_sendfile(flow.tx, file, 0, PAGES(4));
	flow_wait_acked(flow.tx);
	flow_read(flow.rx, PAGES(4) - 1, 0);
	assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 200), -ETIMEDOUT);
	flow_read(flow.rx, 1, PAGES(4) - 1);
	assert_int_equal(pf_now_wait(now, file, 0, 0, 0, 10000), 0);
	flow_close(&flow);
	close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walk_with_much_room),
		cmocka_unit_test(walk_with_little_room),
		cmocka_unit_test(walk_without_room),
		cmocka_unit_test(free_at_once),
		cmocka_unit_test(only_the_range),
		cmocka_unit_test(after_a_reset),
		cmocka_unit_test(a_pipe_holds_it),
		cmocka_unit_test(what_makes_no_sense),
		cmocka_unit_test(the_last_byte),
		cmocka_unit_test(rounds_with_wait_are_right),
		cmocka_unit_test(rounds_without_wait_are_wrong),
	};

	return cmocka_run_group_tests_name("now", tests, open_all, close_all);
}
