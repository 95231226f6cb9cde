// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* wait.c - see wait.h. */
#include "wait.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/clock.h"
#include "base/err.h"
#include "drain.h"
#include "everywhere.h"

#define FIRST_PAUSE_NS (NSEC_PER_MSEC)
#define LONGEST_PAUSE_NS (40 * NSEC_PER_MSEC)	/* a wait ends within 100 ms of the last byte */
#define SEARCH_PAUSE_NS NSEC_PER_SEC		/* between two searches for namespaces */
#define DRAIN_NS (20 * NSEC_PER_MSEC)
#define STRICT_DRAIN_NS NSEC_PER_SEC	/* references are what it is about */
#define ROOM 4096u
#define FEW_BYTES (128ull << 20)	/* whose references are quicker to look at than sockets */

/*
 * Most waits find a file free by its references. So what walks sockets, and takes the longest
 * to load, is loaded once it is needed.
 */
struct waiter {
	struct walker *refs;
	struct everywhere everywhere;	/* its walker: NULL at first */
	bool verbose;
	__u64 searched_ns;
	__u64 mappings[PF_NOW_MAPPINGS];
};

int waiter_open(struct waiter **ret_waiter, bool verbose, struct err *ret_err)
{
	const struct walker_opts opts = { .room = 1, .no_sockets = true, .verbose = verbose };
	struct waiter *w = calloc(1, sizeof(*w));
	int err;

	if (!w)
		return err_set(ret_err, -ENOMEM, "out of memory");
	err = walker_open(&w->refs, &opts, ret_err);
	if (err) {
		free(w);
		return err;
	}
	w->verbose = verbose;
	*ret_waiter = w;
	return 0;
}

void waiter_close(struct waiter *w)
{
	if (!w)
		return;
	everywhere_forget(&w->everywhere);
	walker_close(w->everywhere.walker);
	walker_close(w->refs);
	free(w);
}

int waiter_load_sockets(struct waiter *w, struct err *ret_err)
{
	const struct walker_opts opts = { .room = ROOM, .verbose = w->verbose };

	return w->everywhere.walker ? 0 : walker_open(&w->everywhere.walker, &opts, ret_err);
}

/* Have what walks sockets ask for the files. */
static int need_sockets(struct waiter *w, const struct wait_opts *opts)
{
	struct err why;		/* of the kernel, which has loaded the rest already */
	int err = waiter_load_sockets(w, &why);

	return err ?: walker_ask(w->everywhere.walker, w->mappings, opts->n, opts->from, opts->to);
}

/* What is written behind the end of a file meanwhile counts. */
static int ask(struct waiter *w, const struct wait_opts *opts, bool *ret_few)
{
	__u64 bytes = 0;

	if (opts->n > PF_NOW_MAPPINGS)
		return -E2BIG;
	for (size_t i = 0; i < opts->n; i++) {
		struct stat st;
		int err;

		if (fstat(opts->fds[i], &st))
			return -errno;
		if (S_ISDIR(st.st_mode))
			return -EISDIR;
		bytes += st.st_size;
		err = walker_mapping(w->refs, opts->fds[i], &w->mappings[i]);
		if (err)
			return err;
	}
	*ret_few = bytes <= FEW_BYTES || opts->n * (opts->to - opts->from) <= FEW_BYTES;
	return 0;
}

static int on_any(void *ctx, const struct walker_batch *batch)
{
	(void)ctx;
	return batch->n_socks ? 1 : 0;
}

static int on_all(void *ctx, const struct walker_batch *batch)
{
	struct wait_state *state = ctx;

	for (size_t i = 0; i < batch->n_socks; i++)
		for (__u32 k = 0; k < batch->socks[i].n; k++)
			state->bytes += batch->pieces[batch->socks[i].first + k].len;
	state->socks += batch->n_socks;
	return 0;
}

/* Is a byte in a socket? all: look at descriptors as well. 1, 0 or -errno. */
static int is_in_socket(struct waiter *w, bool all)
{
	walker_ask_first(w->everywhere.walker, true);
	return all ? everywhere_walk_all(&w->everywhere, on_any, NULL) :
		     everywhere_walk(&w->everywhere, on_any, NULL);
}

/* How many folios are referenced? first: one is enough. */
static int count_refs(struct waiter *w, const struct wait_opts *opts, bool first, __u64 *ret_held)
{
	__u64 held = 0;

	for (size_t i = 0; i < opts->n && !(first && held); i++) {
		struct walker_refs refs;
		int err = walker_refs(w->refs, w->mappings[i], opts->from, opts->to, first,
				      &refs);

		if (err)
			return err;
		held += refs.held;
	}
	*ret_held = held;
	return 0;
}

/* Find namespaces that are new, but not with each poll. */
static int search(struct waiter *w)
{
	__u64 now = clock_mono_ns();

	if (w->everywhere.set.n && !everywhere_is_stale(&w->everywhere))
		return 0;
	if (w->everywhere.unseen && w->searched_ns && now - w->searched_ns < SEARCH_PAUSE_NS)
		return 0;
	w->searched_ns = now;
	return everywhere_find(&w->everywhere);
}

/*
 * No queue had a byte. But queues are looked at one after the other, and a byte can have
 * moved to one that was looked at before. So unless references prove it, a second look has
 * to find nothing, too. It takes in sockets that were reset. 1: it is not free yet.
 */
static int confirm(struct waiter *w, const struct wait_opts *opts, struct wait_state *state)
{
	int err = count_refs(w, opts, true, &state->refs);

	if (err || !state->refs)
		return err;
	drain_references(opts->strict ? STRICT_DRAIN_NS : DRAIN_NS);
	err = count_refs(w, opts, false, &state->refs);
	if (err || !state->refs)
		return err;
	state->unseen = w->everywhere.unseen;
	state->unseen_ino = w->everywhere.unseen_ino;
	if (state->unseen || opts->strict)
		return 1;
	return is_in_socket(w, true);
}

/* 0: free. 1: not yet. */
static int poll_once(struct waiter *w, const struct wait_opts *opts, bool few,
		     struct wait_state *state)
{
	int result;

	memset(state, 0, sizeof(*state));
	if (few) {
		result = count_refs(w, opts, true, &state->refs);
		if (result || !state->refs)
			return result;
	}
	result = need_sockets(w, opts);
	result = result ?: search(w);
	result = result ?: is_in_socket(w, false);
	return result ?: confirm(w, opts, state);
}

/* What is in the way, in numbers. */
static int describe(struct waiter *w, const struct wait_opts *opts, struct wait_state *state)
{
	int err;

	state->bytes = 0;
	state->socks = 0;
	walker_ask_first(w->everywhere.walker, false);
	err = everywhere_walk_all(&w->everywhere, on_all, state);
	return err ?: count_refs(w, opts, false, &state->refs);
}

static void pause_for(__u64 ns)
{
	const struct timespec t = { ns / NSEC_PER_SEC, ns % NSEC_PER_SEC };

	nanosleep(&t, NULL);
}

/* Sleep as long as a poll took at least, so that half of a processor is the most it takes. */
static __u64 next_pause(__u64 pause, __u64 took)
{
	pause += pause / 2;
	if (pause < took)
		pause = took;
	return pause < LONGEST_PAUSE_NS ? pause : LONGEST_PAUSE_NS;
}

int wait_until_free(struct waiter *w, const struct wait_opts *opts, struct wait_state *ret_state)
{
	__u64 began = clock_mono_ns(), pause = FIRST_PAUSE_NS;
	bool few = false, said = false;
	int result = ask(w, opts, &few);

	if (result)
		return result;
	for (;;) {
		__u64 at = clock_mono_ns(), now;

		result = poll_once(w, opts, few, ret_state);
		if (result <= 0)
			return result;
		now = clock_mono_ns();
		if (now - began >= opts->timeout_ns) {
			result = describe(w, opts, ret_state);
			return result ?: -ETIMEDOUT;
		}
		if (!said && opts->on_wait) {
			result = describe(w, opts, ret_state);
			if (result)
				return result;
			opts->on_wait(opts->ctx, ret_state);
		}
		said = true;
		pause = next_pause(pause, now - at);
		pause_for(pause < opts->timeout_ns - (now - began) ? pause :
								     opts->timeout_ns - (now - began));
	}
}
