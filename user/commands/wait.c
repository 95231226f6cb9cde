// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* wait.c - pageflight wait: until no socket holds pages of some files any more. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "commands.h"
#include "kernel/privileges.h"
#include "now.h"
#include "now/wait.h"

#define AT(field) offsetof(struct wait_cmd, field)
#define YEAR (365 * 86400 * NSEC_PER_SEC)

struct wait_cmd {
	__u64 from, to;
	__u64 timeout_ns;
	bool strict;
	bool verbose;
	char **files;
};

/* OFF+LEN */
static int add_range(void *at, int which, const char *text)
{
	struct wait_cmd *cmd = at;
	const char *plus = strchr(text, '+');
	char off[32];
	__u64 from, len;

	(void)which;
	if (!plus || plus - text >= (int)sizeof(off))
		return -EINVAL;
	snprintf(off, sizeof(off), "%.*s", (int)(plus - text), text);
	if (opts_size(off, 0, (__u64)-2, &from) ||
	    opts_size(plus + 1, 1, (__u64)-1 - from, &len))
		return -EINVAL;
	cmd->from = from;
	cmd->to = from + len;
	return 0;
}

static const struct opt options[] = {
	{ .name = "range", .kind = OPT_ADD, .at = 0, .add = add_range, .arg = "OFF+LEN",
	  .what = "an offset and a length of 1 or more, as 4096+100 (K, M and G may follow)",
	  .help = "only these bytes of each FILE; K, M or G" },
	{ .name = "timeout", .letter = 't', .kind = OPT_SECONDS, .at = AT(timeout_ns), .max = YEAR,
	  .arg = "S", .help = "give up after S seconds; 0: look once" },
	{ .name = "strict", .letter = 's', .kind = OPT_FLAG, .at = AT(strict),
	  .help = "wait for every other reference to the pages too" },
	{ .name = "verbose", .letter = 'v', .kind = OPT_FLAG, .at = AT(verbose),
	  .help = "say more on stderr" },
	{ 0 },
};

/* "FILE", or "FILE and 2 more". */
static const char *name_of(const struct wait_cmd *cmd, char *ret_text, size_t len)
{
	size_t n = 0;

	while (cmd->files[n])
		n++;
	if (n == 1)
		return cmd->files[0];
	snprintf(ret_text, len, "%.300s and %zu more", cmd->files[0], n - 1);
	return ret_text;
}

static void say(const struct wait_cmd *cmd, const char *how, const struct wait_state *state)
{
	char name[340];

	if (state->bytes)
		log_info("%s: %llu bytes of %s are in %llu sockets", how,
			 (unsigned long long)state->bytes, name_of(cmd, name, sizeof(name)),
			 (unsigned long long)state->socks);
	else if (state->unseen)
		log_info("%s: pages of %s are referenced, and %llu network namespaces cannot be looked into, such as %llu",
			 how, name_of(cmd, name, sizeof(name)), (unsigned long long)state->unseen,
			 (unsigned long long)state->unseen_ino);
	else
		log_info("%s: %llu pages of %s are referenced by something that is no queue of a socket",
			 how, (unsigned long long)state->refs, name_of(cmd, name, sizeof(name)));
}

static void on_wait(void *ctx, const struct wait_state *state)
{
	say(ctx, "waiting", state);
}

static int wait_for(struct wait_cmd *cmd, struct waiter *waiter, const int *fds, size_t n)
{
	const struct wait_opts opts = {
		.fds = fds,
		.n = n,
		.from = cmd->from,
		.to = cmd->to,
		.timeout_ns = cmd->timeout_ns,
		.strict = cmd->strict,
		.on_wait = on_wait,
		.ctx = cmd,
	};
	struct wait_state state;
	int err = wait_until_free(waiter, &opts, &state);

	if (err == -ETIMEDOUT) {
		say(cmd, "gave up", &state);
		return EXIT_TIMEOUT;
	}
	if (err) {
		log_error("cannot look into the sockets: %s", strerror(-err));
		return EXIT_FAILED;
	}
	if (state.refs)
		log_info("no socket holds it, but %llu of its pages have another reference: a packet on its way, a pipe or a reader may still read them (--strict waits for these)",
			 (unsigned long long)state.refs);
	return EXIT_FREE;
}

static int run(struct wait_cmd *cmd, const int *fds, size_t n)
{
	__u64 capabilities = capabilities_effective();
	struct waiter *waiter;
	const char *loss;
	struct err err;
	int status;
	bool end;

	if (privileges_judge(capabilities, &err) || waiter_open(&waiter, cmd->verbose, &err)) {
		log_error("%s", err.text);
		return EXIT_FAILED;
	}
	loss = privileges_look_loss(capabilities, 0, &end);	/* owners are of no interest */
	if (loss)
		log_info("%s", loss);
	status = wait_for(cmd, waiter, fds, n);
	waiter_close(waiter);
	return status;
}

static int open_file(const char *name, struct err *ret_err)
{
	/* O_NONBLOCK: any file may be named, and a FIFO waits for its writer. */
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), err = -errno;
	struct statfs fs;

	if (fd < 0)
		return err_set(ret_err, err, "'%.200s': %s", name, strerror(-err));
	if (fstatfs(fd, &fs) || fs.f_type != OVERLAYFS_SUPER_MAGIC)
		return fd;
	close(fd);
	return err_set(ret_err, -EINVAL,
		       "'%.200s' is on overlayfs, whose files are those of its layers: name one there",
		       name);
}

static int cmd_wait(void *values, char **operands)
{
	struct wait_cmd *cmd = values;
	int fds[PF_NOW_MAPPINGS], status = EXIT_USAGE;
	struct err err;
	size_t n = 0;

	log_set_verbose(cmd->verbose);
	cmd->files = operands;
	for (; operands[n]; n++) {
		if (n == PF_NOW_MAPPINGS) {
			err_set(&err, -E2BIG, "more than %d files", PF_NOW_MAPPINGS);
			break;
		}
		fds[n] = open_file(operands[n], &err);
		if (fds[n] < 0)
			break;
	}
	if (operands[n])
		log_error("%s", err.text);
	else if (!n)
		log_error("no FILE is given");
	else
		status = run(cmd, fds, n);
	while (n)
		close(fds[--n]);
	return status;
}

static const struct wait_cmd defaults = {
	.to = (__u64)-1,
	.timeout_ns = WAIT_FOR_EVER,
};

const struct command command_wait = {
	.spec = {
		.name = "wait",
		.args = "FILE...",
		.about =
"Wait until no TCP socket of this host holds a byte of FILE by reference. Then it can\n"
"be overwritten, if nobody has begun to send it again meanwhile: stop the sender first.",
		.notes =
"Exit status: 0 nothing is held; 4 something still is; 1 failed; 2 usage.",
		.files = true,
		.opts = options,
	},
	.summary = "wait until no socket holds a file any more",
	.defaults = &defaults,
	.size = sizeof(defaults),
	.run = cmd_wait,
};
