// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Filters: each kind's values, what is refused, any-of, and the words for it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "kernel/filter.h"
#include "lib/test.h"

static struct filter one(enum filter_kind kind, const char *text)
{
	struct filter f = { 0 };

	assert_int_equal(filter_add(&f, kind, text), 0);
	assert_int_equal(f.n_given[kind], 1);
	assert_string_equal(f.given[kind][0], text);
	return f;
}

/* Refused, and nothing is changed. */
static void bad(enum filter_kind kind, const char *text)
{
	struct filter f = { 0 }, none = { 0 };

	assert_int_equal(filter_add(&f, kind, text), -EINVAL);
	assert_memory_equal(&f, &none, sizeof(f));
}

static void groups(const struct filter *f, unsigned int task, unsigned int sock, unsigned int file)
{
	assert_int_equal(f->spec.by_task, task);
	assert_int_equal(f->spec.by_sock, sock);
	assert_int_equal(f->spec.by_file, file);
}

TEST_FN(test_pid)
{
	struct filter f = one(FILTER_PID, "4194304");

	assert_int_equal(f.spec.n_pids, 1);
	assert_int_equal(f.spec.pids[0], 4194304);
	groups(&f, 1, 0, 0);
	bad(FILTER_PID, "0");
	bad(FILTER_PID, "4194305");
	bad(FILTER_PID, "-1");
	bad(FILTER_PID, "12a");
	bad(FILTER_PID, "");
}

TEST_FN(test_comm)
{
	struct filter f = one(FILTER_COMM, "nginx");
	const char padded[PF_COMM_LEN] = "nginx";

	assert_int_equal(f.spec.n_comms, 1);
	assert_memory_equal(f.spec.comms[0], padded, PF_COMM_LEN);
	groups(&f, 1, 0, 0);
	one(FILTER_COMM, "fifteen letters");
	bad(FILTER_COMM, "sixteen letters!");
	bad(FILTER_COMM, "");
}

TEST_FN(test_ports)
{
	struct filter f = one(FILTER_PORT, "65535");

	assert_int_equal(filter_add(&f, FILTER_PORT, "80"), 0);
	assert_int_equal(filter_add(&f, FILTER_LPORT, "443"), 0);
	assert_int_equal(filter_add(&f, FILTER_RPORT, "1"), 0);
	assert_int_equal(f.spec.n_ports, 2);
	assert_int_equal(f.spec.ports[0], 65535);
	assert_int_equal(f.spec.ports[1], 80);
	assert_int_equal(f.spec.n_lports, 1);
	assert_int_equal(f.spec.lports[0], 443);
	assert_int_equal(f.spec.n_rports, 1);
	assert_int_equal(f.spec.rports[0], 1);
	groups(&f, 0, 4, 0);
	bad(FILTER_PORT, "0");
	bad(FILTER_LPORT, "65536");
	bad(FILTER_RPORT, "http");
}

static void addr(const char *text, const unsigned char bits[16], const unsigned char mask[16])
{
	struct filter f = one(FILTER_ADDR, text);

	assert_int_equal(f.spec.n_addrs, 1);
	assert_memory_equal(f.spec.addrs[0].bits, bits, 16);
	assert_memory_equal(f.spec.addrs[0].mask, mask, 16);
	groups(&f, 0, 1, 0);
}

#define V4(a, b, c, d) { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d }
#define M4(a, b, c, d) { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, a, b, c, d }

TEST_FN(test_addr)
{
	static const unsigned char host4[] = V4(10, 1, 2, 3), all4[] = M4(255, 255, 255, 255);
	static const unsigned char net4[] = V4(10, 1, 0, 0), mask4[] = M4(255, 254, 0, 0);
	static const unsigned char any4[] = V4(0, 0, 0, 0), no4[] = M4(0, 0, 0, 0);
	static const unsigned char net6[16] = { 0x20, 1, 0x0d, 0xb8, 0xf0 };
	static const unsigned char mask6[16] = { 255, 255, 255, 255, 0xf0 };
	static const unsigned char none[16];

	addr("10.1.2.3", host4, all4);
	addr("10.1.2.3/32", host4, all4);
	/* What stands behind the length does not count. */
	addr("10.1.2.3/15", (const unsigned char[])V4(10, 0, 0, 0), mask4);
	addr("10.1.0.0/32", net4, all4);
	addr("1.2.3.4/0", any4, no4);
	addr("::ffff:10.1.2.3", host4, all4);
	addr("2001:db8:ff00::1/36", net6, mask6);
	addr("::/0", none, none);
	bad(FILTER_ADDR, "10.1.2");
	bad(FILTER_ADDR, "10.1.2.3/33");
	bad(FILTER_ADDR, "10.1.2.3/");
	bad(FILTER_ADDR, "10.1.2.3/-1");
	bad(FILTER_ADDR, "2001:db8::/129");
	bad(FILTER_ADDR, "2001:db8::g");
	bad(FILTER_ADDR, "example.org");
	bad(FILTER_ADDR, "");
	bad(FILTER_ADDR, "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000");
}

TEST_FN(test_netns)
{
	struct filter f = one(FILTER_NETNS, "4026531840");

	assert_int_equal(f.spec.n_netns, 1);
	assert_int_equal(f.spec.netns[0], 4026531840u);
	groups(&f, 0, 1, 0);
	/* Looked up later. */
	assert_int_equal(one(FILTER_NETNS, "/run/netns/blue").spec.netns[0], 0);
	bad(FILTER_NETNS, "blue");
	bad(FILTER_NETNS, "0");
	bad(FILTER_NETNS, "4294967296");
	bad(FILTER_NETNS, "");
}

TEST_FN(test_inode)
{
	struct filter f = one(FILTER_INODE, "8:1:1234");

	assert_int_equal(f.spec.n_inodes, 1);
	assert_int_equal(f.spec.inodes[0].dev, 8 << 20 | 1);
	assert_int_equal(f.spec.inodes[0].ino, 1234);
	groups(&f, 0, 0, 1);
	f = one(FILTER_INODE, "4095:1048575:18446744073709551615");
	assert_int_equal(f.spec.inodes[0].dev, 0xffffffffu);
	assert_int_equal(f.spec.inodes[0].ino, (__u64)-1);
	bad(FILTER_INODE, "1234");
	bad(FILTER_INODE, "8:1");
	bad(FILTER_INODE, "8:1:");
	bad(FILTER_INODE, ":1:1234");
	bad(FILTER_INODE, "8:1:1234:");
	bad(FILTER_INODE, "8:1:12x");
	bad(FILTER_INODE, "4096:1:1");
	bad(FILTER_INODE, "8:1048576:1");
	bad(FILTER_INODE, "8:1:18446744073709551616");
	bad(FILTER_INODE, "8:1:000000000000000000000000000001");
}

TEST_FN(test_names)
{
	struct filter f = one(FILTER_PATH, "/srv");

	assert_int_equal(f.spec.n_paths, 1);
	groups(&f, 0, 0, 1);
	f = one(FILTER_CGROUP, "/system.slice");
	assert_int_equal(f.spec.n_cgroups, 1);
	groups(&f, 1, 0, 0);
	bad(FILTER_PATH, "");
	bad(FILTER_CGROUP, "");
}

TEST_FN(test_min_bytes)
{
	struct filter f = one(FILTER_MIN_BYTES, "4k");

	assert_int_equal(f.min_bytes, 4096);
	groups(&f, 0, 0, 0);
	for (int i = 0; i < 2 * PF_FILTER_VALUES; i++)
		assert_int_equal(filter_add(&f, FILTER_MIN_BYTES, "17"), 0);
	assert_int_equal(f.min_bytes, 17);
	assert_int_equal(f.n_given[FILTER_MIN_BYTES], 1);
	bad(FILTER_MIN_BYTES, "0");
	bad(FILTER_MIN_BYTES, "1kb");
}

/* As many of each as there is room for, and not one more. */
TEST_FN(test_too_many)
{
	static const char *const good[FILTER_MIN_BYTES] = {
		[FILTER_PID] = "1", [FILTER_COMM] = "a", [FILTER_CGROUP] = "/a",
		[FILTER_NETNS] = "1", [FILTER_PORT] = "1", [FILTER_LPORT] = "1",
		[FILTER_RPORT] = "1", [FILTER_ADDR] = "::1", [FILTER_PATH] = "/a",
		[FILTER_INODE] = "1:1:1",
	};
	struct filter f = { 0 };

	for (int kind = 0; kind < FILTER_MIN_BYTES; kind++) {
		for (int i = 0; i < PF_FILTER_VALUES; i++)
			assert_int_equal(filter_add(&f, kind, good[kind]), 0);
		assert_int_equal(filter_add(&f, kind, good[kind]), -E2BIG);
	}
	groups(&f, 3 * PF_FILTER_VALUES, 5 * PF_FILTER_VALUES, 2 * PF_FILTER_VALUES);
	assert_int_equal(f.spec.n_addrs, PF_FILTER_VALUES);
}

TEST_FN(test_text)
{
	char text[FILTER_TEXT_LEN];
	struct filter f = { 0 };

	assert_string_equal(filter_text(&f, text, sizeof(text)), "");
	filter_add(&f, FILTER_PORT, "80");
	assert_string_equal(filter_text(&f, text, sizeof(text)), "port 80");
	filter_add(&f, FILTER_PID, "12");
	filter_add(&f, FILTER_PORT, "443");
	filter_add(&f, FILTER_PORT, "8080");
	filter_add(&f, FILTER_MIN_BYTES, "1K");
	assert_string_equal(filter_text(&f, text, sizeof(text)),
			    "pid 12, port 80 or 443 or 8080, min-bytes 1K");
	assert_string_equal(filter_text(&f, text, 10), "pid 12, p");
}

/* The rows that commands put into their tables. */
TEST_FN(test_options)
{
	static const struct opt rows[] = { FILTER_OPTS(0), { 0 } };
	static const struct command_spec spec = { .name = "test", .opts = rows };
	char *argv[] = { "test", "--port=80", "--addr", "10.0.0.0/8", "--port", "81", NULL };
	char *wrong[] = { "test", "--lport", "x", NULL };
	struct err err;
	struct filter f = { 0 };
	int first;

	for (int kind = 0; kind < FILTER_MAX; kind++) {
		assert_string_equal(rows[kind].name, filter_kind_name(kind));
		assert_int_equal(rows[kind].which, kind);
	}
	assert_int_equal(opts_parse(&spec, 6, argv, &f, &first, &err), 0);
	assert_int_equal(f.spec.n_ports, 2);
	assert_int_equal(f.spec.n_addrs, 1);
	assert_int_equal(opts_parse(&spec, 3, wrong, &f, &first, &err), -EINVAL);
	assert_string_equal(err.text, "--lport: 'x' is not a port from 1 to 65535");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pid),
		cmocka_unit_test(test_comm),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_netns),
		cmocka_unit_test(test_inode),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_min_bytes),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_options),
	};

	return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
