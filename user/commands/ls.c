// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ls.c - pageflight ls: what the sockets of this host hold at this moment. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/fmt.h"
#include "base/log.h"
#include "base/signals.h"
#include "commands.h"
#include "kernel/filter.h"
#include "kernel/filter_places.h"
#include "kernel/privileges.h"
#include "now/look.h"
#include "now/ls.h"
#include "output/sink.h"

#define AT(field) offsetof(struct ls_opts, field)
#define DAY (86400 * NSEC_PER_SEC)

struct ls_opts {
	struct filter filter;
	bool json;
	bool conns;
	bool pieces;
	__u64 every_ns;
	bool verbose;
};

static const struct opt options[] = {
	{ .name = "conns", .letter = 'c', .kind = OPT_FLAG, .at = AT(conns),
	  .help = "a line for each socket, not for each file" },
	{ .name = "pieces", .letter = 'p', .kind = OPT_FLAG, .at = AT(pieces),
	  .help = "a line for each range of a file in a socket" },
	{ .name = "json", .letter = 'j', .kind = OPT_FLAG, .at = AT(json),
	  .help = "JSON lines instead of a table" },
	{ .name = "watch", .letter = 'w', .kind = OPT_SECONDS, .at = AT(every_ns),
	  .min = NSEC_PER_SEC / 10, .max = DAY, .arg = "S", .help = "look again every S seconds" },
	FILTER_OPT(AT(filter), FILTER_PID, "pid", "N", "a process number",
		   "only sockets that process N has open *"),
	FILTER_OPT(AT(filter), FILTER_NETNS, "netns", "PATH|N", "a path or an inode number",
		   "only sockets of this network namespace *"),
	FILTER_OPT(AT(filter), FILTER_PORT, "port", "N", "a port from 1 to 65535",
		   "only sockets with this port at either end *"),
	FILTER_OPT(AT(filter), FILTER_LPORT, "lport", "N", "a port from 1 to 65535",
		   "... at the socket's own end *"),
	FILTER_OPT(AT(filter), FILTER_RPORT, "rport", "N", "a port from 1 to 65535",
		   "... at the other end *"),
	FILTER_OPT(AT(filter), FILTER_ADDR, "addr", "ADDR[/LEN]", "an address or a prefix",
		   "only sockets with such an address at either end *"),
	FILTER_OPT(AT(filter), FILTER_INODE, "inode", "DEV:INO", "MAJOR:MINOR:INODE",
		   "only this file, as MAJOR:MINOR:INODE *"),
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG, .at = AT(verbose),
	  .help = "say more on stderr" },
	{ 0 },
};

/* What a look did not see, one line each. */
static void say_losses(const struct look *look)
{
	const struct everywhere *e = &look->everywhere;

	if (e->unseen && e->unseen_why == -ENOENT)
		log_info("%llu network namespaces were not looked at, such as %llu: no process, mount or descriptor leads into them",
			 (unsigned long long)e->unseen, (unsigned long long)e->unseen_ino);
	else if (e->unseen)
		log_info("%llu network namespaces were not looked at, such as %llu: %s",
			 (unsigned long long)e->unseen, (unsigned long long)e->unseen_ino,
			 strerror(-e->unseen_why));
	if (look->cut)
		log_info("%llu sockets hold more than was walked", (unsigned long long)look->cut);
	if (look->nameless)
		log_info("%llu pieces belong to more files than get a name",
			 (unsigned long long)look->nameless);
	if (look->owners.cut)
		log_info("there may be more owners: too many descriptors are open on this host");
}

static int print(struct sink *sink, struct look *look, const struct ls_opts *opts)
{
	enum ls_by by = opts->pieces ? LS_PIECES : opts->conns ? LS_SOCKETS : LS_FILES;
	int err;

	if (opts->json)
		err = ls_print_json(sink, look, by, clock_wall_ns(clock_mono_ns()));
	else
		err = ls_print_text(sink, look, by);
	if (err)
		log_error("cannot write to standard output: %s", strerror(-err));
	return err;
}

/* Nothing was found, but is there nothing? */
static int status_of(const struct look *look)
{
	if (look->hold.n_socks)
		return EXIT_HELD;
	return look->everywhere.unseen ? EXIT_BLIND : EXIT_NOTHING;
}

/* True if it was done, be it that not everything could be looked at. */
static bool look_and_print(struct sink *sink, struct look *look, const struct ls_opts *opts,
			   int *ret_status)
{
	struct err err;

	*ret_status = EXIT_BLIND;
	if (look_take(look, &err)) {
		log_error("%s", err.text);
		return false;
	}
	if (print(sink, look, opts))
		return false;
	say_losses(look);
	*ret_status = status_of(look);
	return true;
}

/* Wait for the next look. False if a signal asks for the end. */
static bool next(int signals, __u64 *at_ns, __u64 every_ns)
{
	struct pollfd ready = { .fd = signals, .events = POLLIN };
	__u64 now = clock_mono_ns();

	*at_ns = *at_ns + every_ns > now ? *at_ns + every_ns : now;
	poll(&ready, 1, (*at_ns - now + NSEC_PER_MSEC - 1) / NSEC_PER_MSEC);
	return !signals_take_end(signals);
}

static int repeat(struct sink *sink, struct look *look, const struct ls_opts *opts)
{
	int signals = signals_open(), status;
	__u64 at = clock_mono_ns();
	bool done;

	if (signals < 0) {
		log_error("cannot take signals: %s", strerror(-signals));
		return EXIT_BLIND;
	}
	do {
		char time[FMT_TIME_LEN];

		if (!opts->json)
			fprintf(sink->out, "%s\n",
				fmt_time(time, clock_wall_ns(clock_mono_ns())));
		done = look_and_print(sink, look, opts, &status);
	} while (done && next(signals, &at, opts->every_ns));
	close(signals);
	return status;
}

static int run(const struct ls_opts *opts)
{
	struct look look;
	struct sink sink;
	struct err err;
	int status;

	if (privileges_check(&err) || look_open(&look, &opts->filter, opts->verbose, &err)) {
		log_error("%s", err.text);
		return EXIT_BLIND;
	}
	privileges_look_say();
	sink_init(&sink, NULL);
	if (opts->every_ns)
		status = repeat(&sink, &look, opts);
	else
		look_and_print(&sink, &look, opts, &status);
	look_close(&look);
	return status;
}

static int cmd_ls(void *values, char **operands)
{
	struct ls_opts *opts = values;
	int status = EXIT_USAGE;
	struct err err;

	log_set_verbose(opts->verbose);
	opts->filter.operands = true;
	for (; *operands; operands++) {
		int bad = filter_add(&opts->filter, FILTER_PATH, *operands);

		if (!bad)
			continue;
		log_error("'%.200s': %s", *operands, bad == -E2BIG ? "too many files" :
								      strerror(-bad));
		return EXIT_USAGE;
	}
	if (filter_places_find(&opts->filter, &err))
		log_error("%s", err.text);
	else
		status = run(opts);
	filter_places_close(&opts->filter);
	return status;
}

static const struct ls_opts defaults;

const struct command command_ls = {
	.spec = {
		.name = "ls",
		.args = "[FILE|DIR]...",
		.about =
"List the pages that TCP sockets of this host hold at this moment: bytes of FILE, of\n"
"files below DIR, or all. They are not sent, not acknowledged, not read by a reader\n"
"here, or came early, out of order. A write to one of them now can change what a peer\n"
"gets.",
		.notes =
"Options marked with * can be given up to 16 times: any of their values will do.\n"
"Of different ones all must hold.\n\n"
"Exit status: 0 something is held; 1 nothing is; 2 usage; 4 it could not look.",
		.files = true,
		.opts = options,
	},
	.summary = "list the pages that sockets hold now",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.failed = EXIT_BLIND,
	.run = cmd_ls,
};
