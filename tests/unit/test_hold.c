// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What sockets hold, from batches of the walk to sums by file and by socket. */
#include <string.h>

#include "now/hold.h"
#include "lib/test.h"

#define FILE_PIECE(number, at, bytes, in)						\
	{ .file = (number), .off = (at), .len = (bytes), .queue = (in), .kind = PF_NOW_FILE }

static struct pf_now_sock sock(__u64 sk, __u32 first, __u32 n, __u16 lport, __u16 rport)
{
	return (struct pf_now_sock){
		.sk = sk, .first = first, .n = n, .tuple = { .lport = lport, .rport = rport },
	};
}

static void add(struct hold *hold, const struct pf_now_sock *socks, size_t n_socks,
		const struct pf_now_piece *pieces)
{
	const struct walker_batch batch = { .socks = socks, .n_socks = n_socks, .pieces = pieces };

	assert_int_equal(hold_add(hold, &batch), 0);
}

/* A sender and its reader hold file 1, and somebody else file 2 and user memory. */
static void fill(struct hold *hold)
{
	const struct pf_now_piece pieces[] = {
		FILE_PIECE(1, 4096, 100, PF_NOW_UNSENT), FILE_PIECE(1, 96, 4000, PF_NOW_UNACKED),
		FILE_PIECE(1, 0, 96, PF_NOW_UNREAD),
	};
	const struct pf_now_piece more[] = {
		FILE_PIECE(2, 0, 10000, PF_NOW_EARLY), FILE_PIECE(1, 50, 1, PF_NOW_UNSENT),
		{ .len = 7, .queue = PF_NOW_UNSENT, .kind = PF_NOW_USER },
	};
	const struct pf_now_sock socks[] = { sock(30, 0, 2, 80, 1000), sock(20, 2, 1, 1000, 80) };
	const struct pf_now_sock other[] = { sock(10, 0, 3, 80, 2000) };

	add(hold, socks, 2, pieces);
	add(hold, other, 1, more);
	hold_settle(hold);
}

TEST_FN(sums_by_file)
{
	struct hold hold = { 0 };
	struct hold_files files;

	fill(&hold);
	assert_int_equal(hold_by_file(&hold, &files), 0);
	assert_int_equal(files.n, 3);
	assert_int_equal(files.at[0].file, 2);
	assert_int_equal(files.at[0].bytes[PF_NOW_EARLY], 10000);
	assert_int_equal(files.at[0].socks, 1);

	assert_int_equal(files.at[1].file, 1);
	assert_int_equal(files.at[1].bytes[PF_NOW_UNSENT], 101);
	assert_int_equal(files.at[1].bytes[PF_NOW_UNACKED], 4000);
	assert_int_equal(files.at[1].bytes[PF_NOW_UNREAD], 96);
	assert_int_equal(hold_total(files.at[1].bytes), 4197);
	assert_int_equal(files.at[1].socks, 3);
	assert_int_equal(files.at[1].from, 0);
	assert_int_equal(files.at[1].to, 4196);

	assert_int_equal(files.at[2].kind, PF_NOW_USER);
	assert_int_equal(hold_total(files.at[2].bytes), 7);
	hold_files_free(&files);
	hold_free(&hold);
}

/* Two ends of one connection are one connection. */
TEST_FN(connections_of_a_file)
{
	struct hold hold = { 0 };
	struct hold_files files;

	fill(&hold);
	assert_int_equal(hold_by_file(&hold, &files), 0);
	assert_int_equal(hold_connections(&hold, &files, &files.at[0]), 1);
	assert_int_equal(hold_connections(&hold, &files, &files.at[1]), 2);
	hold_files_free(&files);
	hold_free(&hold);
}

TEST_FN(sockets_of_a_file)
{
	struct hold hold = { 0 };
	struct hold_files files;
	__u64 sum = 0;

	fill(&hold);
	assert_int_equal(hold_by_file(&hold, &files), 0);
	for (size_t i = 0; i < files.at[1].socks; i++)
		sum += hold.socks[files.socks[files.at[1].first + i]].sk;
	assert_int_equal(sum, 60);
	assert_int_equal(hold.socks[files.socks[files.at[2].first]].sk, 10);
	hold_files_free(&files);
	hold_free(&hold);
}

TEST_FN(bytes_of_a_socket)
{
	struct hold hold = { 0 };
	__u64 bytes[PF_NOW_QUEUES];

	fill(&hold);
	assert_int_equal(hold.socks[0].sk, 10);
	hold_of_sock(&hold, &hold.socks[0], bytes);
	assert_int_equal(bytes[PF_NOW_UNSENT], 8);
	assert_int_equal(bytes[PF_NOW_UNACKED], 0);
	assert_int_equal(bytes[PF_NOW_EARLY], 10000);
	hold_free(&hold);
}

/* A socket that was shown twice counts as it was shown last. */
TEST_FN(shown_twice)
{
	const struct pf_now_piece pieces[] = {
		FILE_PIECE(1, 0, 5, PF_NOW_UNSENT), FILE_PIECE(1, 0, 3, PF_NOW_UNSENT),
		FILE_PIECE(1, 0, 2, PF_NOW_UNSENT),
	};
	const struct pf_now_sock first[] = { sock(9, 0, 1, 1, 2), sock(8, 1, 1, 3, 4) };
	const struct pf_now_sock again[] = { sock(9, 2, 1, 1, 2) };
	struct hold hold = { 0 };
	struct hold_files files;

	add(&hold, first, 2, pieces);
	add(&hold, again, 1, pieces);
	hold_settle(&hold);
	assert_int_equal(hold.n_socks, 2);
	assert_int_equal(hold_by_file(&hold, &files), 0);
	assert_int_equal(hold_total(files.at[0].bytes), 5);
	hold_files_free(&files);
	hold_free(&hold);
}

TEST_FN(nothing)
{
	struct hold hold = { 0 };
	struct hold_files files;

	hold_settle(&hold);
	assert_int_equal(hold_by_file(&hold, &files), 0);
	assert_int_equal(files.n, 0);
	hold_files_free(&files);
	hold_free(&hold);
}

/* Room grows, and what is there stays. */
TEST_FN(many_batches)
{
	struct hold hold = { 0 };
	struct hold_files files;

	for (__u32 i = 0; i < 1000; i++) {
		const struct pf_now_piece piece = FILE_PIECE(1 + i % 3, i, 1, i % PF_NOW_QUEUES);
		const struct pf_now_sock one = sock(i + 1, 0, 1, i, 7);

		add(&hold, &one, 1, &piece);
	}
	hold_settle(&hold);
	assert_int_equal(hold_by_file(&hold, &files), 0);
	assert_int_equal(files.n, 3);
	assert_int_equal(files.at[0].socks, 334);
	assert_int_equal(files.at[0].file, 1);
	assert_int_equal(files.at[0].to, 1000);
	hold_files_free(&files);
	hold_free(&hold);
}

TEST_FN(names)
{
	assert_string_equal(hold_queue_name(PF_NOW_EARLY), "out-of-order");
	assert_string_equal(hold_queue_name(99), "unknown");
	assert_string_equal(hold_state_name(4), "FIN_WAIT1");
	assert_string_equal(hold_state_name(9), "LAST_ACK");
	assert_string_equal(hold_state_name(77), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_by_file),
		cmocka_unit_test(connections_of_a_file),
		cmocka_unit_test(sockets_of_a_file),
		cmocka_unit_test(bytes_of_a_socket),
		cmocka_unit_test(shown_twice),
		cmocka_unit_test(nothing),
		cmocka_unit_test(many_batches),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("hold", tests, NULL, NULL);
}
