// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_send - every way in which a program hands pages to a TCP socket, with the
 * exact number of pages and bytes that the kernel side has to count. The reader is
 * on this host, so a page is released once it is acknowledged *and* read.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "fixture.h"

/*
 * Whole pages of a file from its start: none released before the reader has
 * read, all released before anything is closed.
 */
static void send_pages(struct fixture *t)
{
	unsigned int pages = t->plan->pages;

	flow_sendfile(t->tx, t->file, 0, PAGES(pages));
	counts_are(attached, pages);
	counts_are(attached_bytes, PAGES(pages));
	counts_are(conns, 1);
	flow_wait_acked(t->tx);
	counts_are(acked, pages);
	counts_are(released, 0);
	assert_int_equal(counts_in_flight(), pages);

	flow_read(t->rx, PAGES(pages), 0);
	counts_reach(released, pages);
	counts_flying(0);
}

#define ENDS_OF_WHOLE_PAGES(n)							\
	{									\
		COUNT(attached, n), COUNT(acked, n), COUNT(released, n),	\
		COUNT(aborted, 0), COUNT(hits, 0), COUNT(user_pages, 0),	\
		COUNT(ignored, 0),						\
	}

TEST(sendfile_ipv4_23_pages, .pages = 23, .flow.rcvbuf = 1 << 20,
     .ends = ENDS_OF_WHOLE_PAGES(23))
{
	send_pages(t);
}

TEST(sendfile_ipv6_101_pages, .pages = 101, .flow.ipv6 = true, .flow.rcvbuf = 8 << 20,
     .ends = ENDS_OF_WHOLE_PAGES(101))
{
	send_pages(t);
}

/* Read everything that a test sent, and check that it is released. */
static void receive(struct fixture *t, size_t bytes, off_t file_off, counts_t pieces)
{
	flow_read(t->rx, bytes, file_off);
	counts_are(attached, pieces);
	counts_are(attached_bytes, bytes);
	counts_reach(released, pieces);
	counts_flying(0);
}

TEST(splice_through_a_pipe, .pages = 11, .ends = { COUNT(acked, 11), COUNT(aborted, 0) })
{
	loff_t off = 0;
	int pipe[2];

	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	assert_int_equal(splice(t->file, &off, pipe[1], NULL, PAGES(11), 0), PAGES(11));
	counts_are(attached, 0);
	flow_drain_pipe(t->tx, pipe[0], PAGES(11));
	counts_are(user_pages, 0);
	receive(t, PAGES(11), 0, 11);
	close(pipe[0]);
	close(pipe[1]);
}

/* vmsplice(2) of 7 pages at addr, then splice to the socket. */
static void vmsplice_pages(struct fixture *t, void *addr)
{
	struct iovec iov = { .iov_base = addr, .iov_len = PAGES(7) };
	int pipe[2];

	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	assert_int_equal(vmsplice(pipe[1], &iov, 1, 0), PAGES(7));
	flow_drain_pipe(t->tx, pipe[0], PAGES(7));
	close(pipe[0]);
	close(pipe[1]);
}

TEST(vmsplice_of_user_memory,
     .ends = { COUNT(acked, 7), COUNT(aborted, 0), COUNT(user_pages, 7) })
{
	unsigned char *mem = mmap(NULL, PAGES(7), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	for (size_t i = 0; i < PAGES(7); i++)
		mem[i] = flow_byte(i);
	vmsplice_pages(t, mem);
	counts_are(user_pages, 7);
	receive(t, PAGES(7), 0, 7);
	munmap(mem, PAGES(7));
}

/* The pages of a shared mapping are those of the file. */
TEST(vmsplice_of_a_file_mapping, .pages = 7,
     .ends = { COUNT(acked, 7), COUNT(aborted, 0), COUNT(user_pages, 0) })
{
	void *mem = mmap(NULL, PAGES(7), PROT_READ, MAP_SHARED, t->file, 0);

	assert_ptr_not_equal(mem, MAP_FAILED);
	vmsplice_pages(t, mem);
	counts_are(user_pages, 0);
	receive(t, PAGES(7), 0, 7);
	munmap(mem, PAGES(7));
}

/* [1000, 11000): the ends of pages 0 and 2 and all of page 1. */
TEST(range_beside_page_boundaries, .pages = 4, .ends = { COUNT(acked, 3), COUNT(aborted, 0) })
{
	flow_sendfile(t->tx, t->file, 1000, 10000);
	receive(t, 10000, 1000, 3);
}

static void set_cork(int sock, int on)
{
	assert_int_equal(setsockopt(sock, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)), 0);
}

TEST(corked, .pages = 5, .ends = { COUNT(attached_bytes, PAGES(5)) })
{
	set_cork(t->tx, 1);
	assert_int_equal(send(t->tx, "head", 4, 0), 4);
	for (int page = 0; page < 5; page++)
		flow_sendfile(t->tx, t->file, PAGES(page), PAGES(1));
	assert_int_equal(send(t->tx, "tail", 4, 0), 4);
	set_cork(t->tx, 0);
	counts_are(attached_bytes, PAGES(5));
	flow_read(t->rx, 4, -1);
	flow_read(t->rx, PAGES(5), 0);
	flow_read(t->rx, 4, -1);
	counts_reach(released, counts_get(PF_C_attached));
	counts_flying(0);
}

/* The kernel's own segment size cuts packets inside pages: bytes are exact. */
TEST(segments_that_cut_pages, .pages = 101, .flow.kernel_mss = true,
     .ends = { COUNT(aborted, 0) })
{
	struct flow_drain d;

	flow_drain_start(&d, t->rx);
	flow_sendfile(t->tx, t->file, 0, PAGES(101));
	assert_int_equal(shutdown(t->tx, SHUT_WR), 0);
	assert_int_equal(flow_drain_join(&d), PAGES(101));
	counts_are(attached_bytes, PAGES(101));
	assert_true(counts_get(PF_C_attached) >= 101);
	fixture_end(t);
	counts_are(released, counts_get(PF_C_attached));
}

/*
 * A sender that may not wait, with a small send buffer: calls return short. As
 * many bytes are followed as the calls returned.
 */
TEST(short_sends, .pages = 65, .flow = { .nonblock = true, .sndbuf = 32 << 10, .rcvbuf = 16 << 10 },
     .ends = { COUNT(aborted, 0) })
{
	const size_t size = PAGES(64) + 123;
	unsigned int shorts = 0;
	size_t sent = 0, got = 0;
	off_t off = 0;
	ssize_t n;

	while (sent < size) {
		n = sendfile(t->tx, t->file, &off, size - sent);
		if (n < 0)
			assert_int_equal(errno, EAGAIN);
		if (n < (ssize_t)(size - sent))
			shorts++;
		if (n > 0)
			sent += n;
		counts_are(attached_bytes, sent);
		for (; sent < size && got < sent; got += FLOW_PAGE / 2) {
			if (sent - got < FLOW_PAGE / 2)
				break;
			flow_read(t->rx, FLOW_PAGE / 2, got);
		}
	}
	flow_read(t->rx, size - got, got);
	assert_true(shorts > 0);
	counts_are(attached_bytes, size);
	counts_reach(released, counts_get(PF_C_attached));
}

struct sender {
	pthread_t thread;
	int sock, file;
	size_t sent;
};

static void *send_loop(void *arg)
{
	struct sender *s = arg;
	off_t off = 500;
	ssize_t n;

	while (off < 500 + PAGES(100)) {
		n = sendfile(s->sock, s->file, &off, 500 + PAGES(100) - off);
		if (n <= 0)
			break;
		s->sent += n;
	}
	return NULL;
}

TEST(four_threads_on_one_socket, .pages = 101, .flow.sndbuf = 64 << 10,
     .ends = { COUNT(attached_bytes, 4 * PAGES(100)), COUNT(conns, 1), COUNT(hits, 0) })
{
	struct sender senders[4];
	struct flow_drain d;

	flow_drain_start(&d, t->rx);
	for (int i = 0; i < 4; i++) {
		senders[i] = (struct sender){ .sock = t->tx, .file = t->file };
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_loop, &senders[i]),
				 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(senders[i].thread, NULL);
		assert_int_equal(senders[i].sent, PAGES(100));
	}
	assert_int_equal(shutdown(t->tx, SHUT_WR), 0);
	assert_int_equal(flow_drain_join(&d), 4 * PAGES(100));
	fixture_end(t);
	counts_are(released, counts_get(PF_C_attached));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RUN(sendfile_ipv4_23_pages),
		RUN(sendfile_ipv6_101_pages),
		RUN(splice_through_a_pipe),
		RUN(vmsplice_of_user_memory),
		RUN(vmsplice_of_a_file_mapping),
		RUN(range_beside_page_boundaries),
		RUN(corked),
		RUN(segments_that_cut_pages),
		RUN(short_sends),
		RUN(four_threads_on_one_socket),
	};

	return fixture_main("send", tests);
}
