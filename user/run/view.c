// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* view.c - what is in flight, for the process that shows it: once a period, from the kernel side to a frame. */
#include "top/view.h"
#include "state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/log.h"
#include "kernel/worst.h"

struct view {
	const struct view_opts *opts;
	struct worst *worst;
	struct snap snap;
	__u64 next;
	unsigned int frames;	/* that were shown */
	bool messages;		/* standard error is the terminal that is shown on */
};

int session_view_open(struct session *s)
{
	const struct view_opts *opts = s->opts->report.view;
	struct err text;
	int err;

	if (!opts)
		return 0;
	s->view = calloc(1, sizeof(*s->view));
	if (!s->view) {
		log_error("out of memory");
		return -ENOMEM;
	}
	s->view->opts = opts;
	err = worst_open(&s->view->worst, s->loader, &text);
	if (err)
		log_error("%s", text.text);
	s->view->messages = !opts->batch && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
	return err;
}

void session_view_close(struct session *s)
{
	if (!s->view)
		return;
	worst_close(s->view->worst);
	free(s->view);
	s->view = NULL;
}

/* The end of a path tells more than its begin. */
static void put_path(char ret_path[SNAP_PATH], const char *path)
{
	size_t len = path ? strlen(path) : 0;

	if (len < SNAP_PATH)
		memcpy(ret_path, path ?: "", len + 1);
	else
		snprintf(ret_path, SNAP_PATH, "...%s", path + len - (SNAP_PATH - 4));
}

static void put_file(struct session *s, const struct pf_top_file *sum, const struct pf_ev_op *name,
		     struct snap_file *ret_file)
{
	ret_file->sum = *sum;
	ret_file->dev = name->dev;
	ret_file->ino = name->ino;
	ret_file->deleted = !!(name->flags & PF_OP_DELETED);
	put_path(ret_file->path, report_path(s->report, name->dev, name, 0));
}

static void put_sums(struct session *s, __u64 now, struct snap *ret_snap)
{
	struct loss losses[SINK_LOSSES];
	struct summary sum;

	session_sum_up(s, now, &sum);
	report_counts(s->report, &sum);
	sink_losses(&sum, losses);
	ret_snap->lost = 0;
	for (int i = 0; i < SINK_LOSSES; i++)
		ret_snap->lost += losses[i].count;
	memcpy(ret_snap->incidents, sum.incidents, sizeof(ret_snap->incidents));
}

static void put_snap(struct session *s, const struct worst_found *found, __u64 now)
{
	struct snap *snap = &s->view->snap;

	snap->mono = now;
	snap->wall_ns = clock_wall_ns(now);
	snap->every_ns = s->view->opts->every_ns;
	snap->said = *found->said;
	memcpy(snap->conns, found->conns, found->said->n_conns * sizeof(*snap->conns));
	for (__u32 i = 0; i < found->said->n_files; i++)
		put_file(s, &found->files[i], &found->names[i], &snap->files[i]);
	put_sums(s, now, snap);
}

/* A frame for which there is no room is left out: the next one has all. */
int session_view_tick(struct session *s, __u64 now)
{
	struct view *view = s->view;
	struct worst_found found;
	int err;

	if (!view || now < view->next)
		return 0;
	view->next = now + view->opts->every_ns;
	err = worst_look(view->worst, __atomic_load_n(&view->opts->asked->sort, __ATOMIC_RELAXED), &found);
	if (err) {
		log_error("cannot look for what is in flight: %s", strerror(-err));
		return err;
	}
	put_snap(s, &found, clock_mono_ns());
	view->frames += report_frame(s->report, VIEW_SNAP, &view->snap, sizeof(view->snap));
	return 0;
}

bool session_view_ends(const struct session *s)
{
	if (!s->view)
		return false;
	return __atomic_load_n(&s->view->opts->asked->end, __ATOMIC_RELAXED) ||
	       (s->view->opts->frames && s->view->frames >= s->view->opts->frames);
}

bool session_view_message(struct session *s, const char *line, size_t len)
{
	return s->view && s->view->messages && report_frame(s->report, VIEW_MESSAGE, line, len);
}
