// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Values as text, each at the edges of its form. */
#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "lib/test.h"

TEST_FN(test_time)
{
	char buf[FMT_TIME_LEN];

	assert_string_equal(fmt_time(buf, 1769860800123456789ull), "2026-01-31T12:00:00.123456Z");
	assert_string_equal(fmt_time(buf, 0), "1970-01-01T00:00:00.000000Z");
	assert_string_equal(fmt_clock(buf, 1769860800123456789ull, true), "12:00:00.123");
	assert_string_equal(fmt_clock(buf, 1769860800123456789ull, false), "12:00:00");
}

TEST_FN(test_size)
{
	static const struct {
		__u64 bytes;
		const char *text;
	} rows[] = {
		{ 0, "0" }, { 4096, "4096" }, { 9999, "9999" }, { 10000, "10000" },
		{ 12345, "12345" }, { 65536, "65536" }, { 99999, "99999" }, { 100000, "97.7K" },
		{ 102348, "99.9K" }, { 102400, "100K" },
		{ 1048063, "1023K" }, { 1048064, "1.0M" }, { 1048575, "1.0M" },
		{ 1ull << 30, "1.0G" }, { (__u64)-1, "16.0E" },
	};
	char buf[FMT_SIZE_LEN];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(fmt_size(buf, rows[i].bytes), rows[i].text);
	for (int shift = 0; shift < 64; shift++) {
		assert_true(strlen(fmt_size(buf, (1ull << shift) - 1)) <= 5);
		assert_true(strlen(fmt_size(buf, 1ull << shift)) <= 5);
	}
}

TEST_FN(test_age)
{
	static const struct {
		__u64 ns;
		const char *text;
	} rows[] = {
		{ 0, "0ns" }, { 999, "999ns" }, { 1000, "1.0us" }, { 9999, "9.9us" },
		{ 10000, "10us" }, { 999999, "999us" }, { 1000000, "1.0ms" },
		{ 1234000000, "1.2s" }, { 599999999999ull, "599s" }, { 600000000000ull, "10m" },
		{ 35999000000000ull, "599m" }, { 36000000000000ull, "10h" },
		{ 864000000000000ull, "10d" }, { (__u64)-1, "213503d" },
	};
	char buf[FMT_SIZE_LEN];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(fmt_age(buf, rows[i].ns), rows[i].text);
}

TEST_FN(test_addr)
{
	const __u8 four[16] = { [10] = 0xff, 0xff, 192, 168, 100, 200 };
	const __u8 six[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };
	const __u8 any[16] = { 0 };
	__u8 longest[16];
	char buf[FMT_ADDR_LEN];

	assert_string_equal(fmt_addr(buf, four, 65535), "192.168.100.200:65535");
	assert_string_equal(fmt_addr(buf, six, 443), "[2001:db8::1]:443");
	assert_string_equal(fmt_addr(buf, any, 0), "[::]:0");
	assert_string_equal(fmt_host(buf, four), "192.168.100.200");
	assert_string_equal(fmt_host(buf, six), "2001:db8::1");
	assert_string_equal(fmt_host(buf, any), "::");
	memset(longest, 0xfe, sizeof(longest));
	assert_string_equal(fmt_addr(buf, longest, 65535),
			    "[fefe:fefe:fefe:fefe:fefe:fefe:fefe:fefe]:65535");
}

TEST_FN(test_dev)
{
	char buf[FMT_DEV_LEN];

	assert_string_equal(fmt_dev(buf, 8u << 20 | 1), "8:1");
	assert_string_equal(fmt_dev(buf, 0xffffffff), "4095:1048575");
}

TEST_FN(test_utf8)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		{ "\xf0\x9f\x9b\xab!", "\xf0\x9f\x9b\xab!" },
		{ "a\xff""b", "a\xef\xbf\xbd""b" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd" },			/* overlong */
		{ "\xe0\x80\xaf", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },	/* surrogate */
		{ "\xf4\x90\x80\x80",
		  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },		/* too large */
	};
	char buf[64];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(fmt_utf8(buf, sizeof(buf), rows[i].in), rows[i].out);
		assert_int_equal(fmt_is_utf8(rows[i].in), !strcmp(rows[i].in, rows[i].out));
		assert_true(fmt_is_utf8(buf));
	}
	assert_string_equal(fmt_utf8(buf, 4, "abc\xc3\xbc"), "abc");
	assert_string_equal(fmt_utf8(buf, 5, "abc\xc3\xbc"), "abc");
	assert_string_equal(fmt_utf8(buf, 6, "abc\xc3\xbc"), "abc\xc3\xbc");
}

/* The whole set: each kind is there, and the number leaves no room for others. */
TEST_FN(test_unsafe)
{
	unsigned int n = 0;

	for (__u32 point = 0; point <= 0x10ffff; point++)
		n += fmt_is_unsafe(point);
	assert_int_equal(n, 0x20 + 0x21 + 2 + 3 + 5 + 4);
	assert_true(fmt_is_unsafe('\033') && fmt_is_unsafe(0x7f) && fmt_is_unsafe(0x9b));
	assert_true(fmt_is_unsafe(0x2028) && fmt_is_unsafe(0x2029));
	assert_true(fmt_is_unsafe(0x061c) && fmt_is_unsafe(0x200e) && fmt_is_unsafe(0x200f));
	assert_true(fmt_is_unsafe(0x202a) && fmt_is_unsafe(0x202e));
	assert_true(fmt_is_unsafe(0x2066) && fmt_is_unsafe(0x2069));
}

TEST_FN(test_char)
{
	static const struct {
		const char *text;
		size_t len;
		__u32 point;
	} rows[] = {
		{ "", 1, 0 },
		{ "a", 1, 'a' },
		{ "\x7f", 1, 0x7f },
		{ "\xc2\x9b", 2, 0x9b },
		{ "\u2028", 3, 0x2028 },
		{ "\U0010ffff", 4, 0x10ffff },
		{ "\x80", 0, 12345 },		/* untouched */
		{ "\xe2\x80", 0, 12345 },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		__u32 point = 12345;

		assert_int_equal(fmt_char(rows[i].text, &point), rows[i].len);
		assert_int_equal(point, rows[i].point);
	}
}

TEST_FN(test_cell)
{
	static const struct {
		const char *in;
		size_t width;
		bool start;
		const char *out;
	} rows[] = {
		{ "short", 5, false, "short" },
		{ "short", 4, false, "sho~" },
		{ "short", 4, true, "~ort" },
		{ "short", 1, false, "~" },
		{ "short", 1, true, "~" },
		{ "short", 0, true, "" },
		{ "", 3, false, "" },
		{ "\xc3\xbc\xc3\xbc\xc3\xbc", 2, false, "\xc3\xbc~" },
		{ "\xc3\xbc\xc3\xbc\xc3\xbc", 2, true, "~\xc3\xbc" },
		{ "a\033[31mb\n\x7f", 20, false, "a?[31mb??" },
		{ "a\xc2\x9b""31mb", 20, false, "a?31mb" },
		{ "a\xff\xfe", 20, false, "a??" },
		{ "\xff\xfe\xfd", 2, true, "~?" },
		{ "a\u2028b\u202ecod.exe\u061c", 20, false, "a?b?cod.exe?" },
	};
	char buf[82];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_string_equal(fmt_cell(buf, sizeof(buf), rows[i].in, rows[i].width,
					     rows[i].start), rows[i].out);
		assert_true(fmt_width(buf) <= rows[i].width);
	}
}

/* No length of the buffer is overrun, whatever the width. */
TEST_FN(test_cell_in_small_buffers)
{
	for (size_t len = 3; len < 20; len++) {
		char *buf = malloc(len);

		for (size_t width = 0; width < 20; width++) {
			fmt_cell(buf, len, "\xc3\xbc""abc\xf0\x9f\x9b\xab", width, width & 1);
			assert_true(strlen(buf) < len);
		}
		free(buf);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_age),
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_dev),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_unsafe),
		cmocka_unit_test(test_char),
		cmocka_unit_test(test_cell),
		cmocka_unit_test(test_cell_in_small_buffers),
	};

	return cmocka_run_group_tests_name("fmt", tests, NULL, NULL);
}
