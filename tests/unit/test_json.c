// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* A line of JSON is what was meant, to the byte, or it is an error. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/json.h"
#include "sample.h"
#include "lib/test.h"

/* Which allocations fail: those with a number in [fail_from, fail_to). */
static unsigned int allocations, fail_from, fail_to;

/* The writer allocates by this one alone. */
void *reallocarray(void *old, size_t n, size_t size)
{
	unsigned int number = allocations++;

	return number >= fail_from && number < fail_to ? NULL : realloc(old, n * size);
}

struct page {
	FILE *out;
	char *text;
	size_t len;
};

static void page_open(struct page *page)
{
	page->out = open_memstream(&page->text, &page->len);
	assert_non_null(page->out);
}

static void page_expect(struct page *page, const char *text)
{
	fclose(page->out);
	assert_string_equal(page->text, text);
	free(page->text);
}

TEST_FN(test_kinds)
{
	struct page page;
	struct json j;

	page_open(&page);
	json_begin(&j);
	json_u64(&j, "zero", 0);
	json_u64(&j, "most", -1ull);
	json_bool(&j, "yes", true);
	json_bool(&j, "no", false);
	json_null(&j, "unknown");
	json_text(&j, "none", NULL);
	json_text(&j, "text", "");
	json_object(&j, "object");
	json_object_end(&j);
	json_array(&j, "array");
	json_u64(&j, NULL, 1);
	json_text(&j, NULL, "a");
	json_array(&j, NULL);
	json_array_end(&j);
	json_object(&j, NULL);
	json_text(&j, "deep", "/");
	json_object_end(&j);
	json_array_end(&j);
	json_hex(&j, "hex", "\xff\x01z");
	json_hex(&j, "no hex", "");
	assert_int_equal(json_end(&j, page.out), 0);
	page_expect(&page, "{\"zero\":0,\"most\":18446744073709551615,\"yes\":true,\"no\":false,"
		    "\"unknown\":null,\"none\":null,\"text\":\"\",\"object\":{},"
		    "\"array\":[1,\"a\",[],{\"deep\":\"/\"}],\"hex\":\"ff017a\","
		    "\"no hex\":\"\"}\n");
}

TEST_FN(test_text)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "a/b", "a/b" },
		{ "\"q\"\\", "\\\"q\\\"\\\\" },
		{ "\b\f\n\r\t", "\\b\\f\\n\\r\\t" },
		{ "\001\033[31m\037", "\\u0001\\u001b[31m\\u001f" },
		{ "\\u001B", "\\\\u001B" },
		{ "gr\u00fc\u00df \U0001f6eb", "gr\u00fc\u00df \U0001f6eb" },
		{ "a\xff\xc3", "a\ufffd\ufffd" },
		{ "\xed\xa0\x80", "\ufffd\ufffd\ufffd" },
		/* what a terminal or a splitter of lines would obey */
		{ "\x7f", "\\u007f" },
		{ "a\xc2\x80\xc2\x9b""31m\xc2\x9f\u00a0", "a\\u0080\\u009b31m\\u009f\u00a0" },
		{ "\u2027\u2028\u2029", "\u2027\\u2028\\u2029" },
		{ "\u202a\u202b\u202c\u202d\u202e\u202f",
		  "\\u202a\\u202b\\u202c\\u202d\\u202e\u202f" },
		{ "\u2065\u2066\u2067\u2068\u2069\u206a",
		  "\u2065\\u2066\\u2067\\u2068\\u2069\u206a" },
		{ "\u061b\u061c\u200d\u200e\u200f", "\u061b\\u061c\u200d\\u200e\\u200f" },
		{ "\xff\u202e\n", "\ufffd\\u202e\\n" },
	};
	char expected[256];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page page;
		struct json j;

		page_open(&page);
		json_begin(&j);
		json_text(&j, "k", rows[i].in);
		assert_int_equal(json_end(&j, page.out), 0);
		snprintf(expected, sizeof(expected), "{\"k\":\"%s\"}\n", rows[i].out);
		page_expect(&page, expected);
	}
}

/* With these failures: the same line as always, or an error and no byte of it. */
static void expect_whole_or_nothing(const struct sample *sample, const char *whole, int err,
				    unsigned int from, unsigned int to)
{
	struct sink sink = { .ops = &sink_json };
	struct page page;

	page_open(&page);
	sink.out = page.out;
	allocations = 0;
	fail_from = from;
	fail_to = to;
	sample_give(&sink, sample, err);
	fail_to = 0;
	page_expect(&page, err ? "" : whole);
}

/* Memory ends at each allocation of an incident that needs some; or is short there alone. */
TEST_FN(test_short_of_memory)
{
	struct pf_range ranges[200];
	struct sample sample = sample_odd();
	unsigned int needed;
	char *whole;

	for (size_t i = 0; i < ARRAY_LEN(ranges); i++)
		ranges[i] = sample.inc.ranges[0];
	sample.inc.ranges = ranges;
	sample.inc.n_ranges = ARRAY_LEN(ranges);
	whole = sample_print(&sink_json, 0, &sample, 1, NULL);
	expect_whole_or_nothing(&sample, whole, 0, 0, 0);
	needed = allocations;
	/* The line doubles its room from 1 KiB, and odd names and paths need some. */
	assert_in_range(needed, 5, 20);
	for (unsigned int n = 0; n < needed; n++) {
		expect_whole_or_nothing(&sample, whole, -ENOMEM, n, -1);
		expect_whole_or_nothing(&sample, whole, -ENOMEM, n, n + 1);
	}
	free(whole);
}

/* Calls in an order that is not JSON are an error, and print nothing. */
TEST_FN(test_wrong_order)
{
	struct page page;
	struct json j;

	page_open(&page);
	json_begin(&j);
	json_u64(&j, NULL, 1);		/* a value where a key must be */
	json_text(&j, "k", "v");
	assert_int_equal(json_end(&j, page.out), -EINVAL);

	json_begin(&j);
	json_object(&j, "open");
	assert_int_equal(json_end(&j, page.out), -EINVAL);

	json_begin(&j);
	json_object_end(&j);
	json_text(&j, "behind", "v");
	assert_int_equal(json_end(&j, page.out), -EINVAL);

	json_begin(&j);
	for (int i = 0; i < 200; i++)
		json_object(&j, "too deep");
	assert_int_equal(json_end(&j, page.out), -EINVAL);
	page_expect(&page, "");
}

/* The error of the write itself, for a line that fits the stream's buffer and one that does not. */
TEST_FN(test_full_disk)
{
	FILE *out = fopen("/dev/full", "w");
	struct json j;

	assert_non_null(out);
	json_begin(&j);
	assert_int_equal(json_end(&j, out), -ENOSPC);
	json_begin(&j);
	for (int i = 0; i < 10000; i++)
		json_u64(&j, "k", i);
	assert_int_equal(json_end(&j, out), -ENOSPC);
	fclose(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_short_of_memory),
		cmocka_unit_test(test_wrong_order),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
