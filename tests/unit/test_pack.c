// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_pack.c - what was packed comes back, and what was not is refused. */
#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "record/pack.h"

static char *text;
static size_t len;

static FILE *begin(void)
{
	return open_memstream(&text, &len);
}

TEST_FN(all_comes_back)
{
	__u64 words[100] = { [3] = 7, [99] = (__u64)-1 }, back[100] = { [3] = 1 };
	FILE *out = begin();
	struct unpack u;

	pack_u64(out, 12345678901234567ull);
	pack_text(out, "text");
	pack_text(out, NULL);
	pack_text(out, "");
	pack_words(out, words, 100);
	fclose(out);
	u = (struct unpack){ text, len, false };
	assert_int_equal(unpack_u64(&u), 12345678901234567ull);
	assert_string_equal(unpack_text(&u), "text");
	assert_null(unpack_text(&u));
	assert_string_equal(unpack_text(&u), "");
	assert_true(unpack_words(&u, back, 100));
	assert_int_equal(back[3], 8);
	assert_int_equal(back[99], (__u64)-1);
	assert_false(u.bad);
	assert_int_equal(u.left, 0);
	free(text);
}

/* Whatever is cut off, nothing behind the end is read. */
TEST_FN(cut_is_bad)
{
	__u64 words[4] = { 1, 2, 3, 4 };
	FILE *out = begin();

	pack_text(out, "text");
	pack_words(out, words, 4);
	fclose(out);
	for (size_t n = 0; n < len; n++) {
		char *part = malloc(n ? n : 1);
		struct unpack u = { part, n, false };
		__u64 back[4] = { 0 };

		memcpy(part, text, n);
		unpack_text(&u);
		assert_false(unpack_words(&u, back, 4));
		assert_true(u.bad);
		free(part);
	}
	free(text);
}

TEST_FN(word_that_does_not_exist_is_bad)
{
	__u64 words[8] = { [7] = 1 }, back[7] = { 0 };
	FILE *out = begin();
	struct unpack u;

	pack_words(out, words, 8);
	fclose(out);
	u = (struct unpack){ text, len, false };
	assert_false(unpack_words(&u, back, 7));
	free(text);
}

/* A text without its NUL would be read beyond its end. */
TEST_FN(text_without_end_is_bad)
{
	__u64 four = 4;
	char bytes[16] = "";
	struct unpack u = { bytes, 13, false };

	memcpy(bytes, &four, 8);
	memcpy(bytes + 8, "abcde", 5);
	assert_null(unpack_text(&u));
	assert_true(u.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_comes_back),
		cmocka_unit_test(cut_is_bad),
		cmocka_unit_test(word_that_does_not_exist_is_bad),
		cmocka_unit_test(text_without_end_is_bad),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
