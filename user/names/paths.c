// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * paths - a cache of a few mount tables, one per mount namespace. A table is read
 * again after it changed, which poll(2) of an open mountinfo tells. The descriptor
 * keeps working when the process behind it has ended, so its table stays good.
 *
 * Weak spot: if a writer has ended before its namespace was known, its mount table
 * cannot be read. Its file is then named "[major:minor]/path".
 */
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blockdev.h"
#include "base/dev.h"
#include "base/fmt.h"
#include "base/mountinfo.h"

#define N_VIEWS 8

struct view {
	dev_t ns_dev;
	ino_t ns;		/* the namespace's inode; 0: slot is free */
	int fd;
	struct mountinfo *mounts;
};

struct paths {
	struct view views[N_VIEWS];	/* view 0 is our own, and is never replaced */
	unsigned int next;		/* view to replace next, 1 .. N_VIEWS - 1 */
	char path[PATHS_LEN];
};

static int view_read(struct view *view)
{
	struct mountinfo *mounts;
	int err = mountinfo_read(&mounts, view->fd);

	if (err)
		return err;
	mountinfo_free(view->mounts);
	view->mounts = mounts;
	return 0;
}

static void view_close(struct view *view)
{
	if (!view->ns)
		return;
	close(view->fd);
	mountinfo_free(view->mounts);
	*view = (struct view){ 0 };
}

static int view_open(struct view *view, const char *pid, const struct stat *ns)
{
	struct view fresh = { .ns_dev = ns->st_dev, .ns = ns->st_ino };
	char name[64];
	int err;

	snprintf(name, sizeof(name), "/proc/%s/mountinfo", pid);
	fresh.fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fresh.fd < 0)
		return -errno;
	err = view_read(&fresh);
	if (err) {
		close(fresh.fd);
		return err;
	}
	view_close(view);
	*view = fresh;
	return 0;
}

/* The view of the mount namespace of a process; NULL if it cannot be read. */
static struct view *view_of(struct paths *r, const char *pid)
{
	struct view *view;
	char name[64];
	struct stat ns;

	snprintf(name, sizeof(name), "/proc/%s/ns/mnt", pid);
	if (stat(name, &ns))
		return NULL;
	for (unsigned int i = 0; i < N_VIEWS; i++) {
		view = &r->views[i];
		if (view->ns == ns.st_ino && view->ns_dev == ns.st_dev)
			return view;
	}
	view = &r->views[r->next];
	if (view_open(view, pid, &ns))
		return NULL;
	r->next = r->next % (N_VIEWS - 1) + 1;
	return view;
}

static void view_refresh(struct view *view)
{
	struct pollfd changed = { .fd = view->fd, .events = POLLPRI };

	/* If the table cannot be read again, the old one is better than none. */
	if (poll(&changed, 1, 0) > 0 && changed.revents & (POLLPRI | POLLERR))
		view_read(view);
}

int paths_new(struct paths **ret_paths)
{
	struct paths *r = calloc(1, sizeof(*r));
	struct stat ns;
	int err;

	if (!r)
		return -ENOMEM;
	r->next = 1;
	err = stat("/proc/self/ns/mnt", &ns) ? -errno : view_open(&r->views[0], "self", &ns);
	if (err) {
		free(r);
		return err;
	}
	*ret_paths = r;
	return 0;
}

static bool look(struct paths *r, const char *pid, __u64 dev, const char *inner)
{
	struct view *view = view_of(r, pid);

	if (!view)
		return false;
	view_refresh(view);
	return mountinfo_find(view->mounts, dev, inner, r->path, sizeof(r->path)) >= 0;
}

/* A device that is gone, or that /sys does not show, has the name that udev would give it. */
static void place_block(struct paths *r, __u64 dev)
{
	if (blockdev_path(r->path, sizeof(r->path), dev))
		snprintf(r->path, sizeof(r->path), "/dev/block/%u:%u", dev_major(dev),
			 dev_minor(dev));
}

/* Put the path together in r->path, and say whose mount table told the mount. */
static enum path_view place(struct paths *r, __u64 dev, const struct pf_ev_op *file,
			    const struct path_asked *asked, size_t n)
{
	const char *inner = pf_op_path(file);
	char pid[16], text[FMT_DEV_LEN];

	if (file->flags & PF_OP_BLOCK) {
		place_block(r, file->ino);
		return PATH_NO_TREE;
	}
	if (file->flags & PF_OP_NO_TREE) {
		snprintf(r->path, sizeof(r->path), "%s", inner);
		return PATH_NO_TREE;
	}
	/* A path that was cut lacks its beginning, so its mount cannot be told. */
	if (file->flags & PF_OP_CUT) {
		snprintf(r->path, sizeof(r->path), "[%s]/...%s", fmt_dev(text, dev), inner);
		return PATH_UNKNOWN;
	}
	if (look(r, "self", dev, inner))
		return PATH_SELF;
	for (size_t i = 0; i < n; i++) {
		snprintf(pid, sizeof(pid), "%u", asked[i].pid);
		if (asked[i].pid && look(r, pid, dev, inner))
			return asked[i].view;
	}
	snprintf(r->path, sizeof(r->path), "[%s]%s", fmt_dev(text, dev), inner);
	return PATH_UNKNOWN;
}

const char *paths_file(struct paths *r, __u64 dev, const struct pf_ev_op *file,
		       const struct path_asked *asked, size_t n, enum path_view *ret_view)
{
	*ret_view = PATH_UNKNOWN;
	if (file->flags & PF_OP_NO_PATH && !(file->flags & PF_OP_BLOCK))
		return NULL;
	*ret_view = place(r, dev, file, asked, n);
	return r->path;
}

void paths_incident(struct paths *r, struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	const struct path_asked asked[] = {
		{ inc->writer.pid, PATH_WRITER }, { inc->sender.pid, PATH_SENDER },
	};

	shown->path = NULL;
	shown->view = PATH_UNKNOWN;
	shown->deleted = inc->op_rec && inc->op_rec->flags & PF_OP_DELETED;
	if (inc->op_rec)
		shown->path = paths_file(r, inc->dev, inc->op_rec, asked, 2, &shown->view);
}

void paths_free(struct paths *r)
{
	if (!r)
		return;
	for (unsigned int i = 0; i < N_VIEWS; i++)
		view_close(&r->views[i]);
	free(r);
}
