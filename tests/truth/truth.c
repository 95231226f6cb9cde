// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * truth - the truth bench: flows drawn from a seed, a pageflight that watches
 * them, and a comparison of what it said with what their readers got.
 *
 * Runs as root in a test machine, from a directory that holds build/.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"
#include "judge.h"
#include "lib/say.h"
#include "net.h"
#include "noise.h"
#include "said.h"
#include "table.h"
#include "trace.h"
#include "watch.h"

#define SHOWN 20	/* failures printed in full */

struct options {
	uint64_t seed;
	uint32_t first, flows;
	bool again;		/* the first one each time */
	uint64_t seconds;	/* 0: all flows, however long that takes */
	bool beside;
	const char *content, *kernel, *list;
	enum net only;
	bool reader;
	unsigned int noise;
};

static const char usage[] =
	"usage: truth [--seed S] [--flows N] [--first n] [--flow n [--times N]]\n"
	"             [--content MODE] [--kernel NAME] [--list VERDICT] [--seconds N]\n"
	"             [--beside] [--card [--noise N]]\n"
	"       truth --reader\n"
	"  --flow n    only flow n, and trace it\n"
	"  --times N   so many times, and do not trace it\n"
	"  --content   as pageflight watch has it; default: do not pass it on\n"
	"  --list V    name the flows with incidents of this verdict\n"
	"  --kernel    what to call this kernel in the output\n"
	"  --seconds   begin no flow after this time\n"
	"  --beside    the machine is under load of others: only the flows are watched, and one\n"
	"              that did not get as far as planned is no failure\n"
	"  --card      send to another machine, which runs truth --reader\n"
	"  --noise N   so many other senders meanwhile, default 0\n";

static uint64_t number(const char *text, uint64_t max)
{
	char *end;
	uint64_t n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || n > max) {
		fprintf(stderr, "truth: '%s' is not a number up to %llu\n", text,
			(unsigned long long)max);
		exit(2);
	}
	return n;
}

static void parse(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "seed", 1, NULL, 's' }, { "flows", 1, NULL, 'n' }, { "first", 1, NULL, 'a' },
		{ "flow", 1, NULL, 'f' }, { "content", 1, NULL, 'c' },
		{ "kernel", 1, NULL, 'k' }, { "list", 1, NULL, 'l' },
		{ "card", 0, NULL, 'd' }, { "reader", 0, NULL, 'r' },
		{ "seconds", 1, NULL, 't' }, { "beside", 0, NULL, 'b' },
		{ "noise", 1, NULL, 'o' }, { "times", 1, NULL, 'm' },
		{ 0 },
	};
	int found;

	*o = (struct options){ .seed = 1, .flows = 200, .kernel = "?", .only = NET_MAX };
	while ((found = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (found) {
		case 's':
			o->seed = number(optarg, UINT64_MAX);
			break;
		case 'n':
			o->flows = number(optarg, PLAN_FLOWS);
			break;
		case 'a':
			o->first = number(optarg, PLAN_FLOWS - 1);
			break;
		case 'f':
			o->first = number(optarg, PLAN_FLOWS - 1);
			o->flows = 1;
			trace_on = true;
			break;
		case 'm':
			o->flows = number(optarg, PLAN_FLOWS);
			o->again = true;
			trace_on = false;
			break;
		case 'c':
			o->content = optarg;
			break;
		case 'k':
			o->kernel = optarg;
			break;
		case 'l':
			o->list = optarg;
			break;
		case 'o':
			o->noise = number(optarg, 16);
			break;
		case 'd':
			o->only = NET_CARD;
			break;
		case 'r':
			o->reader = true;
			break;
		case 't':
			o->seconds = number(optarg, UINT32_MAX);
			break;
		case 'b':
			o->beside = true;
			break;
		default:
			fputs(usage, stderr);
			exit(2);
		}
	}
	if (optind < argc || o->first + o->flows > PLAN_FLOWS) {
		fputs(usage, stderr);
		exit(2);
	}
}

/* The flow in this place of the run. */
static void plan(const struct options *o, uint32_t i, struct plan *ret)
{
	plan_make(ret, o->seed, o->first + (o->again ? 0 : i), o->only);
	ret->place = o->first + i;
}

static void show(const struct options *o, const struct plan *p, const char *what)
{
	char words[512];

	plan_words(p, words, sizeof(words));
	printf("FAIL flow %u: %s\n  %s\n", p->n, what, words);
	printf("  make truth %sSEED=%llu FLOW=%u KERNELS=%s%s%s\n",
	       p->net == NET_CARD ? "NET=card " : "", (unsigned long long)o->seed, p->n,
	       o->kernel, o->content ? " CONTENT=" : "", o->content ? o->content : "");
}

static void list(const struct options *o, const struct plan *p, const struct said_incident *inc,
		 unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		if (o->list && !strcmp(o->list, said_verdict_names[inc[i].verdict]))
			printf("%s: flow %u write %d: %s by %s over %s at %s\n", o->list, p->n,
			       inc[i].write, inc[i].reason,
			       inc[i].write < 0 ? "?" : writer_names[p->write[inc[i].write].how],
			       net_names[p->net], moment_names[p->moment]);
	}
}

/* Returns how many flows failed. */
static unsigned int judge_all(const struct options *o, const struct truth *truths,
			      const struct said *said, struct truth_judge *j)
{
	unsigned int failed = 0;

	for (uint32_t i = 0; i < o->flows; i++) {
		const struct said_incident *inc;
		char text[256] = "";
		struct plan p;
		unsigned int n;
		uint64_t bad;

		plan(o, i, &p);
		inc = said_of(said, p.place, &n);
		list(o, &p, inc, n);
		bad = truth_judge_flow(j, &p, &truths[i], inc, n, text, sizeof(text));
		if (*truths[i].trouble && o->beside) {
			j->troubled++;
		} else if (*truths[i].trouble) {
			snprintf(text, sizeof(text), "never: %s", truths[i].trouble);
			bad++;
		}
		if (!bad)
			continue;
		if (failed++ < SHOWN)
			show(o, &p, text);
	}
	if (failed > SHOWN)
		printf("and %u more flows that failed\n", failed - SHOWN);
	return failed;
}

/* Returns how many flows were run. */
static uint32_t run_all(const struct options *o, struct truth *truths)
{
	uint64_t until = o->seconds ? now_us() + o->seconds * 1000000 : UINT64_MAX;
	struct plan p;
	uint32_t i;

	for (i = 0; i < o->flows && now_us() < until; i++) {
		plan(o, i, &p);
		if (trace_on) {
			char words[512];

			plan_words(&p, words, sizeof(words));
			trace("flow %u: %s", p.n, words);
		}
		flow_run(&p, &truths[i]);
	}
	return i;
}

int main(int argc, char **argv)
{
	struct truth_judge j = { 0 };
	struct options o;
	struct said said;
	struct truth *truths;
	unsigned int failed;
	const char *mode;
	uint64_t began, ended;
	bool lost;

	parse(argc, argv, &o);
	setvbuf(stdout, NULL, _IOLBF, 0);
	truths = calloc(o.flows + 1, sizeof(*truths));
	must(truths, "memory");
	if (o.reader)
		net_serve_reader();
	flow_init(o.only);
	watch_start(o.content, o.beside ? NET_SENDERS : NULL);
	began = now_us();
	if (o.only == NET_CARD)
		noise_start(o.noise);
	o.flows = run_all(&o, truths);
	noise_stop();
	ended = now_us();
	/* At its end a session has a moment to print. That is too short on a busy machine. */
	if (o.beside)
		sleep(WATCH_SETTLE + 2);
	said_read(watch_stop(), &said);

	mode = *said.content ? said.content : o.content ? o.content : "off";
	j.hooks_only = !strcmp(mode, "off");
	failed = judge_all(&o, truths, &said, &j);
	table_print(stdout, o.kernel, mode, &j);
	printf("%.1f s, %.1f flows a second\n", (ended - began) / 1e6,
	       o.flows * 1e6 / (ended - began + 1));
	if (j.troubled)
		printf("%u flows did not get as far as planned\n", j.troubled);
	if (!said.summary || *said.loss || said.strays)
		printf("pageflight lost something:%s%s%s\n", said.loss,
		       said.summary ? "" : " no summary",
		       said.strays ? " incidents of no flow" : "");
	lost = !said.summary || said.lossy || said.strays;
	printf("truth %s %s: %u passed, %u failed\n", o.kernel, mode, o.flows - failed, failed + lost);
	return failed || lost;
}
