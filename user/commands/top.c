// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* top.c - pageflight top: a session whose output is a screen. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "commands.h"
#include "top/view.h"
#include "watching.h"

struct top_opts {
	struct watch_opts watch;	/* the first: WATCH_AT() */
	struct view_opts view;
};

#define AT(field) offsetof(struct top_opts, field)

static const struct opt options[] = {
	{ .name = "batch", .letter = 'b', .kind = OPT_FLAG, .at = AT(view.batch),
	  .help = "print one frame after another, as text" },
	{ .name = "frames", .letter = 'n', .kind = OPT_UINT, .at = AT(view.frames), .min = 1,
	  .max = UINT_MAX, .arg = "N", .help = "end after N frames" },
	{ .name = "every", .kind = OPT_SECONDS, .at = AT(view.every_ns), .min = NSEC_PER_SEC / 4,
	  .max = WATCH_DAY, .arg = "S", .help = "a frame every S seconds (1)" },
	{ .name = "sort", .kind = OPT_NAME, .at = AT(view.sort), .names = view_sort_names,
	  .n_names = PF_TOP_SORTS, .arg = "ORDER",
	  .help = "what is the worst at first: by bytes, age, unsent, unacked, unread or resent (bytes)" },
	WATCH_OUTPUT_OPTS,
	WATCH_MAX_SIZE_OPT,
	WATCH_END_OPTS,
	WATCH_MIN_VERDICT_OPT,
	WATCH_LOOK_OPTS,
	{ 0 },
};

static int cmd_top(void *opts, char **command)
{
	struct top_opts *top = opts;

	top->view.asked = mmap(NULL, sizeof(*top->view.asked), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (top->view.asked == MAP_FAILED) {
		log_error("out of memory");
		return EXIT_FAILED;
	}
	top->view.asked->sort = top->view.sort;
	top->watch.session.report.view = &top->view;
	return watching_run(&top->watch, command);
}

static const struct top_opts defaults = {
	.watch = { WATCH_DEFAULTS() },
	.view = { .every_ns = NSEC_PER_SEC },
};

const struct command command_top = {
	.spec = {
		.name = "top",
		.args = "[-- COMMAND [ARG...]]",
		.about =
"Show on the whole screen what TCP connections hold by reference now, by connection\n"
"and by file, and each overwrite of it as it happens. The key h shows the others.\n"
"COMMAND is started once everything is attached; its end is the end of all.",
		.notes =
"Options marked with * can be given up to 16 times: any of their values will do.\n"
"Of different ones all must hold.\n\n"
"A terminal that cannot move its cursor, or an output that is none, gets frames as\n"
"--batch does: as wide and high as COLUMNS and LINES say, else 120 by 50.\n\n"
"Exit status: as of watch.",
		.operands = true,
		.opts = options,
	},
	.summary = "show what is in flight, and its overwrites, on the whole screen",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_top,
};
