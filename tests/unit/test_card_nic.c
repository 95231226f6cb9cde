// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* When a card reads the pages of a packet, and how a packet reaches a guest. */
#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "card/nic.h"
#include "guest.h"

#define LEN 100		/* of a packet */
#define MS 1000

static struct guest g;
static struct nic nic;
static uint8_t passed[NIC_PACKET];
static unsigned int n_passed;

static void pass(struct nic *c, const uint8_t *bytes, uint32_t len)
{
	assert_ptr_equal(c, &nic);
	memcpy(passed, bytes, len);
	n_passed++;
}

static int setup(void **state)
{
	struct ring r;

	(void)state;
	memset(&nic, 0, sizeof(nic));
	guest_init(&g, &r);
	nic_init(&nic);
	nic.memory = g.memory;
	n_passed = 0;
	for (unsigned int i = 0; i < NIC_RINGS; i++) {
		nic.ring[i] = r;
		nic.enabled[i] = nic.started[i] = true;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	nic_stop(&nic, NIC_TX);
	return 0;
}

static void transmit(uint8_t byte)
{
	memset(g.bytes, byte, LEN);
	guest_desc(&g, 0, 0, LEN / 4, 1, false);
	guest_desc(&g, 1, LEN / 4, LEN - LEN / 4, -1, false);
	guest_offer(&g, 0);
}

TEST_FN(test_at_once)
{
	transmit('a');
	assert_int_equal(nic_waiting(&nic), 1);
	nic_take(&nic, 7, LATE_NOT);
	assert_int_equal(nic_work(&nic, 7, pass), UINT64_MAX);
	assert_int_equal(n_passed, 1);
	assert_int_equal(passed[0], 'a');
	assert_int_equal(g.used->idx, 1);
	assert_int_equal(nic_waiting(&nic), 0);
}

TEST_FN(test_late)
{
	transmit('a');
	nic_take(&nic, 0, LATE_3_MS);
	assert_int_equal(nic_work(&nic, 3 * MS - 1, pass), 3 * MS);
	assert_int_equal(n_passed, 0);
	assert_int_equal(g.used->idx, 0);
	assert_int_equal(nic_waiting(&nic), 1);
	memset(g.bytes, 'b', LEN);
	assert_int_equal(nic_work(&nic, 3 * MS, pass), UINT64_MAX);
	assert_int_equal(n_passed, 1);
	assert_int_equal(passed[0], 'b');
	assert_int_equal(g.used->idx, 1);
}

TEST_FN(test_halves)
{
	uint64_t due;

	transmit('a');
	nic_take(&nic, 0, LATE_HALVES);
	due = nic_work(&nic, 3 * MS, pass);
	assert_true(due > 3 * MS && due != UINT64_MAX);
	memset(g.bytes, 'b', LEN);
	assert_int_equal(nic_work(&nic, due, pass), UINT64_MAX);
	assert_int_equal(n_passed, 1);
	assert_int_equal(passed[LEN / 2 - 1], 'a');
	assert_int_equal(passed[LEN / 2], 'b');
}

/* A packet that is due waits for the one before it. */
TEST_FN(test_order)
{
	transmit('a');
	nic_take(&nic, 0, LATE_30_MS);
	guest_offer(&g, 0);
	nic_take(&nic, 0, LATE_NOT);
	assert_int_equal(nic_work(&nic, 1, pass), 30 * MS);
	assert_int_equal(n_passed, 0);
	assert_int_equal(nic_work(&nic, 30 * MS, pass), UINT64_MAX);
	assert_int_equal(n_passed, 2);
	assert_int_equal(g.used->idx, 2);
}

/* One packet in three buffers, of which the first says so. */
TEST_FN(test_give)
{
	uint8_t packet[LEN];

	for (unsigned int i = 0; i < LEN; i++)
		packet[i] = i;
	for (unsigned int i = 0; i < 2; i++) {
		guest_desc(&g, i, 1000 * i, 40, -1, true);
		guest_offer(&g, i);
	}
	nic_give(&nic, packet, LEN);
	assert_int_equal(g.used->idx, 0);	/* two are too few */
	guest_desc(&g, 2, 2000, 40, -1, true);
	guest_offer(&g, 2);
	nic_drain(&nic);
	assert_int_equal(g.used->idx, 3);
	assert_int_equal(g.used->ring[2].id, 2);
	assert_int_equal(g.used->ring[2].len, 20);
	assert_int_equal(g.bytes[10] | g.bytes[11] << 8, 3);
	assert_memory_equal(g.bytes + 12, packet + 12, 28);
	assert_memory_equal(g.bytes + 1000, packet + 40, 40);
	assert_memory_equal(g.bytes + 2000, packet + 80, 20);
	assert_true(STAILQ_EMPTY(&nic.backlog));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_late, setup, teardown),
		cmocka_unit_test_setup_teardown(test_halves, setup, teardown),
		cmocka_unit_test_setup_teardown(test_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_give, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
