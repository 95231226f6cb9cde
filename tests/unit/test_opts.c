// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Options: values, ranges, what is refused and in which words, and --help. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/opts.h"
#include "lib/test.h"

#define MAX_ARGS 12

struct values {
	bool flag;
	bool other;
	unsigned int number;
	unsigned int size;
	__u64 time;
	unsigned int ratio;
	int name;
	const char *text;
	int sum;
};

/* "9" is one too many. */
static int add(void *at, int which, const char *text)
{
	if (!strcmp(text, "9"))
		return -E2BIG;
	if (*text < '0' || *text > '9')
		return -EINVAL;
	*(int *)at += which * (*text - '0');
	return 0;
}

static const char *const colours[] = { "red", "green", "blue" };

static const struct opt table[] = {
	{ .name = "flag", .letter = 'f', .kind = OPT_FLAG, .at = offsetof(struct values, flag),
	  .help = "a flag" },
	{ .name = "other", .letter = 'o', .kind = OPT_FLAG, .at = offsetof(struct values, other),
	  .help = "another" },
	{ .name = "number", .letter = 'n', .kind = OPT_UINT, .at = offsetof(struct values, number),
	  .min = 1, .max = 100, .arg = "N", .help = "a number" },
	{ .name = "size", .kind = OPT_SIZE, .at = offsetof(struct values, size), .min = 10,
	  .max = 1u << 30, .arg = "BYTES", .help = "a size" },
	{ .name = "time", .kind = OPT_SECONDS, .at = offsetof(struct values, time), .min = 1,
	  .max = 5000000000, .arg = "S", .help = "a time" },
	{ .name = "ratio", .kind = OPT_RATIO, .at = offsetof(struct values, ratio), .min = 1,
	  .max = 1000, .arg = "1/N", .help = "a ratio" },
	{ .name = "colour", .kind = OPT_NAME, .at = offsetof(struct values, name),
	  .names = colours, .n_names = 3, .arg = "COLOUR", .help = "a colour" },
	{ .name = "text", .kind = OPT_TEXT, .at = offsetof(struct values, text), .arg = "TEXT",
	  .help = "a text" },
	{ .name = "add", .kind = OPT_ADD, .at = offsetof(struct values, sum), .add = add,
	  .which = 10, .what = "a digit", .arg = "D", .help = "a sum" },
	{ 0 },
};

static const struct command_spec open_spec = {
	.name = "test", .args = "[FILE...]", .about = "Tests.", .notes = "Notes.",
	.operands = true, .opts = table,
};

static const struct command_spec closed_spec = {
	.name = "test", .args = "", .about = "Tests.", .opts = table,
};

/* Blanks separate the arguments. */
static int parse(const struct command_spec *spec, const char *line, struct values *values,
		 int *first, struct err *err)
{
	char *argv[MAX_ARGS + 1] = { "test" }, *copy = strdup(line), *save = NULL;
	int argc = 1, ret;

	*values = (struct values){ .number = 7, .name = -1 };
	for (char *arg = strtok_r(copy, " ", &save); arg; arg = strtok_r(NULL, " ", &save))
		argv[argc++] = arg;
	argv[argc] = NULL;
	err->text[0] = '\0';
	ret = opts_parse(spec, argc, argv, values, first, err);
	/* It points into the copy. */
	values->text = values->text ? "set" : NULL;
	free(copy);
	return ret;
}

static struct values good(const char *line)
{
	struct err err;
	struct values values;
	int first;

	assert_int_equal(parse(&open_spec, line, &values, &first, &err), 0);
	return values;
}

static void bad(const char *line, const char *words)
{
	struct err err;
	struct values values;
	int first = -7;

	assert_int_equal(parse(&closed_spec, line, &values, &first, &err), -EINVAL);
	assert_string_equal(err.text, words);
	assert_int_equal(first, -7);
}

TEST_FN(test_values)
{
	assert_true(good("-f").flag);
	assert_true(good("-of").flag && good("-of").other);
	assert_true(good("--flag").flag);
	assert_int_equal(good("").number, 7);
	assert_int_equal(good("--number 100").number, 100);
	assert_int_equal(good("--number=1").number, 1);
	assert_int_equal(good("-n2").number, 2);
	assert_int_equal(good("-n 3 -n 4").number, 4);
	assert_int_equal(good("--size 10").size, 10);
	assert_int_equal(good("--size 4k").size, 4096);
	assert_int_equal(good("--size 3M").size, 3 << 20);
	assert_int_equal(good("--size 1G").size, 1 << 30);
	assert_int_equal(good("--time 5").time, 5000000000);
	assert_int_equal(good("--time 0.25").time, 250000000);
	assert_int_equal(good("--time 0.000000001").time, 1);
	assert_int_equal(good("--ratio 1/1").ratio, 1);
	assert_int_equal(good("--ratio=1/1000").ratio, 1000);
	assert_int_equal(good("--colour blue").name, 2);
	assert_string_equal(good("--text x").text, "set");
	assert_int_equal(good("--add 1 -f --add=2 --add 1").sum, 40);
}

TEST_FN(test_operands)
{
	struct err err;
	struct values values;
	int first;

	assert_int_equal(parse(&open_spec, "-f -- ls -o", &values, &first, &err), 0);
	assert_int_equal(first, 3);
	assert_false(values.other);
	assert_int_equal(parse(&open_spec, "--", &values, &first, &err), 0);
	assert_int_equal(first, 2);
	/* The first operand ends the options, and is refused where no "--" stands before it. */
	assert_int_equal(parse(&open_spec, "ls -o", &values, &first, &err), -EINVAL);
	assert_string_equal(err.text, "unexpected argument 'ls' (a command goes after --)");
	assert_int_equal(first, 2);
	assert_false(values.other);
	assert_int_equal(parse(&closed_spec, "-f", &values, &first, &err), 0);
	assert_int_equal(first, 2);
	bad("-f x", "unexpected argument 'x'");
	bad("-- x", "unexpected argument 'x'");
}

/* Names of files may stand anywhere, also in front of options. */
TEST_FN(test_files)
{
	static const struct command_spec spec = {
		.name = "test", .args = "[FILE]...", .about = "Tests.", .files = true,
		.opts = table,
	};
	char *argv[] = { "test", "one", "-f", "two", "--", "-f", NULL };
	struct values values = { 0 };
	struct err err;
	int first;

	assert_int_equal(opts_parse(&spec, 6, argv, &values, &first, &err), 0);
	assert_int_equal(first, 3);
	assert_string_equal(argv[3], "one");
	assert_string_equal(argv[4], "two");
	assert_string_equal(argv[5], "-f");
}

TEST_FN(test_refusals)
{
	bad("--number 0", "--number: '0' is not a number from 1 to 100");
	bad("--number 101", "--number: '101' is not a number from 1 to 100");
	bad("--number 12abc", "--number: '12abc' is not a number from 1 to 100");
	bad("--number -5", "--number: '-5' is not a number from 1 to 100");
	bad("--number +5", "--number: '+5' is not a number from 1 to 100");
	bad("-n 0x10", "--number: '0x10' is not a number from 1 to 100");
	bad("--number 18446744073709551617",
	    "--number: '18446744073709551617' is not a number from 1 to 100");
	bad("--number=", "--number: '' is not a number from 1 to 100");
	assert_int_equal(opts_size("4 ", 0, -1ull, &(__u64){ 0 }), -EINVAL);
	bad("--size 4Kb",
	    "--size: '4Kb' is not a size from 10 to 1073741824 bytes (K, M and G may follow)");
	bad("--size 18014398509481985K",
	    "--size: '18014398509481985K' is not a size from 10 to 1073741824 bytes "
	    "(K, M and G may follow)");
	bad("--time 1.", "--time: '1.' is not a number of seconds from 1e-09 to 5");
	bad("--time 0", "--time: '0' is not a number of seconds from 1e-09 to 5");
	bad("--time 5.1", "--time: '5.1' is not a number of seconds from 1e-09 to 5");
	bad("--time .5", "--time: '.5' is not a number of seconds from 1e-09 to 5");
	bad("--time 1e3", "--time: '1e3' is not a number of seconds from 1e-09 to 5");
	bad("--time 99999999999999999999",
	    "--time: '99999999999999999999' is not a number of seconds from 1e-09 to 5");
	bad("--ratio 1/0", "--ratio: '1/0' is not 1/N with N from 1 to 1000");
	bad("--ratio 1/1001", "--ratio: '1/1001' is not 1/N with N from 1 to 1000");
	bad("--ratio 1/4294967297", "--ratio: '1/4294967297' is not 1/N with N from 1 to 1000");
	bad("--ratio 2/3", "--ratio: '2/3' is not 1/N with N from 1 to 1000");
	bad("--ratio 16", "--ratio: '16' is not 1/N with N from 1 to 1000");
	bad("--ratio 1/", "--ratio: '1/' is not 1/N with N from 1 to 1000");
	bad("--ratio 1/4x", "--ratio: '1/4x' is not 1/N with N from 1 to 1000");
	bad("--ratio 1/-4", "--ratio: '1/-4' is not 1/N with N from 1 to 1000");
	bad("--ratio=", "--ratio: '' is not 1/N with N from 1 to 1000");
	bad("--ratio", "--ratio needs a value");
	bad("--colour pink", "--colour: 'pink' is not one of red, green, blue");
	bad("--text=", "--text: '' is not a value");
	bad("--add x", "--add: 'x' is not a digit");
	bad("--add 1 --add 9", "--add: given too often");
	bad("--number", "--number needs a value");
	bad("-n", "-n needs a value");
	bad("--flag=1", "--flag takes no value");
	bad("--bogus", "unknown option '--bogus'");
	bad("-x", "unknown option '-x'");
	bad("-fx", "unknown option '-x'");
}

/* However long the value, the message fits. */
TEST_FN(test_long_value)
{
	char line[2000] = "--colour ";
	struct err err;
	struct values values;
	int first;

	memset(line + strlen(line), 'x', 1500);
	assert_int_equal(parse(&closed_spec, line, &values, &first, &err), -EINVAL);
	assert_true(strlen(err.text) < sizeof(err.text));
	assert_non_null(strstr(err.text, "is not one of red"));
}

TEST_FN(test_help)
{
	static const char expected[] =
		"Usage: pageflight test [OPTION...] [FILE...]\n"
		"\n"
		"Tests.\n"
		"\n"
		"Options:\n"
		"  -f, --flag                   a flag\n"
		"  -o, --other                  another\n"
		"  -n, --number N               a number\n"
		"      --size BYTES             a size\n"
		"      --time S                 a time\n"
		"      --ratio 1/N              a ratio\n"
		"      --colour COLOUR          a colour\n"
		"      --text TEXT              a text\n"
		"      --add D                  a sum\n"
		"  -h, --help                   show this help\n"
		"\n"
		"Notes.\n";
	struct err err;
	char *text;
	struct values values;
	size_t len;
	int first;
	FILE *out = open_memstream(&text, &len);

	assert_int_equal(parse(&open_spec, "-f -h --bogus", &values, &first, &err), OPTS_HELP);
	assert_int_equal(parse(&open_spec, "--help", &values, &first, &err), OPTS_HELP);
	opts_help(out, &open_spec);
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_operands),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_long_value),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("opts", tests, NULL, NULL);
}
