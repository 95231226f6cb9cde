// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * opts.c - see opts.h. A number must be one to its last character, and in its
 * range. An error is one line that names the option.
 */
#include "opts.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "err.h"

#define MAX_OPTS 64

static int digits(const char **text, __u64 *ret_value)
{
	const char *c = *text;
	__u64 value = 0;

	if (*c < '0' || *c > '9')
		return -EINVAL;
	for (; *c >= '0' && *c <= '9'; c++) {
		if (value > ((__u64)-1 - (*c - '0')) / 10)
			return -ERANGE;
		value = value * 10 + (*c - '0');
	}
	*text = c;
	*ret_value = value;
	return 0;
}

static int in_range(__u64 value, __u64 min, __u64 max, __u64 *ret_value)
{
	if (value < min || value > max)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int opts_uint(const char *text, __u64 min, __u64 max, __u64 *ret_value)
{
	__u64 value;
	int err = digits(&text, &value);

	if (err)
		return err;
	return *text ? -EINVAL : in_range(value, min, max, ret_value);
}

int opts_size(const char *text, __u64 min, __u64 max, __u64 *ret_value)
{
	static const char units[] = "KMG";
	const char *unit;
	unsigned int shift = 0;
	__u64 value;
	int err = digits(&text, &value);

	if (err)
		return err;
	if (*text) {
		unit = strchr(units, *text & ~0x20);
		if (!unit || !*unit || text[1])
			return -EINVAL;
		shift = 10 * (unit - units + 1);
	}
	if (value > (__u64)-1 >> shift)
		return -ERANGE;
	return in_range(value << shift, min, max, ret_value);
}

int opts_seconds(const char *text, __u64 min, __u64 max, __u64 *ret_ns)
{
	__u64 whole, fraction = 0, unit = NSEC_PER_SEC;
	int err = digits(&text, &whole);

	if (err)
		return err;
	if (whole > (__u64)-1 / NSEC_PER_SEC - 1)
		return -ERANGE;
	if (*text == '.') {
		text++;
		for (; *text >= '0' && *text <= '9' && unit > 1; text++) {
			unit /= 10;
			fraction += (*text - '0') * unit;
		}
		if (unit == NSEC_PER_SEC)
			return -EINVAL;
	}
	return *text ? -EINVAL : in_range(whole * NSEC_PER_SEC + fraction, min, max, ret_ns);
}

int opts_ratio(const char *text, __u64 min, __u64 max, __u64 *ret_n)
{
	return strncmp(text, "1/", 2) ? -EINVAL : opts_uint(text + 2, min, max, ret_n);
}

static int parse_name(const struct opt *opt, const char *text, void *at)
{
	for (int i = 0; i < opt->n_names; i++) {
		if (!strcmp(opt->names[i], text)) {
			*(int *)at = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_value(const struct opt *opt, const char *text, void *values)
{
	void *at = (char *)values + opt->at;
	__u64 number = 0;
	int err = 0;

	switch (opt->kind) {
	case OPT_FLAG:
		*(bool *)at = true;
		return 0;
	case OPT_TEXT:
		if (!*text)
			return -EINVAL;
		*(const char **)at = text;
		return 0;
	case OPT_NAME:
		return parse_name(opt, text, at);
	case OPT_ADD:
		return opt->add(at, opt->which, text);
	case OPT_SECONDS:
		return opts_seconds(text, opt->min, opt->max, at);
	case OPT_SIZE:
		err = opts_size(text, opt->min, opt->max, &number);
		break;
	case OPT_UINT:
		err = opts_uint(text, opt->min, opt->max, &number);
		break;
	case OPT_RATIO:
		err = opts_ratio(text, opt->min, opt->max, &number);
		break;
	}
	if (!err)
		*(unsigned int *)at = number;
	return err;
}

/* What a value of the option has to be: "... is not" comes before. */
static void describe(const struct opt *opt, char *ret_text, size_t len)
{
	unsigned long long min = opt->min, max = opt->max;
	size_t at;

	switch (opt->kind) {
	case OPT_NAME:
		at = snprintf(ret_text, len, "one of");
		for (int i = 0; i < opt->n_names && at < len; i++)
			at += snprintf(ret_text + at, len - at, "%s %s", i ? "," : "",
				       opt->names[i]);
		break;
	case OPT_SECONDS:
		snprintf(ret_text, len, "a number of seconds from %g to %g", opt->min / 1e9,
			 opt->max / 1e9);
		break;
	case OPT_SIZE:
		snprintf(ret_text, len, "a size from %llu to %llu bytes (K, M and G may follow)",
			 min, max);
		break;
	case OPT_UINT:
		snprintf(ret_text, len, "a number from %llu to %llu", min, max);
		break;
	case OPT_RATIO:
		snprintf(ret_text, len, "1/N with N from %llu to %llu", min, max);
		break;
	case OPT_ADD:
		snprintf(ret_text, len, "%s", opt->what);
		break;
	case OPT_FLAG:
	case OPT_TEXT:
		snprintf(ret_text, len, "a value");
		break;
	}
}

static int refuse_value(const struct opt *opt, const char *value, int why, struct err *ret_err)
{
	char wanted[256];

	if (why == -E2BIG)
		return err_set(ret_err, -EINVAL, "--%s: given too often", opt->name);
	describe(opt, wanted, sizeof(wanted));
	return err_set(ret_err, -EINVAL, "--%s: '%.60s' is not %s", opt->name, value, wanted);
}

/* getopt's tables from ours; the value of a long option is its row + 256. */
static int build(const struct command_spec *spec, char *ret_short, struct option *ret_long)
{
	const struct opt *opts = spec->opts;
	int n = 0;

	/* '+' stops at the first operand; ':' makes a missing argument an error of its own. */
	ret_short = stpcpy(ret_short, spec->files ? ":h" : "+:h");
	for (; opts[n].name; n++) {
		bool arg = opts[n].kind != OPT_FLAG;

		ret_long[n] = (struct option){ opts[n].name, arg, NULL, 256 + n };
		if (opts[n].letter) {
			*ret_short++ = opts[n].letter;
			if (arg)
				*ret_short++ = ':';
		}
	}
	*ret_short = '\0';
	ret_long[n] = (struct option){ "help", no_argument, NULL, 'h' };
	ret_long[n + 1] = (struct option){ NULL, 0, NULL, 0 };
	return n;
}

static const struct opt *row_of(const struct opt *opts, int n, int value)
{
	if (value >= 256)
		return value - 256 < n ? &opts[value - 256] : NULL;
	for (int i = 0; i < n; i++) {
		if (value && opts[i].letter == value)
			return &opts[i];
	}
	return NULL;
}

static int refuse(const struct opt *opt, int found, const char *word, struct err *ret_err)
{
	if (found == ':')
		return err_set(ret_err, -EINVAL, "%.60s needs a value", word);
	if (opt)
		return err_set(ret_err, -EINVAL, "--%s takes no value", opt->name);
	if (optopt && optopt < 256 && strncmp(word, "--", 2))
		return err_set(ret_err, -EINVAL, "unknown option '-%c'", optopt);
	return err_set(ret_err, -EINVAL, "unknown option '%.60s'", word);
}

/* Operands that are the words of another command stand behind "--". */
static int check_operands(const struct command_spec *spec, int argc, char **argv,
			  struct err *ret_err)
{
	if (optind == argc || spec->files || (spec->operands && !strcmp(argv[optind - 1], "--")))
		return 0;
	return err_set(ret_err, -EINVAL, "unexpected argument '%.60s'%s", argv[optind],
		       spec->operands ? " (a command goes after --)" : "");
}

int opts_parse(const struct command_spec *spec, int argc, char **argv, void *values,
	       int *ret_first, struct err *ret_err)
{
	struct option long_opts[MAX_OPTS + 2];
	char short_opts[2 * MAX_OPTS + 4];
	int n = build(spec, short_opts, long_opts);
	int found, at, why;

	/* Zero makes glibc and musl start afresh, also within a word. */
	optind = 0;
	opterr = 0;
	for (;;) {
		const struct opt *opt;

		at = optind ? optind : 1;
		found = getopt_long(argc, argv, short_opts, long_opts, NULL);
		if (found == -1)
			break;
		if (found == 'h')
			return OPTS_HELP;
		opt = row_of(spec->opts, n, found == '?' ? optopt : found);
		if (found == '?' || found == ':')
			return refuse(opt, found, argv[at], ret_err);
		why = parse_value(opt, optarg, values);
		if (why)
			return refuse_value(opt, optarg, why, ret_err);
	}
	why = check_operands(spec, argc, argv, ret_err);
	if (!why)
		*ret_first = optind;
	return why;
}

void opts_help(FILE *out, const struct command_spec *spec)
{
	fprintf(out, "Usage: pageflight %s [OPTION...]%s%s\n\n%s\n\nOptions:\n", spec->name,
		*spec->args ? " " : "", spec->args, spec->about);
	for (const struct opt *opt = spec->opts; opt->name; opt++) {
		char left[64], letter[8] = "";

		if (opt->letter)
			snprintf(letter, sizeof(letter), "-%c,", opt->letter);
		snprintf(left, sizeof(left), "%3s --%s%s%s", letter, opt->name,
			 opt->arg ? " " : "", opt->arg ? opt->arg : "");
		fprintf(out, "  %-28s %s\n", left, opt->help);
	}
	fprintf(out, "  %-28s %s\n", "-h, --help", "show this help");
	if (spec->notes)
		fprintf(out, "\n%s\n", spec->notes);
}

void opts_list(FILE *out, const struct command_spec *spec)
{
	for (const struct opt *opt = spec->opts; opt->name; opt++) {
		fprintf(out, "%s\t", spec->name);
		if (opt->letter)
			fprintf(out, "-%c", opt->letter);
		fprintf(out, "\t--%s\t%s\t", opt->name, opt->arg ? opt->arg : "");
		for (int i = 0; i < opt->n_names; i++)
			fprintf(out, "%s%s", i ? " " : "", opt->names[i]);
		fprintf(out, "\t%s\n", opt->help);
	}
	fprintf(out, "%s\t-h\t--help\t\t\tshow this help\n", spec->name);
}
