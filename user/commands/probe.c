// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * probe.c - pageflight probe: which hook each role uses and why the others are not
 * used, then the self-test.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/capabilities.h"
#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "kernel/hooks.h"
#include "kernel/lazy.h"
#include "kernel/loader.h"
#include "kernel/selftest.h"
#include "output/blind_json.h"
#include "output/json.h"
#include "output/sink.h"

struct probe_opts {
	bool json;
	bool verbose;
};

static const struct opt options[] = {
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = offsetof(struct probe_opts, json),
	  .help = "print one JSON object" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	  .at = offsetof(struct probe_opts, verbose),
	  .help = "libbpf's messages and the verifier's log too" },
	{ 0 },
};

struct probe {
	const struct hook *hooks;
	size_t n;
	struct selftest_result results[SELFTEST_RESULTS];
	int test_err;
	bool passed;
	__u32 waits;		/* PF_FS_* */
	char release[sizeof(((struct utsname *)0)->release)];
};

/* Programs on one function that belong together share a line. One in use speaks for them. */
static bool spoken_for(const struct probe *p, size_t i)
{
	const struct hook *h = &p->hooks[i];

	for (size_t k = 0; k < p->n; k++) {
		const struct hook *o = &p->hooks[k];
		bool better = o->state == HOOK_ATTACHED && h->state != HOOK_ATTACHED;

		if (k != i && hooks_tie(h, o) != HOOK_APART && !strcmp(h->symbol, o->symbol) &&
		    (better || (k < i && (o->state == HOOK_ATTACHED || h->state != HOOK_ATTACHED))))
			return true;
	}
	return false;
}

static void print_blind(const struct probe *p)
{
	bool any = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = hooks_blind(p->hooks, p->n, i);

		if (!h)
			continue;
		printf("%snot detected: %s [%s: %s]\n", any ? "" : "\n", h->blind_without,
		       h->symbol, hook_why_not(h));
		any = true;
	}
}

/* Where pages cost little more than in mode off. */
static void print_waits(const struct probe *p)
{
	const char *name;

	printf("\nfingerprints wait on:");
	for (unsigned int i = 0; (name = lazy_file_system_name(i)); i++)
		if (p->waits >> i & 1)
			printf(" %s", name);
	puts(p->waits ? "" : " no file system");
}

static int print_text(const struct probe *p)
{
	printf("kernel %s\n\n%-17s %-35s %-11s %s\n", p->release, "ROLE", "HOOK", "STATE", "WHY");
	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = &p->hooks[i];
		char hook[64];

		if (spoken_for(p, i))
			continue;
		snprintf(hook, sizeof(hook), "%s/%s", hook_method_name(h->method), h->symbol);
		printf("%-17s %-35s %-11s %s\n", h->role, hook, hook_state_name(h->state), hook_why_not(h));
	}
	print_blind(p);
	print_waits(p);
	putchar('\n');
	if (p->test_err) {
		printf("self-test could not run: %s\n", strerror(-p->test_err));
		return sink_flush(stdout);
	}
	for (int i = 0; i < SELFTEST_RESULTS; i++) {
		const struct selftest_result *r = &p->results[i];

		printf("%-17s %s: %u of %u\n", r->role, r->what, r->seen, r->expected);
	}
	printf("self-test %s\n", p->passed ? "passed" : "FAILED");
	return sink_flush(stdout);
}

static void put_hooks(struct json *j, const struct probe *p)
{
	json_array(j, "hooks");
	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = &p->hooks[i];

		json_object(j, NULL);
		json_text(j, "role", h->role);
		json_text(j, "method", hook_method_name(h->method));
		json_text(j, "symbol", h->symbol);
		json_bool(j, "required", h->required);
		json_text(j, "state", hook_state_name(h->state));
		json_text(j, "why", hook_why_not(h));
		json_text(j, "sees", h->blind_without);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_waits(struct json *j, const struct probe *p)
{
	const char *name;

	json_array(j, "waits");
	for (unsigned int i = 0; (name = lazy_file_system_name(i)); i++)
		if (p->waits >> i & 1)
			json_text(j, NULL, name);
	json_array_end(j);
}

static void put_test(struct json *j, const struct probe *p)
{
	json_object(j, "selftest");
	json_bool(j, "passed", p->passed);
	if (p->test_err)
		json_text(j, "error", strerror(-p->test_err));
	json_array(j, "results");
	for (int i = 0; i < SELFTEST_RESULTS && !p->test_err; i++) {
		const struct selftest_result *r = &p->results[i];

		json_object(j, NULL);
		json_text(j, "role", r->role);
		json_text(j, "what", r->what);
		json_u64(j, "expected", r->expected);
		json_u64(j, "seen", r->seen);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

static int print_json(const struct probe *p)
{
	struct json j;

	json_begin(&j);
	json_text(&j, "type", "probe");
	json_text(&j, "kernel", p->release);
	put_hooks(&j, p);
	json_put_blind(&j, p->hooks, p->n);
	put_waits(&j, p);
	put_test(&j, p);
	return json_end(&j, stdout);
}

static int run(struct probe *p, const struct probe_opts *opts)
{
	const struct loader_opts lopts = { .content = PF_CONTENT_WIRE, .verbose = opts->verbose };
	struct loader *l;
	struct utsname u;
	struct err err;
	int out_err;

	if (loader_open(&l, &lopts, &err)) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	uname(&u);
	memcpy(p->release, u.release, sizeof(p->release));
	/* What it reads from now on are records of everybody's writes. */
	capabilities_keep(0);
	p->hooks = loader_hooks(l, &p->n);
	p->waits = loader_waits(l);
	p->test_err = selftest_run(l, p->results, &p->passed);
	out_err = opts->json ? print_json(p) : print_text(p);
	loader_close(l);
	if (out_err) {
		log_error("cannot write to standard output: %s", strerror(-out_err));
		return EXIT_FAILED;
	}
	return p->passed ? EXIT_DONE : EXIT_FAILED;
}

static int cmd_probe(void *values, char **operands)
{
	struct probe p = { 0 };

	(void)operands;
	return run(&p, values);
}

static const struct probe_opts defaults;

const struct command command_probe = {
	.spec = {
		.name = "probe",
		.args = "",
		.about =
"Shows which hooks this kernel gives for each role, and why others are not used;\n"
"then sends a file over lo, overwrites it and demands its own records.",
		.notes =
"Exit status: 0 if every required role has a hook and the self-test passed, else 1;\n"
"2 usage.",
		.opts = options,
	},
	.summary = "show what this kernel lets pageflight see, and test it",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_probe,
};
