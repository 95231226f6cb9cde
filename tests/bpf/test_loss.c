// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_loss - without room, every page that is not followed is counted, and every
 * page that is followed still ends.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "fixture.h"

#define WRITES 100

/* 300 pages to a reader that does not read, with room for fewer. */
TEST(pool_full, .pages = 300, .loader = &(const struct loader_opts){ .max_pages = 64 },
     .loses = true, .ends = { COUNT(aborted, 0) })
{
	counts_t attached;

	flow_sendfile(t->tx, t->file, 0, PAGES(300));
	attached = counts_get(PF_C_attached);
	assert_in_range(attached, 63, 128);
	counts_are(pool_full, 300 - attached);
	counts_are(attached_bytes, PAGES(attached));
	assert_int_equal(counts_in_flight(), attached);

	flow_read(t->rx, PAGES(300), 0);
	counts_reach(released, attached);
	counts_flying(0);

	/* There is room again. */
	flow_sendfile(t->tx, t->file, 0, PAGES(10));
	counts_are(attached, attached + 10);
	flow_read(t->rx, PAGES(10), 0);
	fixture_end(t);
	counts_are(pool_full, 300 - attached);
}

/* Three pages on each of seven connections, with room for two. */
TEST(conns_full, .pages = 3, .flows = 7, .loader = &(const struct loader_opts){ .max_conns = 2 },
     .loses = true)
{
	for (int i = 0; i < 7; i++)
		flow_sendfile(t->flow[i].tx, t->file, 0, PAGES(3));
	counts_are(conns, 2);
	counts_are(attached, 2 * 3);
	counts_are(conns_full, 5 * 3);
	for (int i = 0; i < 7; i++) {
		flow_read(t->flow[i].rx, PAGES(3), 0);
		flow_close(&t->flow[i]);
	}
	counts_all_gone(false);
	counts_are(released, 2 * 3);

	/* There is room again. */
	flow_open(&t->flow[0], NULL);
	flow_sendfile(t->tx, t->file, 0, PAGES(3));
	counts_are(conns, 3);
	counts_are(attached, 3 * 3);
	flow_read(t->rx, PAGES(3), 0);
}

static void count_record(void *ctx, const void *data, size_t size)
{
	const struct pf_event *head = data;

	assert_true(size >= sizeof(*head));
	assert_int_equal(head->size, size);
	*(counts_t *)ctx += 1;
}

/*
 * Each of 40 writes makes two records, of the page it hit and of itself, and
 * the page's end one more. Nobody reads them out of a ring of one page.
 */
TEST(ring_full, .pages = 1, .loader = &(const struct loader_opts){ .ring_bytes = 4096 },
     .loses = true)
{
	counts_t records = 0;

	flow_sendfile(t->tx, t->file, 0, PAGES(1));
	for (int i = 0; i < 40; i++)
		assert_int_equal(pwrite(t->file, "new", 3, 100), 3);
	counts_are(writes, 40);
	counts_are(hits, 40);
	flow_read(t->rx, PAGES(1), -1);
	counts_reach(released, 1);
	fixture_end(t);
	assert_true(loader_consume(counts_loader(), count_record, &records) > 0);
	assert_true(records > 0);
	counts_are(events_lost, 2 * 40 + 1 - records);
}

static bool is_link(int fd)
{
	char path[32], what[64] = "";

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return readlink(path, what, sizeof(what) - 1) > 0 && strstr(what, "bpf_link");
}

/* The kernel calls the programs of these names no more, as if it had skipped them. */
static void skip_programs(const char *start)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), skipped = 0;

	for (int fd = 3; fd < 1024; fd++) {
		struct bpf_link_info link = {};
		struct bpf_prog_info prog = {};
		__u32 size = sizeof(link);
		int prog_fd;

		if (!is_link(fd))
			continue;
		assert_int_equal(bpf_obj_get_info_by_fd(fd, &link, &size), 0);
		prog_fd = bpf_prog_get_fd_by_id(link.prog_id);
		size = sizeof(prog);
		assert_int_equal(bpf_obj_get_info_by_fd(prog_fd, &prog, &size), 0);
		close(prog_fd);
		if (strncmp(prog.name, start, strlen(start)))
			continue;
		assert_int_equal(dup3(null, fd, O_CLOEXEC), fd);	/* the loader will close it */
		skipped++;
	}
	close(null);
	assert_in_range(skipped, 1, 2);	/* the second is for kernels that preempt */
}

/*
 * A thread writes on where the kernel has skipped the end of its last write. It may have
 * written to another file, with its kiocb at the same place.
 */
TEST(write_end_skipped, .pages = 1, .loader = &(const struct loader_opts){
     .content = PF_CONTENT_EDGES }, .flow.rcvbuf = 1 << 20)
{
	int other = flow_file(FLOW_PAGE);

	flow_sendfile(t->tx, other, 0, PAGES(1));
	skip_programs("on_write_end");
	for (int i = 0; i < WRITES; i++) {
		counts_t looks;

		assert_int_equal(pwrite(other, "other", 5, 0), 5);
		looks = counts_get(PF_C_looks);
		flow_sendfile(t->tx, t->file, 0, 1);
		assert_int_equal(pwrite(t->file, "new", 3, 0), 3);
		assert_true(counts_get(PF_C_looks) > looks);
	}
	counts_are(writes_full, 0);
	close(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(pool_full),
		RUN(conns_full),
		RUN(ring_full),
		RUN(write_end_skipped),
	};

	return fixture_main("loss", tests);
}
