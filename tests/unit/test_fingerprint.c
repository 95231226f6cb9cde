// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * The fingerprint: which changes it must see, and that it is the same on every
 * machine and in every build.
 */
#include <string.h>

#include "fingerprint.h"
#include "lib/test.h"

#define PAGE 4096u

/* As the kernel side does it: in whole blocks, the last filled up with zeros. */
static __u64 fp_of(const void *bytes, __u32 len)
{
	__u64 block[PF_FP_BLOCK / 8];
	struct pf_fp p;

	pf_fp_begin(&p);
	for (__u32 at = 0; at < len; at += PF_FP_BLOCK) {
		__u32 n = len - at < PF_FP_BLOCK ? len - at : PF_FP_BLOCK;

		memset(block, 0, sizeof(block));
		memcpy(block, (const char *)bytes + at, n);
		pf_fp_block(&p, block);
	}
	return pf_fp_end(&p, len);
}

static __u64 random_state = 1;

static __u64 next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

static void fill(unsigned char *page, int kind)
{
	for (__u32 i = 0; i < PAGE; i++)
		page[i] = kind == 0 ? 0 : kind == 1 ? 0xff : next_random();
}

/* Give a byte another value and take it back. */
static void see_change(unsigned char *page, __u32 len, __u32 at, unsigned char flip)
{
	__u64 was = fp_of(page, len);

	page[at] ^= flip;
	if (fp_of(page, len) == was)
		fail_msg("byte %u of %u, flipped by %02x", at, len, flip);
	page[at] ^= flip;
}

TEST_FN(test_every_byte_counts)
{
	unsigned char page[PAGE];

	for (int kind = 0; kind < 3; kind++) {
		fill(page, kind);
		for (__u32 len = 1; len <= 1024; len++)
			for (__u32 at = 0; at < len; at++)
				see_change(page, len, at, 1 << (at + len) % 8);
		for (__u32 at = 0; at < PAGE; at++)
			see_change(page, PAGE, at, 0x80 >> at % 8);
	}
}

/* At every length: the ends, and bytes drawn. */
TEST_FN(test_every_length)
{
	unsigned char page[PAGE];

	fill(page, 2);
	for (__u32 len = 1; len <= PAGE; len++) {
		see_change(page, len, 0, 1);
		see_change(page, len, len - 1, 0x80);
		for (int i = 0; i < 8; i++)
			see_change(page, len, next_random() % len, 1 + next_random() % 255);
	}
}

TEST_FN(test_every_bit_of_a_page)
{
	unsigned char page[PAGE];
	__u64 was;

	fill(page, 2);
	was = fp_of(page, PAGE);
	for (__u32 bit = 0; bit < PAGE * 8; bit++) {
		page[bit / 8] ^= 1 << bit % 8;
		assert_int_not_equal(fp_of(page, PAGE), was);
		page[bit / 8] ^= 1 << bit % 8;
	}
}

/* What behind the piece is in memory does not count. */
TEST_FN(test_only_these_bytes)
{
	unsigned char page[PAGE], other[PAGE];

	fill(page, 2);
	for (__u32 len = 1; len < PAGE; len += 61) {
		memcpy(other, page, len);
		memset(other + len, ~page[len], PAGE - len);
		assert_int_equal(fp_of(page, len), fp_of(other, len));
	}
}

/* The high bit of two words: a sum or a plain product would let them cancel. */
TEST_FN(test_flipped_signs)
{
	unsigned char page[PAGE];

	for (int kind = 0; kind < 3; kind++) {
		__u64 was;

		fill(page, kind);
		was = fp_of(page, PAGE);
		for (__u32 a = 7; a < 64 * 8; a += 8) {
			for (__u32 b = a + 8; b < PAGE; b += 8) {
				page[a] ^= 0x80;
				page[b] ^= 0x80;
				assert_int_not_equal(fp_of(page, PAGE), was);
				page[a] ^= 0x80;
				page[b] ^= 0x80;
			}
		}
	}
}

/* Two words or two bytes that change places. */
TEST_FN(test_order_counts)
{
	unsigned char page[PAGE], other[PAGE];
	__u64 was;

	fill(page, 2);
	was = fp_of(page, PAGE);
	for (__u32 step = 8; step < PAGE; step += 8) {
		memcpy(other, page, PAGE);
		memcpy(other, page + step, 8);
		memcpy(other + step, page, 8);
		assert_int_not_equal(fp_of(other, PAGE), was);
	}
	for (__u32 at = 0; at + 1 < PAGE; at++) {
		memcpy(other, page, PAGE);
		if (page[at] == page[at + 1])
			continue;
		other[at] = page[at + 1];
		other[at + 1] = page[at];
		assert_int_not_equal(fp_of(other, PAGE), was);
	}
}

/* Zeros of any length differ, and none is 0, which stands for no fingerprint. */
TEST_FN(test_length_counts)
{
	static const unsigned char zeros[PAGE];
	__u64 fps[PAGE];

	for (__u32 len = 1; len <= PAGE; len++) {
		fps[len - 1] = fp_of(zeros, len);
		assert_int_not_equal(fps[len - 1], 0);
	}
	for (__u32 a = 0; a < PAGE; a++)
		for (__u32 b = a + 1; b < PAGE; b++)
			assert_int_not_equal(fps[a], fps[b]);
}

/* The one state that would come out as 0, by going through the steps backwards. */
static __u64 undo_step(__u64 out, __u64 acc)
{
	__u64 inverse = PF_FP_MUL;

	for (int i = 0; i < 6; i++)	/* Newton: right bits double each time */
		inverse *= 2 - PF_FP_MUL * inverse;
	return __builtin_bswap64(out * inverse) ^ acc;
}

TEST_FN(test_never_zero)
{
	struct pf_fp p = { .lane = { 1, 2, 3 } };
	__u64 sum = pf_fp_step(PAGE, p.lane[0]);

	sum = pf_fp_step(sum, p.lane[1]);
	sum = pf_fp_step(sum, p.lane[2]);
	p.lane[3] = undo_step(0, sum);
	assert_int_equal(pf_fp_step(sum, p.lane[3]), 0);
	assert_int_equal(pf_fp_end(&p, PAGE), 1);
	p.lane[3]++;
	assert_true(pf_fp_end(&p, PAGE) > 1);
}

/* Kernel side and user space may be built years apart. */
TEST_FN(test_fixed_values)
{
	unsigned char page[PAGE];

	for (__u32 i = 0; i < PAGE; i++)
		page[i] = i * 7 + (i >> 8);
	assert_int_equal(fp_of(page, 1), 0xbaf888ffb02d2f04);
	assert_int_equal(fp_of(page, 128), 0x92eddb8cd0350);
	assert_int_equal(fp_of(page, PAGE), 0xdcf286f2127b3439);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_byte_counts),
		cmocka_unit_test(test_every_length),
		cmocka_unit_test(test_every_bit_of_a_page),
		cmocka_unit_test(test_only_these_bytes),
		cmocka_unit_test(test_flipped_signs),
		cmocka_unit_test(test_order_counts),
		cmocka_unit_test(test_length_counts),
		cmocka_unit_test(test_never_zero),
		cmocka_unit_test(test_fixed_values),
	};

	return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
