// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_exposed - which pages count as those of a file that somebody could change as they were
 * taken: each once, whichever programs were there.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exposed.h"
#include "fixture.h"

#define N 23

static void send_all(struct fixture *t)
{
	flow_sendfile(t->tx, t->file, 0, PAGES(N));
	flow_read(t->rx, PAGES(N), 0);
	counts_reach(released, N);
}

/* The file is open to read alone from now on. */
static void only_read(struct fixture *t)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(dup2(fd, t->file), t->file);
	close(fd);
}

TEST(open_for_writing, .pages = N, .named = true, .ends = { COUNT(exposed, N), COUNT(attached, N) })
{
	send_all(t);
}

TEST(open_to_read, .pages = N, .named = true, .ends = { COUNT(exposed, 0), COUNT(attached, N) })
{
	only_read(t);
	send_all(t);
}

TEST(mapped, .pages = N, .named = true, .ends = { COUNT(exposed, N), COUNT(attached, N) })
{
	void *mem = mmap(NULL, PAGES(N), PROT_READ | PROT_WRITE, MAP_SHARED, t->file, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	only_read(t);
	send_all(t);
	munmap(mem, PAGES(N));
}

TEST(opened_between_two_calls, .pages = N, .named = true,
     .ends = { COUNT(exposed, N - 10), COUNT(attached, N) })
{
	int fd;

	only_read(t);
	flow_sendfile(t->tx, t->file, 0, PAGES(10));
	fd = open(t->path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	flow_sendfile(t->tx, t->file, PAGES(10), PAGES(N - 10));
	close(fd);
	flow_read(t->rx, PAGES(N), 0);
	counts_reach(released, N);
}

/* The kernel does not count who has opened one: docs/exposure.md says so. */
TEST(memfd, .pages = N, .ends = { COUNT(exposed, 0), COUNT(attached, N) })
{
	send_all(t);
}

TEST(memfd_mapped, .pages = N, .ends = { COUNT(exposed, N), COUNT(attached, N) })
{
	void *mem = mmap(NULL, PAGES(N), PROT_READ | PROT_WRITE, MAP_SHARED, t->file, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	send_all(t);
	munmap(mem, PAGES(N));
}

/* Pages of three files in one pipe go to the socket in one call; one file can be changed. */
TEST(files_in_one_call, .pages = 9, .named = true, .ends = { COUNT(exposed, 5), COUNT(attached, 11) })
{
	static const struct {
		bool exposed;
		int pages;
	} parts[] = { { false, 2 }, { true, 3 }, { false, 4 }, { true, 2 } };
	int other = flow_file(PAGES(9)), pipe[2];

	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		loff_t off = 0;

		assert_int_equal(splice(parts[i].exposed ? t->file : other, &off, pipe[1], NULL,
					PAGES(parts[i].pages), 0), PAGES(parts[i].pages));
	}
	flow_drain_pipe(t->tx, pipe[0], PAGES(11));
	flow_read(t->rx, PAGES(11), -1);
	counts_reach(released, 11);
	close(pipe[0]);
	close(pipe[1]);
	close(other);
}

/* The sender's own pages are those of a file that it has mapped. */
TEST(zerocopy_of_a_mapping, .pages = N, .named = true, .ends = { COUNT(exposed, N), COUNT(attached, N) })
{
	void *mem = mmap(NULL, PAGES(N), PROT_READ | PROT_WRITE, MAP_SHARED, t->file, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	assert_int_equal(setsockopt(t->tx, SOL_SOCKET, SO_ZEROCOPY, &(int){ 1 }, sizeof(int)), 0);
	assert_int_equal(send(t->tx, mem, PAGES(N), MSG_ZEROCOPY), PAGES(N));
	flow_read(t->rx, PAGES(N), 0);
	counts_reach(released, N);
	munmap(mem, PAGES(N));
}

#define PLACES 512

static struct pf_exposed places[PLACES];
static size_t n_places;

static void keep(void *ctx, const struct pf_exposed *e)
{
	(void)ctx;
	assert_true(n_places < PLACES);
	places[n_places++] = *e;
}

static void take(void)
{
	n_places = 0;
	loader_exposed(counts_loader(), keep, NULL);
}

static __u64 pages_by(const char *comm)
{
	__u64 pages = 0;

	for (size_t i = 0; i < n_places; i++)
		if (!strcmp(places[i].comm, comm))
			pages += places[i].pages;
	return pages;
}

/* A child does it that has another name. */
static void send_as(const char *comm, struct fixture *t, off_t page, int pages)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_NAME, comm);
		flow_sendfile(t->tx, t->file, PAGES(page), PAGES(pages));
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What a connection knows of its place ends with the sender, and when the table is emptied. */
TEST(senders_of_one_connection, .pages = N, .named = true,
     .ends = { COUNT(exposed, 2 * N), COUNT(attached, 2 * N) })
{
	take();
	send_as("first", t, 0, 10);
	send_as("second", t, 10, N - 10);
	take();
	assert_int_equal(n_places, 2);
	assert_int_equal(pages_by("first"), 10);
	assert_int_equal(pages_by("second"), N - 10);
	send_as("second", t, 0, 3);
	send_as("second", t, 3, N - 3);
	take();
	assert_int_equal(n_places, 1);
	assert_int_equal(pages_by("second"), N);
	flow_read(t->rx, PAGES(N), 0);
	flow_read(t->rx, PAGES(N), 0);
	counts_reach(released, 2 * N);
}

#define GREEDY 200	/* files */
#define HONEST 40
#define SHARE (PF_EXPOSED / 2)

static void send_files(const struct flow *f, int files)
{
	char path[32];

	for (int i = 0; i < files; i++) {
		int file = flow_named_file(PAGES(1), path);

		flow_sendfile(f->tx, file, 0, PAGES(1));
		unlink(path);
	}
	flow_read(f->rx, PAGES(files), -1);
}

/*
 * One user has many files, and half of the places. In the other half others find some, though not
 * each does: only a few places are tried for a file. All pages count.
 */
TEST(share_of_a_user, .ends = { COUNT(exposed, GREEDY + HONEST), COUNT(attached, GREEDY + HONEST) })
{
	struct flow greedy;

	take();
	setfsuid(1000);
	flow_open(&greedy, &(struct flow_opts){ 0 });
	setfsuid(0);
	send_files(&greedy, GREEDY);
	send_files(&t->flow[0], HONEST);
	counts_reach(released, GREEDY + HONEST);
	take();
	assert_in_range(n_places, SHARE + HONEST / 2, SHARE + HONEST);
	flow_close(&greedy);
}

static const struct CMUnitTest tests[] = {
	RUN(open_for_writing),
	RUN(open_to_read),
	RUN(mapped),
	RUN(opened_between_two_calls),
	RUN(memfd),
	RUN(memfd_mapped),
	RUN(files_in_one_call),
	RUN(zerocopy_of_a_mapping),
	RUN(senders_of_one_connection),
	RUN(share_of_a_user),
};

int main(void)
{
	return fixture_main("test_exposed", tests);
}
