// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * probe.c - pageflight probe: per role which hook is in use and why the
 * others are not, then the self-test. Exit status 0 only if every required
 * role is attached and has shown itself.
 */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "kernel/hooks.h"
#include "kernel/loader.h"
#include "kernel/selftest.h"

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
	char release[sizeof(((struct utsname *)0)->release)];
};

static const char *why(const struct hook *h)
{
	switch (h->state) {
	case HOOK_ABSENT:
		return h->module ? "not in this kernel, or its module is not loaded"
				 : "not in this kernel";
	case HOOK_NOT_NEEDED:
		return "another is enough on this kernel";
	case HOOK_FAILED:
		return strerror(-h->err);
	default:
		return "";
	}
}

/* Programs on one function that belong together are one line: that of one in use, if any is. */
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

static void print_text(const struct probe *p)
{
	printf("kernel %s\n\n%-17s %-35s %-11s %s\n", p->release, "ROLE", "HOOK", "STATE", "WHY");
	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = &p->hooks[i];
		char hook[64];

		if (spoken_for(p, i))
			continue;
		snprintf(hook, sizeof(hook), "%s/%s", hook_method_name(h->method), h->symbol);
		printf("%-17s %-35s %-11s %s\n", h->role, hook, hook_state_name(h->state), why(h));
	}
	putchar('\n');
	if (p->test_err) {
		printf("self-test could not run: %s\n", strerror(-p->test_err));
		return;
	}
	for (int i = 0; i < SELFTEST_RESULTS; i++) {
		const struct selftest_result *r = &p->results[i];

		printf("%-17s %s: %u of %u\n", r->role, r->what, r->seen, r->expected);
	}
	printf("self-test %s\n", p->passed ? "passed" : "FAILED");
}

static struct json_object *json_hooks(const struct probe *p)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = &p->hooks[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "role", json_object_new_string(h->role));
		json_object_object_add(o, "method", json_object_new_string(hook_method_name(h->method)));
		json_object_object_add(o, "symbol", json_object_new_string(h->symbol));
		json_object_object_add(o, "required", json_object_new_boolean(h->required));
		json_object_object_add(o, "state", json_object_new_string(hook_state_name(h->state)));
		json_object_object_add(o, "why", json_object_new_string(why(h)));
		json_object_object_add(o, "sees", json_object_new_string(h->blind_without));
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *json_test(const struct probe *p)
{
	struct json_object *test = json_object_new_object(), *list = json_object_new_array();

	for (int i = 0; i < SELFTEST_RESULTS && !p->test_err; i++) {
		const struct selftest_result *r = &p->results[i];
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, "role", json_object_new_string(r->role));
		json_object_object_add(o, "what", json_object_new_string(r->what));
		json_object_object_add(o, "expected", json_object_new_int(r->expected));
		json_object_object_add(o, "seen", json_object_new_int(r->seen));
		json_object_array_add(list, o);
	}
	json_object_object_add(test, "passed", json_object_new_boolean(p->passed));
	if (p->test_err)
		json_object_object_add(test, "error",
				       json_object_new_string(strerror(-p->test_err)));
	json_object_object_add(test, "results", list);
	return test;
}

static void print_json(const struct probe *p)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "type", json_object_new_string("probe"));
	json_object_object_add(o, "kernel", json_object_new_string(p->release));
	json_object_object_add(o, "hooks", json_hooks(p));
	json_object_object_add(o, "selftest", json_test(p));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
					       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

static int run(struct probe *p, const struct probe_opts *opts)
{
	const struct loader_opts lopts = { .content = PF_CONTENT_WIRE, .verbose = opts->verbose };
	struct loader *l;
	struct utsname u;
	struct err err;

	if (loader_open(&l, &lopts, &err)) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	uname(&u);
	memcpy(p->release, u.release, sizeof(p->release));
	p->hooks = loader_hooks(l, &p->n);
	p->test_err = selftest_run(l, p->results, &p->passed);
	if (opts->json)
		print_json(p);
	else
		print_text(p);
	loader_close(l);
	return p->passed ? EXIT_DONE : EXIT_FAILED;
}

static int cmd_probe(void *values, char **operands)
{
	struct probe p = { 0 };
	int status = run(&p, values);

	(void)operands;
	if (fflush(stdout) || ferror(stdout)) {
		log_error("cannot write to standard output: %s", strerror(errno));
		return EXIT_FAILED;
	}
	return status;
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
