// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* stub_loader.c - see stub_loader.h. */
#include "stub_loader.h"

#include "lib/test.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "kernel/loader.h"
#include "kernel/measure.h"
#include "kernel/worst.h"

struct stub stub;

struct loader {
	int fd;
	__u64 until;
	__u64 op;
	__u64 taken;
};

int loader_open(struct loader **ret_loader, const struct loader_opts *opts, struct err *ret_err)
{
	struct loader *l = calloc(1, sizeof(*l));

	(void)opts;
	(void)ret_err;
	assert_non_null(l);
	l->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
	*ret_loader = l;
	return 0;
}

/* Readable as long as there are records. */
int loader_fd(const struct loader *l)
{
	return l->fd;
}

static bool any(struct loader *l)
{
	__u64 now = clock_mono_ns();
	eventfd_t value;

	if (!l->until)
		l->until = now + stub.storm_ns;
	if (now < l->until || l->op < stub.incidents)
		return true;
	eventfd_read(l->fd, &value);
	return false;
}

static void give(struct loader *l, loader_event_fn fn, void *ctx)
{
	struct pf_progress at = { .una = 5000, .nxt = 5000 };
	struct pf_ev_hit hit = {
		.h = { .type = PF_EV_HIT, .size = sizeof(hit) },
		.op = ++l->op,
		.conn = 1,
		.writer = { .pid = 7, .tid = 8, .how = PF_WRITE_WRITE, .comm = "writer" },
		.sender = { .pid = 9, .comm = "sender" },
		.count = 4096,
		.attached = 1,
		.seq = 5000,
		.len = 4096,
		.before = at,
		.after = at,
	};
	struct pf_ev_op op = {
		.h = { .type = PF_EV_OP, .size = sizeof(op) },
		.op = l->op, .hits = 1, .path = "/file",
		.writer.flags = PF_TASK_WHO, .who = { .uid = 1000, .ppid = 6, .parent = "sh", .exe = "writer" },
	};

	/* Records have waited in the ring buffer. */
	hit.h.ts = op.h.ts = clock_mono_ns() - NSEC_PER_SEC / 5;
	fn(ctx, &hit, sizeof(hit));
	fn(ctx, &op, sizeof(op));
	l->taken += sizeof(hit) + sizeof(op);
}

int loader_take(struct loader *l, size_t max, loader_event_fn fn, void *ctx)
{
	size_t n = 0;

	if (stub.rounds)
		(*stub.rounds)++;
	if (stub.drip && max > 2)
		max = 2;
	while (!stub.unready && n + 2 <= max && any(l)) {
		give(l, fn, ctx);
		n += 2;
	}
	return n;
}

int loader_consume(struct loader *l, loader_event_fn fn, void *ctx)
{
	return loader_take(l, ~0u / 2, fn, ctx);
}

__u64 loader_taken(const struct loader *l)
{
	return l->taken;
}

__u64 loader_written(const struct loader *l)
{
	return l->taken + (stub.unready || clock_mono_ns() < l->until ? stub.backlog : 0);
}

int loader_sweep(struct loader *l, bool last)
{
	(void)l;
	(void)last;
	return 0;
}

void loader_exposed(struct loader *l, void (*fn)(void *ctx, const struct pf_exposed *e), void *ctx)
{
	(void)l;
	if (stub.exposed)
		fn(ctx, stub.exposed);
	stub.exposed = NULL;
}

int loader_content(const struct loader *l)
{
	(void)l;
	return PF_CONTENT_EDGES;
}

int loader_totals(const struct loader *l, struct pf_totals *ret_totals)
{
	(void)l;
	*ret_totals = (struct pf_totals){ 0 };
	return 0;
}

void loader_cost(const struct loader *l, __u64 *ret_runs, __u64 *ret_ns)
{
	(void)l;
	*ret_runs = *ret_ns = 0;
}

int measure_programs(void)
{
	return -EPERM;
}

const struct hook *loader_hooks(const struct loader *l, size_t *ret_n)
{
	(void)l;
	*ret_n = 0;
	return NULL;
}

void loader_close(struct loader *l)
{
	if (!l)
		return;
	poll(NULL, 0, stub.close_ns / NSEC_PER_MSEC);	/* a confined process has no other way to wait */
	close(l->fd);
	free(l);
}

int worst_open(struct worst **ret_worst, const struct loader *l, struct err *ret_err)
{
	(void)l;
	(void)ret_err;
	*ret_worst = NULL;
	return 0;
}

int worst_look(struct worst *w, enum pf_top_sort sort, struct worst_found *ret_found)
{
	static const struct pf_top_said nothing;
	static const struct pf_top_conn conns[PF_TOP_ROWS];
	static const struct pf_top_file files[PF_TOP_ROWS];
	static const struct pf_ev_op names[PF_TOP_ROWS];

	(void)w;
	(void)sort;
	*ret_found = (struct worst_found){ &nothing, conns, files, names };
	return 0;
}

void worst_close(struct worst *w)
{
	(void)w;
}
