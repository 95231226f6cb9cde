/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* watching - what the commands that run a session of this kind share: watch, serve and record. */
#ifndef PAGEFLIGHT_WATCHING_H
#define PAGEFLIGHT_WATCHING_H

#include <limits.h>

#include "base/clock.h"
#include "kernel/filter.h"
#include "kernel/sizing.h"
#include "run/session.h"

struct watch_opts {
	struct session_opts session;
	struct filter filter;
	unsigned int ready_fd;
	unsigned int max_size;
};

#define WATCH_AT(field) offsetof(struct watch_opts, field)
#define WATCH_DAY (86400 * NSEC_PER_SEC)

/* What follows is more of the report's. */
#define WATCH_DEFAULTS(...)								\
	.session = {									\
		.loader = { .content = PF_CONTENT_WIRE, .audit = 1024 },		\
		.report = { .fail_on = -1, __VA_ARGS__ },				\
		.ready_fd = -1,								\
		.confined = true,							\
	},										\
	.ready_fd = UINT_MAX

/* Rows of an option table: where incidents go, too, and which are printed. */
#define WATCH_OUTPUT_OPTS								\
	{ .name = "output", .kind = OPT_TEXT, .at = WATCH_AT(session.report.output),	\
	  .arg = "FILE", .help = "append JSON lines to FILE as well" },			\
	{ .name = "exec", .kind = OPT_TEXT, .at = WATCH_AT(session.report.exec),	\
	  .arg = "COMMAND",								\
	  .help = "run a shell command for each incident, with its JSON as input" },	\
	{ .name = "record", .kind = OPT_TEXT, .at = WATCH_AT(session.report.record),	\
	  .arg = "FILE", .help = "record all evidence in FILE, for 'pageflight report'" }
#define WATCH_MIN_VERDICT_OPT								\
	{ .name = "min-verdict", .kind = OPT_NAME,					\
	  .at = WATCH_AT(session.report.min_verdict), .names = pf_verdict_names,	\
	  .n_names = PF_VERDICT_MAX, .arg = "VERDICT",					\
	  .help = "print only incidents at or above VERDICT" }

/* Of the end of a session, and of what it looks at. */
#define WATCH_END_OPTS									\
	{ .name = "duration", .kind = OPT_SECONDS, .at = WATCH_AT(session.duration_ns),	\
	  .min = NSEC_PER_SEC / 1000, .max = 365 * WATCH_DAY, .arg = "S",		\
	  .help = "end after S seconds" },						\
	{ .name = "count", .kind = OPT_UINT, .at = WATCH_AT(session.report.count),	\
	  .min = 1, .max = UINT_MAX, .arg = "N", .help = "end after N incidents" }
#define WATCH_LOOK_OPTS									\
	{ .name = "fail-on", .kind = OPT_NAME, .at = WATCH_AT(session.report.fail_on),	\
	  .names = pf_verdict_names, .n_names = PF_VERDICT_MAX, .arg = "VERDICT",	\
	  .help = "exit with 3 if there was one at or above VERDICT" },			\
	{ .name = "settle", .kind = OPT_SECONDS, .at = WATCH_AT(session.settle_ns),	\
	  .min = NSEC_PER_SEC / 1000, .max = 3600 * NSEC_PER_SEC, .arg = "S",		\
	  .help = "wait S seconds for an acknowledgement (2)" },			\
	{ .name = "content", .kind = OPT_NAME, .at = WATCH_AT(session.loader.content),	\
	  .names = pf_content_names, .n_names = PF_CONTENT_MAX, .arg = "MODE",		\
	  .help = "compare the bytes: off, edges or wire (the most that works)" },			\
	{ .name = "sample", .kind = OPT_RATIO, .at = WATCH_AT(session.loader.sample),	\
	  .min = 1, .max = 1u << 20, .arg = "1/N",					\
	  .help = "compare the bytes of one page in N" },				\
	{ .name = "audit", .kind = OPT_RATIO, .at = WATCH_AT(session.loader.audit),	\
	  .min = 1, .max = 1u << 20, .arg = "1/N",					\
	  .help = "take the fingerprint of one page in N at once (1/1024)" },		\
	FILTER_OPTS(WATCH_AT(filter)),							\
	{ .name = "max-pages", .kind = OPT_UINT, .at = WATCH_AT(session.loader.max_pages), \
	  .min = 64, .max = SIZING_PAGES_MAX, .arg = "N",				\
	  .help = "pages in flight followed at once (from memory)" },			\
	{ .name = "max-per-user", .kind = OPT_UINT, .at = WATCH_AT(session.loader.per_user), \
	  .min = 64, .max = 1 << 20, .arg = "N",					\
	  .help = "pages of one user that a write reports at once (1024)" },		\
	{ .name = "max-conns", .kind = OPT_UINT, .at = WATCH_AT(session.loader.max_conns), \
	  .min = 1, .max = SIZING_CONNS_MAX, .arg = "N",				\
	  .help = "connections followed at once (one for 32 pages)" },			\
	{ .name = "ring-size", .kind = OPT_SIZE, .at = WATCH_AT(session.loader.ring_bytes), \
	  .min = 4096, .max = 1u << 30, .arg = "BYTES",					\
	  .help = "ring buffer, rounded up to a power of two; K, M or G" },		\
	{ .name = "ready-fd", .kind = OPT_UINT, .at = WATCH_AT(ready_fd), .min = 3,	\
	  .max = INT_MAX, .arg = "N", .help = "write a newline to descriptor N once attached" }, \
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG,				\
	  .at = WATCH_AT(session.loader.verbose), .help = "say more on stderr" }
#define WATCH_MAX_SIZE_OPT								\
	{ .name = "max-size", .kind = OPT_SIZE, .at = WATCH_AT(max_size), .min = 1u << 20, \
	  .max = UINT_MAX, .arg = "BYTES",						\
	  .help = "size of the recording: the oldest evidence goes; K, M or G" }

/* Run the session. Returns the exit status. */
int watching_run(struct watch_opts *opts, char **command);

#endif
