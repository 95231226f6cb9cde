// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* Any words of a command line: a value is what its digits say and in its range, or is refused. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/opts.h"
#include "fuzz.h"
#include "kernel/filter.h"

#define WORDS 40

typedef unsigned __int128 wide;

struct values {
	bool flag;
	unsigned int number, size, ratio;
	__u64 seconds;
	int name;
	const char *text;
	struct filter filter;
};

static const char *const names[] = { "off", "edges", "wire" };

static const struct opt opts[] = {
	{ .name = "flag", .letter = 'f', .kind = OPT_FLAG, .at = offsetof(struct values, flag) },
	{ .name = "number", .letter = 'n', .kind = OPT_UINT, .min = 3, .max = 4194303,
	  .at = offsetof(struct values, number) },
	{ .name = "size", .kind = OPT_SIZE, .min = 4096, .max = 1u << 30,
	  .at = offsetof(struct values, size) },
	{ .name = "ratio", .kind = OPT_RATIO, .min = 1, .max = 1u << 20,
	  .at = offsetof(struct values, ratio) },
	{ .name = "seconds", .kind = OPT_SECONDS, .min = 1000, .max = 1ull << 50,
	  .at = offsetof(struct values, seconds) },
	{ .name = "name", .kind = OPT_NAME, .names = names, .n_names = 3,
	  .at = offsetof(struct values, name) },
	{ .name = "text", .kind = OPT_TEXT, .at = offsetof(struct values, text) },
	FILTER_OPTS(offsetof(struct values, filter)),
	{ 0 }
};

static const struct command_spec spec = {
	.name = "fuzz", .args = "", .about = "", .operands = true, .opts = opts,
};

/* Digits at the start of the text as a number, large ones as one too large for anything. */
static bool number(const char **text, wide *ret)
{
	const char *c = *text;
	wide value = 0;

	for (; *c >= '0' && *c <= '9'; c++)
		value = value >> 100 ? value : value * 10 + (*c - '0');
	if (c == *text)
		return false;
	*text = c;
	*ret = value;
	return true;
}

static bool number_is(const char *text, wide *ret)
{
	return number(&text, ret) && !*text;
}

static bool size_is(const char *text, wide *ret)
{
	static const char units[] = "KkMmGg";

	if (!number(&text, ret))
		return false;
	for (int i = 0; i < 6 && !(*ret >> 100); i++) {
		if (text[0] == units[i] && !text[1]) {
			*ret <<= 10 * (i / 2 + 1);
			return true;
		}
	}
	return !*text;
}

static bool ratio_is(const char *text, wide *ret)
{
	return text[0] == '1' && text[1] == '/' && number_is(text + 2, ret);
}

static bool seconds_is(const char *text, wide *ret)
{
	wide unit = 1000000000;

	if (!number(&text, ret))
		return false;
	*ret = *ret >> 90 ? *ret : *ret * unit;
	if (!*text)
		return true;
	if (*text++ != '.' || !*text)
		return false;
	for (; *text >= '0' && *text <= '9' && unit > 1; text++) {
		unit /= 10;
		*ret += unit * (*text - '0');
	}
	return !*text;
}

static void check_number(const char *text, uint64_t min, uint64_t max,
			 int (*parse)(const char *text, __u64 min, __u64 max, __u64 *ret),
			 bool (*is)(const char *text, wide *ret))
{
	const __u64 untouched = 0x1234567812345678;
	__u64 value = untouched;
	wide wanted = 0;
	bool good = is(text, &wanted);
	int err = parse(text, min, max, &value);

	CHECK(!err || value == untouched);
	CHECK(!err || err == -EINVAL || err == -ERANGE);
	CHECK(err || (value >= min && value <= max));
	CHECK(err || (good && value == wanted));
	/* Some large ones are refused before their range is asked for. */
	CHECK(!err || !good || wanted < min || wanted > max || wanted > (wide)1 << 63);
}

static void check_filter(const struct filter *f)
{
	const struct pf_filter *s = &f->spec;
	char text[FILTER_TEXT_LEN];

	CHECK(s->by_task == s->n_pids + s->n_comms + s->n_cgroups);
	CHECK(s->by_sock == s->n_netns + s->n_ports + s->n_lports + s->n_rports + s->n_addrs);
	CHECK(s->by_file == s->n_inodes + s->n_paths);
	CHECK(s->n_pids == f->n_given[FILTER_PID] && s->n_comms == f->n_given[FILTER_COMM]);
	CHECK(s->n_ports == f->n_given[FILTER_PORT] && s->n_addrs == f->n_given[FILTER_ADDR]);
	for (int kind = 0; kind < FILTER_MAX; kind++)
		CHECK(f->n_given[kind] <= PF_FILTER_VALUES);
	for (unsigned int i = 0; i < s->n_addrs; i++) {
		CHECK(!(s->addrs[i].bits[0] & ~s->addrs[i].mask[0]));
		CHECK(!(s->addrs[i].bits[1] & ~s->addrs[i].mask[1]));
	}
	CHECK(filter_text(f, text, sizeof(text)) == text && strlen(text) < sizeof(text));
}

static void check_words(struct input *in)
{
	char *argv[WORDS + 2] = { "fuzz" };
	int argc = 1, first = -1, result;
	struct values *values = calloc(1, sizeof(*values));
	struct err err = { "" };

	CHECK(values);
	while (in->left && argc < WORDS)
		argv[argc++] = take_line(in);
	result = opts_parse(&spec, argc, argv, values, &first, &err);
	CHECK(!result || result == OPTS_HELP || result == -EINVAL);
	CHECK(!*err.text == (result != -EINVAL));
	CHECK(result ? first == -1 : first >= 1 && first <= argc);
	CHECK(!values->number || (values->number >= 3 && values->number <= 4194303));
	CHECK(!values->size || (values->size >= 4096 && values->size <= 1u << 30));
	CHECK(values->name >= 0 && values->name < 3);
	check_filter(&values->filter);
	while (argc > 1)
		free(argv[--argc]);
	free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint64_t min = take(&in, 2), max = min + take(&in, 8);
	char *text = take_line(&in);

	if (max >= min) {
		check_number(text, min, max, opts_uint, number_is);
		check_number(text, min, max, opts_size, size_is);
		check_number(text, min, max, opts_ratio, ratio_is);
		check_number(text, min, max, opts_seconds, seconds_is);
	}
	free(text);
	check_words(&in);
	return 0;
}
