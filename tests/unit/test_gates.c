// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What the truth bench does to packets, and what it knows of their bytes. */
#include "lib/test.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "truth/gates.h"

#define PORT 10007
#define FIRST 1000		/* sequence number of the SYN */

static struct gates g;
static char out[64];		/* first byte of each packet's data, as they come out */
static unsigned int n_out, n_back;

static void put(bool to_there, const uint8_t *bytes, uint32_t len)
{
	if (!to_there)
		n_back++;
	else if (len > sizeof(struct iphdr) + sizeof(struct tcphdr))
		out[n_out++] = bytes[sizeof(struct iphdr) + sizeof(struct tcphdr)];
}

static void obey(enum gate_op op, uint32_t a, uint32_t b)
{
	struct gate_order o = { .op = op, .a = a, .b = b, .rng = { .state = 1 } };
	struct gate_answer answer;

	gates_obey(&g, &o, &answer);
}

static void packet(bool to_there, uint32_t seq, const char *data, bool syn, uint32_t ack)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
		char data[64];
	} p = {
		.ip = { .version = 4, .ihl = 5, .protocol = IPPROTO_TCP },
		.tcp = { .doff = 5, .syn = syn, .ack = !syn, .ack_seq = htonl(ack),
			 .seq = htonl(seq) },
	};

	*(to_there ? &p.tcp.source : &p.tcp.dest) = htons(PORT);
	strcpy(p.data, data);
	gates_pass(&g, 0, to_there, (void *)&p, sizeof(p) - sizeof(p.data) + strlen(data));
}

static void data(uint32_t off, const char *text)
{
	packet(true, FIRST + 1 + off, text, false, 1);
}

static int setup(void **state)
{
	(void)state;
	memset(out, 0, sizeof(out));
	n_out = n_back = 0;
	gates_init(&g, 0, put);
	obey(GATE_FOLLOW, PORT, 0);
	packet(true, FIRST, "", true, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	obey(GATE_FOLLOW, PORT, 0);
	return 0;
}

TEST_FN(test_versions)
{
	data(0, "aaaa");
	data(4, "bbbb");
	assert_int_equal(g.seen.end, 8);
	assert_int_equal(g.seen.resent, 0);
	data(0, "aaaa");
	assert_int_equal(g.seen.changed, 0);
	data(2, "aXXb");
	assert_int_equal(g.seen.resent, 2);
	assert_int_equal(g.seen.changed, 2);
	assert_memory_equal(g.changes, "\0\0\0\1\1\0\0\0", 8);
	data(2, "aYYb");	/* a byte is counted once */
	assert_int_equal(g.seen.changed, 2);
}

TEST_FN(test_hold_and_release)
{
	obey(GATE_HOLD, 0, 0);
	data(0, "a");
	data(1, "b");
	data(2, "c");
	assert_int_equal(g.seen.kept, 3);
	assert_string_equal(out, "");
	obey(GATE_RELEASE, ORDER_REVERSE, 0);
	assert_string_equal(out, "cba");
	assert_int_equal(g.seen.kept, 0);
	data(3, "d");
	assert_string_equal(out, "cbad");
}

TEST_FN(test_drop)
{
	obey(GATE_DROP, 1, 2);
	data(0, "a");
	data(1, "b");
	data(2, "c");
	assert_string_equal(out, "ac");
	assert_int_equal(g.seen.dropped, 1);
	obey(GATE_UNDROP, 1, 0);
	assert_string_equal(out, "acb");
}

TEST_FN(test_acks)
{
	data(0, "abcd");
	obey(GATE_HOLD_ACKS, 1, 0);
	packet(false, 1, "", false, FIRST + 1 + 4);
	assert_int_equal(n_back, 0);
	assert_int_equal(g.seen.acked, 0);
	obey(GATE_HOLD_ACKS, 0, 0);
	assert_int_equal(n_back, 1);
	assert_int_equal(g.seen.acked, 4);
}

/* Each packet that is delayed comes out once, when it is due. */
TEST_FN(test_jitter)
{
	uint64_t now = 0, next;
	unsigned int before;

	obey(GATE_WEATHER, WEATHER_JITTER, LATE_NOT);
	for (unsigned int i = 0; i < 26; i++)
		data(i, (char[]){ 'a' + i, '\0' });
	assert_int_equal(n_out + g.seen.kept, 26);
	while ((next = gates_tick(&g, now)) != UINT64_MAX) {
		assert_true(next > now);
		before = n_out;
		gates_tick(&g, next - 1);
		assert_int_equal(n_out, before);
		now = next;
	}
	assert_int_equal(n_out, 26);
	assert_int_equal(g.seen.kept, 0);
	assert_string_not_equal(out, "abcdefghijklmnopqrstuvwxyz");
	for (unsigned int i = 0; i < 26; i++)
		assert_non_null(strchr(out, 'a' + i));
}

TEST_FN(test_storm)
{
	obey(GATE_WEATHER, WEATHER_STORM, LATE_NOT);
	for (unsigned int i = 0; i < 60; i++)
		data(i, "a");
	assert_int_equal(n_out + g.seen.dropped, 60);
	assert_true(g.seen.dropped > 0 && g.seen.dropped < 60);
	assert_int_equal(g.seen.end, 60);	/* what is lost on the way was transmitted */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
		cmocka_unit_test_setup_teardown(test_hold_and_release, setup, teardown),
		cmocka_unit_test_setup_teardown(test_drop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_acks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_jitter, setup, teardown),
		cmocka_unit_test_setup_teardown(test_storm, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
