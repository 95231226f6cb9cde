// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_worst - what top shows: the worst connections and files, and their exact figures. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "base/err.h"
#include "fixture.h"
#include "kernel/worst.h"
#include "lib/say.h"

static struct worst *worst;

static void open_worst(void)
{
	struct err err;

	must(!worst_open(&worst, counts_loader(), &err), "%s", err.text);
}

static void close_worst(void)
{
	worst_close(worst);
	worst = NULL;
}

static struct worst_found look(enum pf_top_sort sort)
{
	struct worst_found found;

	assert_int_equal(worst_look(worst, sort, &found), 0);
	return found;
}

static __u64 bytes(const struct pf_top_conn *row)
{
	return row->unsent + row->unacked + row->unread;
}

static const struct pf_top_conn *row_of(const struct worst_found *found, __u64 held)
{
	for (__u32 i = 0; i < found->said->n_conns; i++)
		if (bytes(&found->conns[i]) == held)
			return &found->conns[i];
	fail_msg("no row has %llu bytes", held);
	return NULL;
}

TEST(what_a_connection_holds, .pages = 4, .named = true, .before = open_worst, .after = close_worst)
{
	struct worst_found found;
	char name[64];

	flow_sendfile(t->tx, t->file, 0, PAGES(4));
	flow_wait_acked(t->tx);
	flow_read(t->rx, PAGES(1), 0);
	counts_flying(3);
	found = look(PF_TOP_BYTES);
	assert_int_equal(found.said->conns, 1);
	assert_int_equal(found.said->pages, 3);
	assert_int_equal(found.said->bytes, PAGES(3));
	assert_int_equal(found.said->cut, 0);
	assert_int_equal(found.said->files_full, 0);
	assert_int_equal(found.said->n_conns, 1);
	assert_int_equal(found.conns[0].pages, 3);
	assert_int_equal(found.conns[0].unread, PAGES(3));
	assert_int_equal(found.conns[0].unacked, 0);
	assert_int_equal(found.conns[0].unsent, 0);
	assert_int_equal(found.conns[0].sender.pid, getpid());
	assert_string_equal(found.conns[0].sender.comm, "test_worst");
	assert_int_equal(found.said->n_files, 1);
	assert_int_equal(found.files[0].pages, 3);
	assert_int_equal(found.files[0].bytes, PAGES(3));
	assert_int_equal(found.files[0].conns, 1);
	assert_int_equal(found.files[0].oldest, found.conns[0].oldest);
	snprintf(name, sizeof(name), "%s", strrchr(t->path, '/'));
	assert_string_equal(found.names[0].path + found.names[0].path_at, name);
	flow_read(t->rx, PAGES(3), PAGES(1));
	counts_flying(0);
	found = look(PF_TOP_BYTES);
	assert_int_equal(found.said->conns, 0);
	assert_int_equal(found.said->n_conns, 0);
	assert_int_equal(found.said->n_files, 0);
}

/* The reader's buffer is small, so that most of it is not sent. */
TEST(what_was_not_sent, .pages = 64, .flow = { .rcvbuf = 4096 }, .before = open_worst, .after = close_worst)
{
	const struct pf_top_conn *row;
	struct worst_found found;

	flow_sendfile(t->tx, t->file, 0, PAGES(64));
	found = look(PF_TOP_UNSENT);
	row = row_of(&found, PAGES(64));
	assert_in_range(row->unsent, PAGES(32), PAGES(64));
	assert_int_equal(row->unsent + row->unacked + row->unread, PAGES(64));
	flow_read(t->rx, PAGES(64), 0);
	counts_flying(0);
}

#define MANY 40

/* There are more connections than rows, and each has another number of pages. */
static void many_rows(const struct fixture *first)
{
	struct flow more[MANY];
	struct worst_found found;
	__u64 all = 0;

	for (int i = 0; i < MANY; i++) {
		flow_sendfile(first->flow[i].tx, first->file, 0, PAGES(i + 1));
		flow_open(&more[i], &(struct flow_opts){ 0 });
		flow_sendfile(more[i].tx, first->file, 0, PAGES(MANY + i + 1));
		all += 2 * i + 2 + MANY;
	}
	/* A page that is cut in two, by the end of a packet, counts twice. */
	assert_true(counts_get(PF_C_attached) >= all);
	all = counts_get(PF_C_attached);
	counts_flying(all);
	found = look(PF_TOP_BYTES);
	assert_int_equal(found.said->conns, 2 * MANY);
	assert_int_equal(found.said->pages, all);
	assert_int_equal(found.said->n_conns, PF_TOP_ROWS);
	/* Those with the most are there, each once. */
	for (int pages = 2 * MANY; pages > 2 * MANY - PF_TOP_ROWS; pages--)
		assert_true(row_of(&found, PAGES(pages))->pages >= (__u32)pages);
	assert_int_equal(found.said->n_files, 1);
	assert_int_equal(found.files[0].pages, all);
	assert_int_equal(found.files[0].conns, 2 * MANY);
	for (int i = 0; i < MANY; i++)
		flow_close(&more[i]);
}

TEST(the_worst_of_many, .pages = 2 * MANY, .flows = MANY, .skips = true, .before = open_worst,
     .after = close_worst)
{
	many_rows(t);
}

/* The oldest, though it has the least. */
TEST(the_oldest_of_many, .pages = 2, .flows = 2, .before = open_worst, .after = close_worst)
{
	int other = flow_file(PAGES(8));
	struct worst_found found;
	__u64 oldest;

	flow_sendfile(t->flow[1].tx, t->file, 0, PAGES(1));
	flow_sendfile(t->flow[0].tx, other, 0, PAGES(8));
	counts_flying(9);
	found = look(PF_TOP_AGE);
	assert_int_equal(found.said->n_conns, 2);
	assert_int_equal(found.said->n_files, 2);
	oldest = row_of(&found, PAGES(1))->oldest;
	assert_true(oldest < row_of(&found, PAGES(8))->oldest);
	close(other);
}

TEST(few_instructions_are_verified, .flows = 1, .before = open_worst, .after = close_worst)
{
	unsigned int programs = 0;
	__u32 id = 0;

	(void)t;
	while (!bpf_prog_get_next_id(id, &id)) {
		struct bpf_prog_info info = fixture_program(id);

		if (strncmp(info.name, "on_top_", 7))
			continue;
		programs++;
		print_message("%s: %u instructions verified\n", info.name, info.verified_insns);
		assert_in_range(info.verified_insns, 1, FIXTURE_VERIFIED);
	}
	assert_int_equal(programs, 3);
}

static const struct CMUnitTest tests[] = {
	RUN(what_a_connection_holds),
	RUN(what_was_not_sent),
	RUN(the_worst_of_many),
	RUN(the_oldest_of_many),
	RUN(few_instructions_are_verified),
};

int main(void)
{
	return fixture_main("test_worst", tests);
}
