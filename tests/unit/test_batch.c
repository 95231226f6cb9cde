// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Records go in and come out as they were, aligned, until it is full. */
#include <stdlib.h>
#include <string.h>

#include "kernel/batch.h"
#include "lib/test.h"

TEST_FN(test_in_and_out)
{
	static const size_t sizes[] = { 1, 7, 8, 9, 0, 248, 880 };
	struct batch *b = calloc(1, sizeof(*b));
	unsigned char record[1024];
	const unsigned char *out;
	size_t at = 0, size;

	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		memset(record, (int)i + 1, sizes[i]);
		assert_true(batch_add(b, record, sizes[i]));
	}
	for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
		out = batch_next(b, &at, &size);
		assert_non_null(out);
		assert_int_equal(size, sizes[i]);
		assert_int_equal((uintptr_t)out % sizeof(__u64), 0);
		for (size_t k = 0; k < size; k++)
			assert_int_equal(out[k], i + 1);
	}
	assert_null(batch_next(b, &at, &size));
	free(b);
}

TEST_FN(test_full)
{
	struct batch *b = calloc(1, sizeof(*b));
	char *record = calloc(1, BATCH_BYTES + 1);
	size_t n = 0, at = 0, size, out = 0;

	assert_false(batch_add(b, record, BATCH_BYTES + 1));
	assert_false(batch_add(b, record, BATCH_BYTES));
	assert_false(batch_add(b, record, (size_t)-1));
	while (batch_add(b, record, 248))
		n++;
	assert_int_equal(n, BATCH_BYTES / 256);
	while (batch_next(b, &at, &size))
		out++;
	assert_int_equal(out, n);
	b->used = 0;
	assert_true(batch_add(b, record, BATCH_BYTES - sizeof(__u64)));
	free(record);
	free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_and_out),
		cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
