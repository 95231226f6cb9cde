// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include "base/procmaps.h"
#include "lib/test.h"

TEST_FN(test_lines)
{
	static const struct {
		const char *line;
		bool taken;
	} rows[] = {
		{ "7f0000000000-7f0000004000 rw-s 00002000 08:01 1234        /srv/a file\n", true },
		{ "7f0000000000-7f0000004000 rwxs 00002000 08:01 1234 /srv/a (deleted)\n", true },
		{ "7f0000000000-7f0000004000 -w-s 00002000 08:01 1234", true },
		{ "7f0000000000-7f0000004000 r--s 00002000 08:01 1234 /a\n", false },
		{ "7f0000000000-7f0000004000 rw-p 00002000 08:01 1234 /a\n", false },
		{ "7f0000000000-7f0000004000 rw-s 00002000 00:00 0 \n", false },
		{ "7f0000004000-7f0000004000 rw-s 00002000 08:01 1234 /a\n", false },
		{ "7f0000000000-7f0000004000 rw-s 00002000 08:01\n", false },
		{ "7f0000000000-7f0000004000 rw 00002000 08:01 1234 /a\n", false },
		{ "7f0000000000 rw-s 00002000 08:01 1234 /a\n", false },
		{ "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n", false },
		{ "\n", false },
		{ "", false },
	};
	struct mapping m;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		m = (struct mapping){ 0 };
		assert_int_equal(procmaps_shared_writable(rows[i].line, &m), rows[i].taken);
		assert_int_equal(m.start, rows[i].taken ? 0x7f0000000000 : 0);
		assert_int_equal(m.end, rows[i].taken ? 0x7f0000004000 : 0);
		assert_int_equal(m.offset, rows[i].taken ? 0x2000 : 0);
		assert_int_equal(m.dev, rows[i].taken ? 8 << 20 | 1 : 0);
		assert_int_equal(m.ino, rows[i].taken ? 1234 : 0);
	}
}

/* Bytes 8192 to 24575 of the file. */
TEST_FN(test_covers)
{
	const struct mapping m = { .start = 0x10000, .end = 0x14000, .offset = 8192 };

	assert_false(procmaps_covers(&m, 0, 8192));
	assert_true(procmaps_covers(&m, 0, 8193));
	assert_true(procmaps_covers(&m, 8192, 1));
	assert_true(procmaps_covers(&m, 24575, 1));
	assert_false(procmaps_covers(&m, 24576, 1));
	assert_true(procmaps_covers(&m, 0, 1 << 20));
	assert_true(procmaps_covers(&m, 8000, -1ull));
	assert_false(procmaps_covers(&m, 8192, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_covers),
	};

	return cmocka_run_group_tests_name("maps", tests, NULL, NULL);
}
