// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Files that somebody could change: in the summary, and as JSON. */
#include "lib/test.h"

#include <stdlib.h>
#include <string.h>

#include "base/fmt.h"
#include "sample.h"

static const struct opener who[] = { { .pid = 221, .open = true, .comm = "dd" } };

static const struct exposure at[] = {
	{ .wall_ns = 1769860800123456789ull, .comm = "nginx", .pid = 198, .path = "/a\xff", .dev = 8ull << 20 | 1,
	  .ino = 12, .view = PATH_SELF, .pages = 9, .how = PF_EXPOSED_OPEN, .incidents = 1, .sought = true,
	  .openers = who, .n_openers = 1 },
	{ .comm = "nginx", .path = "/b", .pages = 8, .how = PF_EXPOSED_MAPPED },
};

/* A file that has incidents is told by them; and where there are any, nothing is no answer. */
TEST_FN(test_exposed)
{
	struct summary sum = { .totals.stats.count[PF_C_attached] = 20 };
	char *safe = sample_print(&sink_table, 120, NULL, 0, &sum), *hit, *exposed;

	sum.incidents[PF_VERDICT_CORRUPT] = 1;
	hit = sample_print(&sink_table, 120, NULL, 0, &sum);
	sum.totals.stats.count[PF_C_exposed] = 17;
	sum.exposures = (struct exposures_sum){ .files = 2, .pages = 17, .at = at, .n = 2 };
	exposed = sample_print(&sink_table, 120, NULL, 0, &sum);
	assert_non_null(strstr(safe, "exposed    nothing: nobody could change a file that was sent by reference\n"));
	assert_null(strstr(hit, "exposed"));
	assert_null(strstr(exposed, "sends /a"));
	assert_non_null(strstr(exposed, "\nexposed    nginx sends /b by reference (8 pages); somebody has it mapped for\n"
					"           writing, nothing overwritten yet\nlost"));
	free(safe), free(hit), free(exposed);
}

/* However long its texts are, no line of it has more than 80 columns. */
TEST_FN(test_wrapped)
{
	static const struct opener many[] = {
		{ .pid = 4194304, .open = true, .mapped = true, .comm = "fifteen letters" },
		{ .pid = 4194305, .open = true, .mapped = true, .comm = "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4" },
	};
	char path[300] = "/";
	const struct exposure e = { .comm = "fifteen letters", .path = memset(path, 'x', sizeof(path) - 1),
				    .openers = many, .n_openers = 2 };
	struct summary sum = { .exposures = { .files = 1, .at = &e, .n = 1 } };
	char *text = sample_print(&sink_table, 120, NULL, 0, &sum), *at = strstr(text, "\nexposed"), *line;
	size_t n = 0;

	assert_non_null(at);
	for (line = strtok(at, "\n"); line && strncmp(line, "lost", 4); line = strtok(NULL, "\n"), n++)
		assert_in_range(fmt_width(line), 12, 80);
	assert_in_range(n, 3, 6);
	free(text);
}

#define FIRST "\"time\":\"2026-01-31T12:00:00.123456Z\",\"sender\":{\"pid\":198,\"comm\":\"nginx\"}," \
	"\"file\":{\"path\":\"/a\xef\xbf\xbd\",\"path_hex\":\"2f61ff\",\"dev\":\"8:1\",\"inode\":12," \
	"\"deleted\":false,\"seen_by\":\"self\"},\"pages\":9,\"open\":true,\"mapped\":false," \
	"\"writers\":[{\"pid\":221,\"comm\":\"dd\",\"open\":true,\"mapped\":false}]," \
	"\"writers_sought\":true,\"writers_cut\":false,\"incidents\":1}"

TEST_FN(test_line)
{
	struct sink sink = { .ops = &sink_json };
	char *text;
	size_t len;

	sink.out = open_memstream(&text, &len);
	assert_int_equal(sink.ops->exposure(&sink, &at[0]), 0);
	fclose(sink.out);
	assert_string_equal(text, "{\"type\":\"exposure\"," FIRST "\n");
	free(text);
}

TEST_FN(test_in_summary)
{
	struct summary sum = {
		.totals.stats.count[PF_C_exposed] = 20,
		.exposures = { .files = 2, .pages = 17, .at = at, .n = 1 },
	};
	char *text = sample_print(&sink_json, 120, NULL, 0, &sum);

	assert_non_null(strstr(text, "\"exposed\":{\"files\":2,\"pages\":20,\"unnamed_pages\":3,"
				     "\"worst\":[{" FIRST "]}"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exposed),
		cmocka_unit_test(test_wrapped),
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_in_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
