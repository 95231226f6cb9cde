// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * selftest.c - 23 pages of a memfd (a tmpfs file: generic_perform_write) are sent
 * to ourselves over lo, rewritten while nobody reads, and then read. Another 23
 * pages are dropped unread. Records of other processes are ignored.
 */
#include "selftest.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

#include "pageflight.h"

#define PAGES 23

struct tally {
	__u32 pid;
	__u64 conn;		/* of our last hit */
	unsigned int hits;	/* bytes sent by us and overwritten by us */
	unsigned int read;	/* of that connection, read */
	unsigned int ended;	/* of that connection, ended in any way */
};

static void on_record(void *ctx, const void *data, size_t size)
{
	const struct pf_event *ev = pf_record_check(data, size);
	struct tally *t = ctx;

	if (!ev)
		return;
	if (ev->type == PF_EV_HIT) {
		const struct pf_ev_hit *hit = (const struct pf_ev_hit *)ev;

		if (hit->sender.pid != t->pid || hit->writer.pid != t->pid)
			return;
		t->conn = hit->conn;
		t->hits += hit->len;
	} else if (ev->type == PF_EV_END) {
		const struct pf_ev_range *end = (const struct pf_ev_range *)ev;

		if (end->conn != t->conn)
			return;
		t->read += end->why == PF_END_READ ? end->len : 0;
		t->ended += end->len;
	}
}

static int pair_open(int ret_pair[2])
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t len = sizeof(addr);
	int l = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), size = 1 << 20, err;

	ret_pair[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ret_pair[1] = -1;
	if (l < 0 || ret_pair[0] < 0 || bind(l, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(l, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) ||
	    setsockopt(ret_pair[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) ||
	    listen(l, 1) || getsockname(l, (struct sockaddr *)&addr, &len) ||
	    connect(ret_pair[0], (struct sockaddr *)&addr, sizeof(addr)) ||
	    (ret_pair[1] = accept(l, NULL, NULL)) < 0) {
		err = -errno;
		close(ret_pair[0]);
		close(l);
		return err;
	}
	close(l);
	return 0;
}

/* Send the file whole, then write all of it again. */
static int send_and_rewrite(int to, int file, char *buf, size_t size)
{
	off_t at = 0;

	while (at < (off_t)size)
		if (sendfile(to, file, &at, size - at) <= 0)
			return -errno;
	memset(buf, 'b', size);
	return pwrite(file, buf, size, 0) == (ssize_t)size ? 0 : -EIO;
}

static int read_all(int from, char *buf, size_t size)
{
	while (size) {
		ssize_t n = read(from, buf, size);

		if (n <= 0)
			return n ? -errno : -ECONNRESET;
		size -= n;
	}
	return 0;
}

/* One connection. Both ends are closed at last, the reader first, or the sender if nobody read. */
static int one_flow(int file, char *buf, size_t size, bool read)
{
	struct linger drop = { .l_onoff = 1 };
	int pair[2], err = pair_open(pair);

	if (err)
		return err;
	err = send_and_rewrite(pair[0], file, buf, size);
	if (!err && read)
		err = read_all(pair[1], buf, size);
	if (!read)
		setsockopt(pair[0], SOL_SOCKET, SO_LINGER, &drop, sizeof(drop));
	close(pair[read ? 1 : 0]);
	close(pair[read ? 0 : 1]);
	return err;
}

static bool judge(const struct tally *first, const struct tally *second, size_t size,
		  struct selftest_result ret_results[SELFTEST_RESULTS])
{
	const struct selftest_result results[SELFTEST_RESULTS] = {
		{ .role = "attach", .expected = size, .seen = first->hits,
		  .what = "bytes of our sendfile() known when they were overwritten" },
		{ .role = "write", .expected = 2 * size, .seen = first->hits + second->hits,
		  .what = "bytes of our overwrites reported, both flows" },
		{ .role = "ack, release", .expected = size, .seen = first->read,
		  .what = "bytes acknowledged and read" },
		{ .role = "abort", .expected = size, .seen = second->ended,
		  .what = "bytes of the dropped connection ended" },
	};
	bool passed = true;

	for (int i = 0; i < SELFTEST_RESULTS; i++) {
		ret_results[i] = results[i];
		passed &= results[i].seen == results[i].expected;
	}
	return passed;
}

int selftest_run(struct loader *l, struct selftest_result ret_results[SELFTEST_RESULTS],
		 bool *ret_passed)
{
	static char buf[PAGES * PF_FLIGHT_MAX];
	size_t size = PAGES * sysconf(_SC_PAGESIZE);
	struct tally first = { .pid = getpid() }, second = { .pid = getpid() };
	int file = memfd_create("pageflight-selftest", MFD_CLOEXEC), err = 0;

	if (file < 0)
		return -errno;
	memset(buf, 'a', size);
	if (pwrite(file, buf, size, 0) != (ssize_t)size)
		err = -EIO;
	err = err ?: one_flow(file, buf, size, true);
	loader_consume(l, on_record, &first);
	err = err ?: one_flow(file, buf, size, false);
	loader_consume(l, on_record, &second);
	close(file);
	if (err)
		return err;
	*ret_passed = judge(&first, &second, size, ret_results);
	return 0;
}
