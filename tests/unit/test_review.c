// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* test_review.c - what a report draws of a made-up session. */
#include "lib/test.h"

#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/fmt.h"
#include "recording.h"
#include "review/bytemap.h"
#include "review/case_text.h"
#include "review/crossing.h"
#include "review/html.h"
#include "review/overview.h"
#include "review/trace.h"
#include "story.h"

static struct story story;
static struct reader *reader;
static struct review *review;

static int open_all(void **state)
{
	struct err err;

	(void)state;
	story_make(&story, NULL);
	if (reader_open(&reader, story.path, &err) || review_new(&review, reader, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	review_free(review);
	reader_close(reader);
	story_free(&story);
	return 0;
}

static char *printed(void (*print)(FILE *out))
{
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	print(out);
	fclose(out);
	if (getenv("SHOW"))
		puts(text);
	return text;
}

static size_t lines(const char *text)
{
	return recording_count(text, "\n");
}

/* No line is wider than that, and nothing is there that a terminal obeys. */
static void check_plain(const char *text, size_t width)
{
	for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
		assert_non_null(strchr(at, '\n'));
		assert_true((size_t)(strchr(at, '\n') - at) <= width);
	}
	for (const char *at = text; *at; at++)
		assert_true(*at == '\n' || (unsigned char)*at >= ' ');
}

TEST_FN(replay_is_the_same)
{
	struct replay_result result;
	char *again = recording_lines(story.path, &result);

	assert_string_equal(again, story.lines);
	assert_int_equal(result.shown, 4);
	assert_int_equal(result.unshown, 0);
	free(again);
}

TEST_FN(moments_of_a_case)
{
	const struct kase *c = review_case(review, 1);
	struct crossing x;

	assert_non_null(c);
	assert_int_equal(c->inc.answer.verdict, PF_VERDICT_CORRUPT);
	assert_string_equal(c->path, "/srv/www/image.iso");
	crossing_of(review, c, &x);
	assert_int_equal(x.attached, 101000000000ull);
	assert_int_equal(x.attached_last, 101000015000ull);
	assert_int_equal(x.began, 103520000000ull);
	assert_int_equal(x.written, 103529000000ull);
	assert_int_equal(x.sent, 104400000000ull);
	assert_int_equal(x.ended, 108100000015ull);
	assert_int_equal(x.end, PF_END_ACKED);
	assert_int_equal(x.resent, 0);
}

static void print_image(FILE *out)
{
	case_print(out, review, review_case(review, 1));
}

TEST_FN(crossing_in_text)
{
	char *text = printed(print_image);

	check_plain(text, 79);
	assert_true(lines(text) <= 24);
	assert_non_null(strstr(text, "case 1: corrupt (unsent)  65536 bytes"));
	assert_non_null(strstr(text, "writer dd[221] by write"));
	assert_non_null(strstr(text, "\n       uid 1000, runs dd, parent sh[220], in /system.slice/copy.service\n"));
	assert_non_null(strstr(text, "\n       uid 33, runs nginx, parent nginx[99]\n"));
	assert_non_null(strstr(text, "sender nginx[100] by sendfile, 10.0.0.1:80 > 10.0.0.9:33401"));
	/* From 1.0 s to 8.1 s in 69 columns: the write at 2.52 s is in column 24, the copy in 32. */
	assert_non_null(strstr(text, "\nnginx     A===============================S~~~~~~~"));
	assert_non_null(strstr(text, "~~~K\n"));
	assert_non_null(strstr(text, "\ndd                                W\n"));
	assert_non_null(strstr(text, "^+2.5s, took 9.0ms"));
	assert_non_null(strstr(text, "overwritten 2.5s after the attach, 871ms before it was transmitted\n"));
	assert_non_null(strstr(text, "held for 7.1s, then acknowledged\n"));
	assert_non_null(strstr(text, "------################----"));
	assert_non_null(strstr(text, "stream: bytes 393472 to 459007, 65536 of them wrong"));
	assert_non_null(strstr(text, "write a new file and rename it"));
	free(text);
}

static void print_all(FILE *out)
{
	for (size_t i = 0; i < review->n_cases; i++)
		case_print(out, review, &review->cases[i]);
}

TEST_FN(odd_names_stay_in_their_place)
{
	char *text = printed(print_all);

	check_plain(text, 79 + 8);	/* a byte of another kind of letters each */
	assert_non_null(strstr(text, "(user memory)"));
	assert_non_null(strstr(text, "[writer's]/srv/odd ?[31m\"<&>"));
	assert_non_null(strstr(text, "mapped writable by mapper[77] other?[m[78]"));
	assert_non_null(strstr(text, "runs </td>?[32m&, parent <b>?[31m[99], in /odd?[33m<i>/<b>"));
	free(text);
}

static void print_overview(FILE *out)
{
	assert_int_equal(overview_print(out, review), 0);
}

TEST_FN(overview_has_all)
{
	char *text = printed(print_overview);

	assert_non_null(strstr(text, "host host.example, Linux 6.12.0"));
	assert_non_null(strstr(text, "incidents  "));
	assert_non_null(strstr(text, "/srv/www/image.iso"));
	assert_non_null(strstr(text, "\nconnections "));
	assert_non_null(strstr(text, "attach to release, pages"));
	assert_non_null(strstr(text, "'--case N' shows one of them."));
	free(text);
}

static void print_repair(FILE *out)
{
	assert_int_equal(repair_print(out, review), 0);
}

TEST_FN(repair_has_the_wrong_ranges)
{
	char *text = printed(print_repair);

	assert_non_null(strstr(text, "10.0.0.1:80 > 10.0.0.9:33401\n  /srv/www/image.iso\n    393216 + 65536\n"
				     "    Range: bytes=393216-458751\n"));
	/* The near miss needs none. */
	assert_null(strstr(text, "33402"));
	assert_non_null(strstr(text, "    stream 393472 + 4096"));
	free(text);
}

static void print_both(FILE *out)
{
	assert_int_equal(compare_print(out, review, review), 0);
}

TEST_FN(compared_with_itself)
{
	char *text = printed(print_both), want[128];

	snprintf(want, sizeof(want), "%-24s %16llu %16llu\n", "corrupt",
		 review->sum.incidents[PF_VERDICT_CORRUPT], review->sum.incidents[PF_VERDICT_CORRUPT]);
	assert_non_null(strstr(text, want));
	assert_non_null(strstr(text, "               2                2  /srv/www/image.iso\n"));
	free(text);
}

static void print_html(FILE *out)
{
	assert_int_equal(html_print(out, review), 0);
}

/* The elements that stand open are closed in their order; there is no script and nothing from elsewhere. */
static void check_html(const char *text)
{
	static const char *const alone[] = { "meta", "link", "rect", "line", "circle", "!DOCTYPE" };
	char open[64][16];
	size_t depth = 0;

	for (const char *at = text; (at = strchr(at, '<')); at++) {
		size_t len = strcspn(at + 1, " />\n");
		bool single = false;
		char name[16] = "";

		if (at[1] == '/') {
			snprintf(name, sizeof(name), "%.*s", (int)strcspn(at + 2, ">"), at + 2);
			assert_true(depth > 0);
			assert_string_equal(open[--depth], name);
			continue;
		}
		assert_true(len > 0 && len < sizeof(name));
		memcpy(name, at + 1, len);
		for (size_t i = 0; i < ARRAY_LEN(alone); i++)
			single |= !strcmp(name, alone[i]);
		assert_string_not_equal(name, "script");
		assert_true(depth < ARRAY_LEN(open));
		if (!single)
			strcpy(open[depth++], name);
	}
	assert_int_equal(depth, 0);
	assert_null(strstr(text, "http:"));
	assert_null(strstr(text, "https:"));
	assert_null(strstr(text, "url("));
	assert_null(strstr(text, "@import"));
}

/* For tests/page. */
static void keep(const char *path, const char *text)
{
	FILE *out = path ? fopen(path, "w") : NULL;

	if (!out)
		return;
	fputs(text, out);
	fclose(out);
}

TEST_FN(page_stands_alone)
{
	char *text = printed(print_html);

	keep(getenv("PAGE"), text);
	check_html(text);
	assert_true(recording_count(text, "<svg ") == 1 + 2 * 4);
	assert_non_null(strstr(text, "[writer's]/srv/odd ?[31m&quot;&lt;&amp;&gt;"));
	assert_null(strchr(text, '\033'));
	assert_non_null(strstr(text, "<tr><th>writer's process</th><td>uid 1000, runs dd, parent sh[220]</td></tr>"));
	assert_non_null(strstr(text, "<td>/system.slice/copy.service, unit copy.service</td>"));
	assert_non_null(strstr(text, "<tr><th>sender's cgroup</th><td>[7]</td></tr>"));
	assert_non_null(strstr(text, "runs &lt;/td&gt;?[32m&amp;, parent &lt;b&gt;?[31m[99]"));
	free(text);
}

static void print_trace(FILE *out)
{
	assert_int_equal(trace_print(out, review), 0);
}

/* Each case has two slices and the two ends of an arrow, which lie in these slices. */
TEST_FN(trace_is_json)
{
	char *text = printed(print_trace);
	struct json_object *all = json_tokener_parse(text), *ph, *ts;
	size_t slices = 0, begins = 0, ends = 0;

	assert_non_null(all);
	for (size_t i = 0; i < json_object_array_length(all); i++) {
		struct json_object *event = json_object_array_get_idx(all, i);

		assert_true(json_object_object_get_ex(event, "ph", &ph));
		slices += !strcmp(json_object_get_string(ph), "X");
		begins += !strcmp(json_object_get_string(ph), "s");
		ends += !strcmp(json_object_get_string(ph), "f");
		if (!slices || !json_object_object_get_ex(event, "ts", &ts))
			continue;
		assert_in_range(json_object_get_int64(ts), 1000000, 14000000);
	}
	assert_int_equal(slices, 8);
	assert_int_equal(begins, 4);
	assert_int_equal(ends, 4);
	json_object_put(all);
	free(text);
}

/* Any scale: each byte lies in a mark, and marks do not say more than the ranges. */
TEST_FN(byte_map_at_any_scale)
{
	struct pf_range range = { .answer = { .verdict = PF_VERDICT_CORRUPT } };
	struct kase c = { .inc = { .ranges = &range, .n_ranges = 1, .ino = 1 } };
	struct bytemap map;

	for (unsigned int i = 0; i < 60; i++) {
		for (__u64 at = 0; at < 1ull << 40; at = at * 7 + 1) {
			size_t marks = 0;

			range.file_off = at;
			range.len = 1ull << i;
			bytemap_of(&c, false, &map);
			assert_true(map.n <= BYTEMAP_MARKS && map.from <= at);
			assert_true(map.from + map.n * map.scale >= at + range.len);
			for (size_t k = 0; k < map.n; k++)
				marks += map.marks[k] == '#';
			assert_true(marks * map.scale >= range.len);
			assert_true(marks * map.scale < range.len + 2 * map.scale);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replay_is_the_same),
		cmocka_unit_test(moments_of_a_case),
		cmocka_unit_test(crossing_in_text),
		cmocka_unit_test(odd_names_stay_in_their_place),
		cmocka_unit_test(overview_has_all),
		cmocka_unit_test(repair_has_the_wrong_ranges),
		cmocka_unit_test(compared_with_itself),
		cmocka_unit_test(page_stands_alone),
		cmocka_unit_test(trace_is_json),
		cmocka_unit_test(byte_map_at_any_scale),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests_name("review", tests, open_all, close_all);
}
