// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* What people see, to the character, at the usual widths. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/filter.h"
#include "base/fmt.h"
#include "sample.h"
#include "lib/test.h"

static const char at_120[] =
	"TIME     VERDICT    REASON  BYTES WRITER         SENDER         CONNECTION         PHASE    AGE FILE@OFFSET+LENGTH\n"
	"12:00:00 corrupt    unsent   4096 rewriter[4242] nginx[4100]    :80>10.0.0.2:51034 queued 1.8ms ~rv/www/a.iso@65536+4096\n"
	"12:00:00 possible*  mmap-s~  1.0T with~[4194304] fifteen~[4100] :80>~d:fdfd]:51034 held     12s [w]~file@0+1099511627776\n"
	"12:00:00 near-miss  acked    4096 rewriter[4242] nginx[4100]    :80>10.0.0.2:51034 sent   1.8ms ~] inode 1234@65536+4096\n";

static const char at_80[] =
	"TIME     VERDICT    REASON  WRITER       CONNECTION      FILE@OFFSET+LENGTH\n"
	"12:00:00 corrupt    unsent  rewri~[4242] 10.0.0.2:51034  ~v/www/a.iso@65536+4096\n"
	"12:00:00 possible*  mmap-s~ wi~[4194304] ~fd:fdfd]:51034 [w]~ile@0+1099511627776\n"
	"12:00:00 near-miss  acked   rewri~[4242] 10.0.0.2:51034  ~ inode 1234@65536+4096\n";

static const char at_40[] =
	"VERDICT    WRITER       FILE@OFFSET+LENGTH\n"
	"corrupt    rewri~[4242] ~ww/a.iso@65536+4096\n"
	"possible*  wi~[4194304] [w]~@0+1099511627776\n"
	"near-miss  rewri~[4242] ~ode 1234@65536+4096\n";

static const char at_end[] =
	"\n"
	"attach to ACK               pages\n"
	"     0ns .. 1.0us                1 #\n"
	"   1.0us .. 2.0us                0\n"
	"   2.0us .. 4.0us                0\n"
	"   4.0us .. 8.0us                0\n"
	"   8.0us .. 16us                 0\n"
	"    16us .. 32us                 0\n"
	"    32us .. 64us                 0\n"
	"    64us .. 128us                0\n"
	"   128us .. 256us                0\n"
	"   256us .. 512us                0\n"
	"   512us .. 1.0ms                0\n"
	"   1.0ms .. 2.0ms               10 ##########\n"
	"   2.0ms .. 4.0ms               40 ########################################\n"
	"attach to release           pages\n"
	"     17m ..                      7 ########################################\n"
	"watched    2.5s: pages 1000, bytes 1001, connections 1007\n"
	"in flight  pages 5, connections 1\n"
	"content    off\n"
	"incidents  1 corrupt (4096 bytes), 2 near-miss (200 bytes)\n"
	"lost       nothing\n";

static char *print(unsigned int width)
{
	const struct sample samples[] = { sample_incident(), sample_odd(), sample_bare() };

	return sample_print(&sink_table, width, samples, ARRAY_LEN(samples), NULL);
}

TEST_FN(test_golden)
{
	static const struct {
		unsigned int width;
		const char *text;
	} rows[] = { { 120, at_120 }, { 80, at_80 }, { 40, at_40 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = print(rows[i].width);

		assert_string_equal(text, rows[i].text);
		free(text);
	}
}

/* From the least that shows who, what and where: no line is longer than the width. */
TEST_FN(test_no_line_is_too_long)
{
	for (unsigned int width = 44; width < 300; width++) {
		char *text = print(width), *save = NULL;

		for (char *line = strtok_r(text, "\n", &save); line;
		     line = strtok_r(NULL, "\n", &save))
			assert_true(fmt_width(line) <= width);
		free(text);
	}
}

static char *print_sink(struct sink sink, const struct sample *sample)
{
	char *text;
	size_t len;

	sink.ops = &sink_table;
	sink.out = open_memstream(&text, &len);
	sample_give(&sink, sample, 0);
	fclose(sink.out);
	return text;
}

/* A line has its reason from 52 columns on. Cut, it still differs from all others. */
TEST_FN(test_reasons)
{
	char cells[PF_REASON_MAX][16];

	for (int i = 0; i < PF_REASON_MAX; i++) {
		struct sample sample = sample_incident();
		char *text;

		sample.inc.answer.reason = i;
		text = print_sink((struct sink){ .width = 52 }, &sample);
		assert_int_equal(sscanf(text, "corrupt %15s rewri~[4242] ", cells[i]), 1);
		assert_memory_equal(cells[i], pf_reason_name(i), strcspn(cells[i], "~"));
		for (int k = 0; k < i; k++)
			assert_string_not_equal(cells[i], cells[k]);
		free(text);
	}
}

static const char who_at_120[] =
	"12:00:00 corrupt    unsent   4096 ?              kw~ [nvme_tcp] :80>10.0.0.2:51034 queued 1.8ms ~rv/www/a.iso@65536+4096\n"
	"  mapped writable by rewriter[4242] fifteen?letter[4194304]\n"
	"12:00:00 near-miss  acked    4096 nginx[4100]?   nginx[4100]    :80>10.0.0.2:51034 sent   1.8ms (user memory)\n";

static const char who_at_80[] =
	"12:00:00 corrupt    unsent  ?            10.0.0.2:51034  ~v/www/a.iso@65536+4096\n"
	"  mapped writable by rewriter[4242] fifteen?letter[4194304]\n"
	"12:00:00 near-miss  acked   nginx[4100]? 10.0.0.2:51034  (user memory)\n";

TEST_FN(test_who)
{
	const struct sample samples[] = { sample_unseen(), sample_memory() };
	char *text = sample_print(&sink_table, 120, samples, 2, NULL);

	assert_string_equal(strchr(text, '\n') + 1, who_at_120);
	free(text);
	text = sample_print(&sink_table, 80, samples, 2, NULL);
	assert_string_equal(strchr(text, '\n') + 1, who_at_80);
	free(text);
}

/* The line below an incident, empty if there is none. */
static void expect_suspects(const struct sample *sample, unsigned int width, const char *line)
{
	char *text = print_sink((struct sink){ .width = width }, sample);

	assert_string_equal(strchr(text, '\n') + 1, line);
	free(text);
}

TEST_FN(test_suspects)
{
	struct sample sample = sample_unseen();

	expect_suspects(&sample, 57, "  mapped writable by rewriter[4242] ...\n");
	sample.shown.n_suspects = 0;
	expect_suspects(&sample, 80, "  mapped writable by nobody now\n");
	sample.shown.suspects_cut = true;
	expect_suspects(&sample, 80, "  by whom it is mapped writable is not known\n");
	sample.shown.n_suspects = 1;
	expect_suspects(&sample, 80, "  mapped writable by rewriter[4242] ...\n");
	/* One that was seen is not named again, and needs no line if there are no others. */
	sample = sample_unseen();
	sample.inc.writer.pid = 4242;
	sample.inc.writer.how = PF_WRITE_MMAP;
	strcpy(sample.inc.writer.comm, "rewriter");
	expect_suspects(&sample, 80, "  mapped writable by fifteen?letter[4194304]\n");
	sample.shown.n_suspects = 1;
	expect_suspects(&sample, 80, "");
	sample = sample_incident();
	expect_suspects(&sample, 80, "");
}

/* Servers of one host are told apart by their ports, and clients by theirs. */
TEST_FN(test_ports_are_kept)
{
	static const __u8 lo[16] = { [10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1 };
	static const struct {
		unsigned int width;
		const char *cell;
	} rows[] = {
		{ 200, " 127.0.0.1:43531>127.0.0.1:60382 " },
		{ 120, " :43531>~.0.1:60382 " },
		{ 80, " 127.0.0.1:60382 " },
	};
	struct sample sample = sample_incident();

	memcpy(sample.inc.tuple.laddr, lo, sizeof(lo));
	memcpy(sample.inc.tuple.raddr, lo, sizeof(lo));
	sample.inc.tuple.lport = 43531;
	sample.inc.tuple.rport = 60382;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *text = print_sink((struct sink){ .width = rows[i].width }, &sample);

		assert_non_null(strstr(text, rows[i].cell));
		free(text);
	}
}

TEST_FN(test_module_too_long)
{
	struct sample sample = sample_unseen();
	char *text;

	sample.shown.sender_module = "a_rather_long_name";
	text = print_sink((struct sink){ .width = 120 }, &sample);
	assert_non_null(strstr(text, " [a_rather_lon~ :80>"));
	free(text);
	sample.shown.sender_module = "tls";
	text = print_sink((struct sink){ .width = 120 }, &sample);
	assert_non_null(strstr(text, " kworker~ [tls] :80>"));
	free(text);
	sample.shown.sender_module = "t\033s";
	text = print_sink((struct sink){ .width = 120 }, &sample);
	assert_non_null(strstr(text, " kworker~ [t?s] :80>"));
	free(text);
}

TEST_FN(test_colour)
{
	struct sample sample = sample_incident();
	char *text = print_sink((struct sink){ .width = 120, .colour = true }, &sample);

	assert_non_null(strstr(text, " \033[1;31mcorrupt\033[0m    "));
	free(text);
	text = print_sink((struct sink){ .width = 120 }, &sample);
	assert_null(strchr(text, '\033'));
	free(text);
}

/* Where nothing wraps a line the path is whole, and the columns before it stay. */
TEST_FN(test_whole_path)
{
	struct sample sample = sample_incident();
	char *text, *file;

	sample.shown.path = "/a/path/that/is/much/too/long/for/the/column/of/a/terminal/a.iso";
	text = print_sink((struct sink){ .width = 120, .whole_paths = true }, &sample);
	file = strstr(text, " /a/path/that/is/much/too/long/for/the/column/of/a/terminal/a.iso"
		      "@65536+4096\n");
	assert_non_null(file);
	assert_true(file - text < 100);
	free(text);
}

static void expect_file(const struct sample *sample, unsigned int width, const char *file)
{
	char *text = print_sink((struct sink){ .width = width }, sample);

	text[strlen(text) - 1] = '\0';
	assert_string_equal(strrchr(text, ' ') + 1, file);
	free(text);
}

/* A path of somebody's own mount namespace never looks like one of the host's. */
TEST_FN(test_path_of_another_namespace)
{
	struct sample sample = sample_incident();

	sample.shown.path = "/etc/shadow";
	sample.shown.view = PATH_SELF;
	expect_file(&sample, 200, "/etc/shadow@65536+4096");
	expect_file(&sample, 40, "~c/shadow@65536+4096");
	sample.shown.view = PATH_WRITER;
	expect_file(&sample, 200, "[writer's]/etc/shadow@65536+4096");
	expect_file(&sample, 40, "[w]~hadow@65536+4096");
	sample.shown.view = PATH_SENDER;
	expect_file(&sample, 200, "[sender's]/etc/shadow@65536+4096");
	expect_file(&sample, 40, "[s]~hadow@65536+4096");
	sample.shown.path = NULL;
	expect_file(&sample, 200, "1234@65536+4096");
	/* What is most important is kept in the narrowest column, too. */
	sample = sample_odd();
	sample.shown.path = "/etc/shadow";
	sample.shown.view = PATH_WRITER;
	expect_file(&sample, 40, "[w]~@0+1099511627776");
}

TEST_FN(test_summary)
{
	struct summary sum = sample_summary();
	char *text = sample_print(&sink_table, 120, NULL, 0, &sum);

	assert_string_equal(strchr(text, '\n') + 1, at_end);
	free(text);
}

/* What was left out is said beside what was not. */
TEST_FN(test_summary_with_filters)
{
	struct summary sum = { .duration_ns = 1000000000, .small = 4 };
	struct filter filter = { 0 };
	char *text;

	filter_add(&filter, FILTER_PORT, "80");
	filter_add(&filter, FILTER_MIN_BYTES, "1k");
	sum.filter = &filter;
	sum.totals.stats.count[PF_C_filtered] = 17;
	text = sample_print(&sink_table, 120, NULL, 0, &sum);
	assert_non_null(strstr(text, "\nfilters    port 80, min-bytes 1k: "
			       "left out pages 17, incidents 4\n"));
	free(text);
	/* Wrappers pass on what others wrote. */
	filter_add(&filter, FILTER_COMM, "\033[2J\nx");
	text = sample_print(&sink_table, 120, NULL, 0, &sum);
	assert_non_null(strstr(text, "comm ?[2J?x"));
	free(text);
}

TEST_FN(test_advice)
{
	const struct summary in[] = { { .content = PF_CONTENT_EDGES, .unseen = 3 },
				      { .content = PF_CONTENT_WIRE, .unseen = 3 } };
	char *edges = sample_print(&sink_table, 120, NULL, 0, &in[0]);
	char *wire = sample_print(&sink_table, 120, NULL, 0, &in[1]);

	assert_non_null(strstr(edges, "\nadvice     3 are possible "));
	assert_null(strstr(wire, "advice"));
	free(edges), free(wire);
}

TEST_FN(test_summary_of_nothing)
{
	struct summary sum = { .duration_ns = 1000000000 };
	char *text = sample_print(&sink_table, 120, NULL, 0, &sum);

	assert_string_equal(strchr(text, '\n') + 1,
			    "\n"
			    "watched    1.0s: pages 0, bytes 0, connections 0\n"
			    "in flight  pages 0, connections 0\n"
			    "content    off\n"
			    "incidents  none\n" "exposed    nothing: nothing was sent by reference\n"
			    "lost       nothing\n");
	free(text);
}

/* Each loss that happened is named, and only those. */
TEST_FN(test_losses)
{
	struct summary sum = sample_summary();
	char *text, expected[256];
	size_t n = 0;

	for (int i = PF_C_FIRST_LOSS; i < PF_C_MAX; i++) {
		sum = sample_summary();
		sum.totals.stats.count[i] = 12;
		text = sample_print(&sink_table, 120, NULL, 0, &sum);
		snprintf(expected, sizeof(expected), "\nlost       %s 12: %s\n",
			 sink_counter_names[i], sink_counter_texts[i]);
		assert_string_equal(strstr(text, "\nlost "), expected);
		free(text);
		n++;
	}
	assert_int_equal(n, PF_C_MAX - PF_C_FIRST_LOSS);
	sum = sample_summary();
	sum.totals.missed = sum.refused = sum.evicted = sum.output_lost = 1;
	sum.totals.missed_by[PF_ROLE_ack] = 1;
	text = sample_print(&sink_table, 120, NULL, 0, &sum);
	assert_null(strstr(text, "nothing"));
	assert_non_null(strstr(text, "lost       missed 1: runs the kernel skipped"));
	assert_non_null(strstr(text, "\n           1 of them: ack\n"));
	assert_null(strstr(text, "of them: attach"));
	assert_non_null(strstr(text, "lost       refused 1: records with a broken form"));
	assert_non_null(strstr(text, "lost       evicted 1: incidents reported before"));
	assert_non_null(strstr(text, "lost       output_lost 1: incidents counted but not printed"));
	free(text);
}

TEST_FN(test_full_disk)
{
	struct sink sink = { .ops = &sink_table, .width = 80, .out = fopen("/dev/full", "w") };

	assert_non_null(sink.out);
	assert_int_equal(sink_table.open(&sink), -ENOSPC);
	fclose(sink.out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_no_line_is_too_long),
		cmocka_unit_test(test_reasons),
		cmocka_unit_test(test_who),
		cmocka_unit_test(test_suspects),
		cmocka_unit_test(test_ports_are_kept),
		cmocka_unit_test(test_module_too_long),
		cmocka_unit_test(test_colour),
		cmocka_unit_test(test_whole_path),
		cmocka_unit_test(test_path_of_another_namespace),
		cmocka_unit_test(test_summary),
		cmocka_unit_test(test_summary_with_filters),
		cmocka_unit_test(test_advice),
		cmocka_unit_test(test_summary_of_nothing),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_full_disk),
	};

	return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
