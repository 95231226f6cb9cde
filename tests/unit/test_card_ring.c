// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Chains of a virtqueue, and a driver that breaks the rules. */
#include "lib/test.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

static struct guest g;
static struct ring r;
static struct chain c;

static int setup(void **state)
{
	(void)state;
	guest_init(&g, &r);
	memset(&c, 0, sizeof(c));
	return 0;
}

static int take(void)
{
	return ring_take(&r, &g.memory, false, &c);
}

static void refused(void)
{
	uint16_t next = r.next;

	assert_int_equal(take(), -EINVAL);
	assert_int_equal(r.next, next);
}

TEST_FN(test_addresses)
{
	assert_ptr_equal(memory_of_guest(&g.memory, GUEST_BASE, GUEST_SIZE), g.bytes);
	assert_ptr_equal(memory_of_owner(&g.memory, GUEST_OWNER + 5, 1), g.bytes + 5);
	assert_null(memory_of_guest(&g.memory, GUEST_BASE, GUEST_SIZE + 1));
	assert_null(memory_of_guest(&g.memory, GUEST_BASE - 1, 1));
	assert_null(memory_of_guest(&g.memory, GUEST_BASE + 1, GUEST_SIZE));
	assert_null(memory_of_guest(&g.memory, GUEST_BASE + 1, UINT64_MAX));
	assert_null(memory_of_guest(&g.memory, UINT64_MAX, 2));
	assert_null(memory_of_guest(&g.memory, GUEST_OWNER, 1));
}

TEST_FN(test_chain)
{
	uint8_t got[16];

	assert_int_equal(take(), 0);
	memcpy(g.bytes + 100, "abc", 3);
	memcpy(g.bytes + 200, "defgh", 5);
	memcpy(g.bytes + 300, "ij", 2);
	guest_desc(&g, 5, 100, 3, 1, false);
	guest_desc(&g, 1, 200, 5, 7, false);
	guest_desc(&g, 7, 300, 2, -1, false);
	guest_offer(&g, 5);
	assert_int_equal(ring_waiting(&r), 1);
	assert_int_equal(take(), 1);
	assert_int_equal(ring_waiting(&r), 0);
	assert_int_equal(c.id, 5);
	assert_int_equal(c.n, 3);
	assert_int_equal(c.len, 10);
	chain_read(&c, 0, 10, got);
	assert_memory_equal(got, "abcdefghij", 10);
	chain_read(&c, 2, 7, got);
	assert_memory_equal(got, "cdefghi", 7);
	chain_read(&c, 8, 2, got);
	assert_memory_equal(got, "ij", 2);
	assert_int_equal(take(), 0);
}

/* The card reads the pages of a chain when it is time, not when it takes the chain. */
TEST_FN(test_bytes_by_reference)
{
	uint8_t got[1];

	guest_desc(&g, 0, 0, 1, -1, false);
	guest_offer(&g, 0);
	assert_int_equal(take(), 1);
	g.bytes[0] = 'x';
	chain_read(&c, 0, 1, got);
	assert_int_equal(got[0], 'x');
}

TEST_FN(test_fill)
{
	guest_desc(&g, 0, 10, 4, 1, true);
	guest_desc(&g, 1, 20, 4, -1, true);
	guest_offer(&g, 0);
	assert_int_equal(ring_take(&r, &g.memory, true, &c), 1);
	assert_int_equal(chain_write(&c, (const uint8_t *)"abcdef", 6), 6);
	assert_memory_equal(g.bytes + 10, "abcd", 4);
	assert_memory_equal(g.bytes + 20, "ef\0", 3);
	assert_int_equal(chain_write(&c, (const uint8_t *)"0123456789", 10), 8);
	assert_memory_equal(g.bytes + 20, "4567\0", 5);
}

TEST_FN(test_indices_wrap)
{
	r.next = g.avail->idx = 65534;
	for (unsigned int i = 0; i < 4; i++) {
		guest_desc(&g, i, i, 1, -1, false);
		guest_offer(&g, i);
	}
	for (unsigned int i = 0; i < 4; i++) {
		assert_int_equal(take(), 1);
		assert_int_equal(c.id, i);
	}
	assert_int_equal(take(), 0);
	assert_int_equal(r.next, 2);
}

TEST_FN(test_used)
{
	ring_use(&r, 65535, 3, 77);
	assert_int_equal(g.used->idx, 0);
	assert_true(ring_publish(&r, 0));
	assert_int_equal(g.used->ring[7].id, 3);
	assert_int_equal(g.used->ring[7].len, 77);
	g.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	assert_false(ring_publish(&r, 1));
	assert_int_equal(g.used->idx, 1);
}

TEST_FN(test_buffers_outside)
{
	guest_desc(&g, 0, GUEST_SIZE - 1, 2, -1, false);
	guest_offer(&g, 0);
	refused();
	g.desc[0].addr = UINT64_MAX;
	refused();
	g.desc[0].addr = GUEST_BASE;
	g.desc[0].len = 0;
	refused();
	g.desc[0].len = UINT32_MAX;
	refused();
}

TEST_FN(test_wrong_direction)
{
	guest_desc(&g, 0, 0, 1, 1, false);
	guest_desc(&g, 1, 0, 1, -1, true);
	guest_offer(&g, 0);
	refused();
	g.desc[1].flags = VRING_DESC_F_INDIRECT;
	refused();
}

TEST_FN(test_chain_without_end)
{
	guest_desc(&g, 0, 0, 1, 0, false);
	guest_offer(&g, 0);
	refused();
	g.desc[0].next = GUEST_RING;
	refused();
}

TEST_FN(test_wild_indices)
{
	guest_desc(&g, 0, 0, 1, -1, false);
	guest_offer(&g, GUEST_RING);
	refused();
	g.avail->ring[0] = 0;
	g.avail->idx = GUEST_RING + 1;
	refused();
	g.avail->idx = GUEST_RING;
	assert_int_equal(take(), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_addresses, setup),
		cmocka_unit_test_setup(test_chain, setup),
		cmocka_unit_test_setup(test_bytes_by_reference, setup),
		cmocka_unit_test_setup(test_fill, setup),
		cmocka_unit_test_setup(test_indices_wrap, setup),
		cmocka_unit_test_setup(test_used, setup),
		cmocka_unit_test_setup(test_buffers_outside, setup),
		cmocka_unit_test_setup(test_wrong_direction, setup),
		cmocka_unit_test_setup(test_chain_without_end, setup),
		cmocka_unit_test_setup(test_wild_indices, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
