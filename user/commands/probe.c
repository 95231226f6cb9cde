// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * probe.c - pageflight probe: which hook each role uses and why the others are not
 * used, then the self-test; or what the types of another kernel promise.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/capabilities.h"
#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "kernel/loader.h"
#include "kernel/plan.h"
#include "probe_bundle.h"
#include "probe_report.h"

struct probe_opts {
	bool json;
	bool verbose;
	const char *btf;
	const char *bundle;
};

static const struct opt options[] = {
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = offsetof(struct probe_opts, json),
	  .help = "print one JSON object" },
	{ .name = "btf", .kind = OPT_TEXT, .at = offsetof(struct probe_opts, btf), .arg = "FILE",
	  .help = "plan for the kernel whose types are in FILE" },
	{ .name = "bundle", .kind = OPT_TEXT, .at = offsetof(struct probe_opts, bundle),
	  .arg = "FILE", .help = "make FILE, with what a report of a fault needs" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,
	  .at = offsetof(struct probe_opts, verbose),
	  .help = "libbpf's messages and the verifier's log too" },
	{ 0 },
};

static int print(const struct probe *p, const struct probe_opts *opts)
{
	int err = opts->json ? probe_print_json(p, stdout) : probe_print_text(p, stdout);

	if (err)
		log_error("cannot write to standard output: %s", strerror(-err));
	return err || !probe_works(p) ? EXIT_FAILED : EXIT_DONE;
}

static int plan_that(const struct probe_opts *opts)
{
	struct probe p = { .kernel = opts->btf, .plan = true, .n = hooks_n };
	struct plan plan;
	struct err err;
	int status;

	if (plan_read(&plan, opts->btf, &err)) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	p.hooks = plan.hooks;
	p.content = hooks_content(p.hooks, p.n, PF_CONTENT_WIRE);
	p.lacks = plan.lacks;
	status = print(&p, opts);
	plan_free(&plan);
	return status;
}

static int probe_this(const struct probe_opts *opts, FILE *bundle)
{
	const struct loader_opts lopts = {
		.content = PF_CONTENT_WIRE, .verbose = opts->verbose, .messages = bundle,
	};
	struct probe p = { 0 };
	struct loader *l;
	struct utsname u;
	struct err err;
	int status;

	if (loader_open(&l, &lopts, &err)) {
		log_error("%s", err.text);
		if (bundle)
			bundle_failure(bundle, &err);
		return EXIT_FAILED;
	}
	uname(&u);
	p.kernel = u.release;
	/* What it reads from now on are records of everybody's writes. */
	capabilities_keep(0);
	p.hooks = loader_hooks(l, &p.n);
	p.content = loader_content(l);
	p.waits = loader_waits(l);
	p.test_err = selftest_run(l, p.results, &p.passed);
	status = print(&p, opts);
	if (bundle)
		bundle_probe(bundle, &p);
	loader_close(l);
	return status;
}

static int bundle_this(const struct probe_opts *opts)
{
	struct err err;
	FILE *bundle = bundle_open(opts->bundle, &err);
	int status, failed;

	if (!bundle) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	bundle_host(bundle);
	status = probe_this(opts, bundle);
	failed = bundle_close(bundle);
	if (failed)
		log_error("cannot write to %s: %s", opts->bundle, strerror(-failed));
	return failed ? EXIT_FAILED : status;
}

static int cmd_probe(void *values, char **operands)
{
	const struct probe_opts *opts = values;

	(void)operands;
	if (opts->btf && opts->bundle) {
		log_error("--bundle is about this kernel, --btf about another");
		return EXIT_USAGE;
	}
	if (opts->btf)
		return plan_that(opts);
	return opts->bundle ? bundle_this(opts) : probe_this(opts, NULL);
}

static const struct probe_opts defaults;

const struct command command_probe = {
	.spec = {
		.name = "probe",
		.args = "",
		.about =
"Shows which hooks this kernel gives for each role, and why others are not used;\n"
"then sends a file over lo, overwrites it and demands its own records. Ends with\n"
"one sentence that says what is to be expected here.",
		.notes =
"With --btf nothing is loaded or tested, and no privileges are needed. Types of\n"
"modules are looked for beside FILE, as in /sys/kernel/btf.\n\n"
"Exit status: 0 if every required role has a hook and the self-test passed, else 1;\n"
"2 usage.",
		.opts = options,
	},
	.summary = "show what this kernel lets pageflight see, and test it",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_probe,
};
