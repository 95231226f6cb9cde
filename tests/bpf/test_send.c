// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_send - every way in which a program hands pages to a TCP socket, with
 * the exact number of pages and bytes which the kernel side has to see. The
 * reader is on this host, so a page is released when it was acknowledged *and*
 * read.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "counts.h"
#include "flow.h"

/*
 * Whole pages of a file from its start: none released before the reader has
 * read, all released before anything is closed, nothing left afterwards.
 */
static void send_pages(const struct flow_opts *opts, unsigned int pages)
{
	int file = flow_file(pages * FLOW_PAGE);
	struct flow f;

	counts_start();
	flow_open(&f, opts);
	flow_sendfile(f.tx, file, 0, pages * FLOW_PAGE);
	counts_are(attached, pages);
	counts_are(attached_bytes, pages * FLOW_PAGE);
	counts_are(conns, 1);
	flow_wait_acked(f.tx);
	counts_are(acked, pages);
	counts_are(released, 0);
	assert_int_equal(counts_in_flight(), pages);

	flow_read(f.rx, pages * FLOW_PAGE, 0);
	counts_reach(released, pages);
	counts_flying(0);
	flow_close(&f);
	counts_all_gone();
	counts_are(attached, pages);
	counts_are(acked, pages);
	counts_are(released, pages);
	counts_are(aborted, 0);
	counts_are(hits, 0);
	counts_are(user_pages, 0);
	counts_are(ignored, 0);
	counts_nothing_lost();
	close(file);
}

static void sendfile_ipv4_23_pages(void **state)
{
	const struct flow_opts opts = { .rcvbuf = 1 << 20 };

	(void)state;
	send_pages(&opts, 23);
}

static void sendfile_ipv6_101_pages(void **state)
{
	const struct flow_opts opts = { .ipv6 = true, .rcvbuf = 8 << 20 };

	(void)state;
	send_pages(&opts, 101);
}

/* What a test sends has arrived, was read, and was released; nothing is left. */
static void finish(struct flow *f, size_t bytes, off_t file_off, counts_t pieces)
{
	flow_read(f->rx, bytes, file_off);
	counts_are(attached, pieces);
	counts_are(attached_bytes, bytes);
	counts_reach(released, pieces);
	counts_flying(0);
	flow_close(f);
	counts_all_gone();
	counts_are(acked, pieces);
	counts_are(aborted, 0);
	counts_nothing_lost();
}

static void splice_through_a_pipe(void **state)
{
	int file = flow_file(11 * FLOW_PAGE), pipe[2];
	struct flow f;
	loff_t off = 0;

	(void)state;
	counts_start();
	flow_open(&f, NULL);
	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	assert_int_equal(splice(file, &off, pipe[1], NULL, 11 * FLOW_PAGE, 0), 11 * FLOW_PAGE);
	counts_are(attached, 0);
	flow_drain_pipe(f.tx, pipe[0], 11 * FLOW_PAGE);
	counts_are(user_pages, 0);
	finish(&f, 11 * FLOW_PAGE, 0, 11);
	close(pipe[0]);
	close(pipe[1]);
	close(file);
}

/* vmsplice(2) of 7 pages at addr, then splice to the socket. */
static void vmsplice_pages(struct flow *f, void *addr)
{
	struct iovec iov = { .iov_base = addr, .iov_len = 7 * FLOW_PAGE };
	int pipe[2];

	assert_int_equal(pipe2(pipe, O_CLOEXEC), 0);
	assert_int_equal(vmsplice(pipe[1], &iov, 1, 0), 7 * FLOW_PAGE);
	flow_drain_pipe(f->tx, pipe[0], 7 * FLOW_PAGE);
	close(pipe[0]);
	close(pipe[1]);
}

static void vmsplice_of_user_memory(void **state)
{
	unsigned char *mem;
	struct flow f;
	size_t i;

	(void)state;
	mem = mmap(NULL, 7 * FLOW_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	for (i = 0; i < 7 * FLOW_PAGE; i++)
		mem[i] = flow_byte(i);
	counts_start();
	flow_open(&f, NULL);
	vmsplice_pages(&f, mem);
	counts_are(user_pages, 7);
	finish(&f, 7 * FLOW_PAGE, 0, 7);
	counts_are(user_pages, 7);
	munmap(mem, 7 * FLOW_PAGE);
}

/* The pages of a shared mapping are those of the file. */
static void vmsplice_of_a_file_mapping(void **state)
{
	int file = flow_file(7 * FLOW_PAGE);
	struct flow f;
	void *mem;

	(void)state;
	mem = mmap(NULL, 7 * FLOW_PAGE, PROT_READ, MAP_SHARED, file, 0);
	assert_ptr_not_equal(mem, MAP_FAILED);
	counts_start();
	flow_open(&f, NULL);
	vmsplice_pages(&f, mem);
	counts_are(user_pages, 0);
	finish(&f, 7 * FLOW_PAGE, 0, 7);
	counts_are(user_pages, 0);
	munmap(mem, 7 * FLOW_PAGE);
	close(file);
}

/* [1000, 11000): the ends of pages 0 and 2 and all of page 1. */
static void range_beside_page_boundaries(void **state)
{
	int file = flow_file(4 * FLOW_PAGE);
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, NULL);
	flow_sendfile(f.tx, file, 1000, 10000);
	finish(&f, 10000, 1000, 3);
	close(file);
}

static void corked(void **state)
{
	int file = flow_file(5 * FLOW_PAGE), on = 1, off = 0, page;
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, NULL);
	assert_int_equal(setsockopt(f.tx, IPPROTO_TCP, TCP_CORK, &on, sizeof(on)), 0);
	assert_int_equal(send(f.tx, "head", 4, 0), 4);
	for (page = 0; page < 5; page++)
		flow_sendfile(f.tx, file, page * FLOW_PAGE, FLOW_PAGE);
	assert_int_equal(send(f.tx, "tail", 4, 0), 4);
	assert_int_equal(setsockopt(f.tx, IPPROTO_TCP, TCP_CORK, &off, sizeof(off)), 0);
	counts_are(attached_bytes, 5 * FLOW_PAGE);
	flow_read(f.rx, 4, -1);
	flow_read(f.rx, 5 * FLOW_PAGE, 0);
	flow_read(f.rx, 4, -1);
	counts_reach(released, counts_get(PF_C_attached));
	counts_flying(0);
	flow_close(&f);
	counts_all_gone();
	counts_are(attached_bytes, 5 * FLOW_PAGE);
	counts_nothing_lost();
	close(file);
}

/* The kernel's own segment size cuts packets inside pages: bytes are exact. */
static void segments_that_cut_pages(void **state)
{
	const struct flow_opts opts = { .kernel_mss = true };
	int file = flow_file(101 * FLOW_PAGE);
	struct flow f;
	struct flow_drain d;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	flow_drain_start(&d, f.rx);
	flow_sendfile(f.tx, file, 0, 101 * FLOW_PAGE);
	assert_int_equal(shutdown(f.tx, SHUT_WR), 0);
	assert_int_equal(flow_drain_join(&d), 101 * FLOW_PAGE);
	counts_are(attached_bytes, 101 * FLOW_PAGE);
	assert_true(counts_get(PF_C_attached) >= 101);
	flow_close(&f);
	counts_all_gone();
	counts_are(released, counts_get(PF_C_attached));
	counts_are(aborted, 0);
	counts_nothing_lost();
	close(file);
}

/*
 * A sender that may not wait, with a small send buffer: calls return short. As
 * many bytes are followed as the calls returned.
 */
static void short_sends(void **state)
{
	const struct flow_opts opts = { .nonblock = true, .sndbuf = 32 << 10, .rcvbuf = 16 << 10 };
	const size_t size = 64 * FLOW_PAGE + 123;
	unsigned int shorts = 0;
	size_t sent = 0, got = 0;
	struct flow f;
	int file = flow_file(size);
	off_t off = 0;
	ssize_t n;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	while (sent < size) {
		n = sendfile(f.tx, file, &off, size - sent);
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
			flow_read(f.rx, FLOW_PAGE / 2, got);
		}
	}
	flow_read(f.rx, size - got, got);
	assert_true(shorts > 0);
	counts_are(attached_bytes, size);
	counts_reach(released, counts_get(PF_C_attached));
	flow_close(&f);
	counts_all_gone();
	counts_are(aborted, 0);
	counts_nothing_lost();
	close(file);
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

	while (off < 500 + 100 * FLOW_PAGE) {
		n = sendfile(s->sock, s->file, &off, 500 + 100 * FLOW_PAGE - off);
		if (n <= 0)
			break;
		s->sent += n;
	}
	return NULL;
}

static void four_threads_on_one_socket(void **state)
{
	const struct flow_opts opts = { .sndbuf = 64 << 10 };
	int file = flow_file(101 * FLOW_PAGE), i;
	struct sender senders[4];
	struct flow_drain d;
	struct flow f;

	(void)state;
	counts_start();
	flow_open(&f, &opts);
	flow_drain_start(&d, f.rx);
	for (i = 0; i < 4; i++) {
		senders[i] = (struct sender){ .sock = f.tx, .file = file };
		assert_int_equal(pthread_create(&senders[i].thread, NULL, send_loop, &senders[i]),
				 0);
	}
	for (i = 0; i < 4; i++) {
		pthread_join(senders[i].thread, NULL);
		assert_int_equal(senders[i].sent, 100 * FLOW_PAGE);
	}
	assert_int_equal(shutdown(f.tx, SHUT_WR), 0);
	assert_int_equal(flow_drain_join(&d), 4 * 100 * FLOW_PAGE);
	flow_close(&f);
	counts_all_gone();
	counts_are(attached_bytes, 4 * 100 * FLOW_PAGE);
	counts_are(released, counts_get(PF_C_attached));
	counts_are(conns, 1);
	counts_are(hits, 0);
	counts_nothing_lost();
	close(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(sendfile_ipv4_23_pages, flow_clean),
		cmocka_unit_test_teardown(sendfile_ipv6_101_pages, flow_clean),
		cmocka_unit_test_teardown(splice_through_a_pipe, flow_clean),
		cmocka_unit_test_teardown(vmsplice_of_user_memory, flow_clean),
		cmocka_unit_test_teardown(vmsplice_of_a_file_mapping, flow_clean),
		cmocka_unit_test_teardown(range_beside_page_boundaries, flow_clean),
		cmocka_unit_test_teardown(corked, flow_clean),
		cmocka_unit_test_teardown(segments_that_cut_pages, flow_clean),
		cmocka_unit_test_teardown(short_sends, flow_clean),
		cmocka_unit_test_teardown(four_threads_on_one_socket, flow_clean),
	};

	return cmocka_run_group_tests_name("send", tests, counts_setup, counts_teardown);
}
