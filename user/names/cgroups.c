// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * cgroups.c - see cgroups.h. A process that still runs tells its path. Else all directories
 * are looked through, and each that is met is kept.
 *
 * Weak spot: a control group that is made and removed between two looks is not found.
 */
#include "cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/procfile.h"

#define KEPT_MAX 65536
#define DEPTH_MAX 64
#define SHARE 20	/* looking through takes one part in so many of the time */

struct kept {
	__u64 id;
	char path[];
};

struct cgroups {
	int root;		/* -1: there is none */
	int proc;
	void *tree;
	size_t n;
	__u64 next_look;	/* CLOCK_MONOTONIC */
};

static int by_id(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void forget(struct cgroups *c)
{
	tdestroy(c->tree, free);
	c->tree = NULL;
	c->n = 0;
}

/* Without memory it stays unknown. */
static void keep(struct cgroups *c, __u64 id, const char *path)
{
	size_t len = strlen(path) + 1;
	struct kept *kept = malloc(sizeof(*kept) + len), **at;

	if (!kept)
		return;
	kept->id = id;
	memcpy(kept->path, path, len);
	at = tsearch(kept, &c->tree, by_id);
	if (!at || *at != kept)
		free(kept);
	else
		c->n++;
}

/* Look through a directory that is open, whose path is given, and all below it. */
static void look_through(struct cgroups *c, DIR *dir, char path[PATH_MAX], size_t len, int depth)
{
	struct dirent *entry;

	while (c->n < KEPT_MAX && (entry = readdir(dir))) {
		size_t more = strlen(entry->d_name) + 1;
		DIR *below;

		if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    len + more >= PATH_MAX || depth == DEPTH_MAX)
			continue;
		sprintf(path + len, "/%s", entry->d_name);
		keep(c, entry->d_ino, path);
		below = procfile_dir_at(dirfd(dir), entry->d_name);
		if (!below)
			continue;
		look_through(c, below, path, len + more, depth + 1);
		closedir(below);
	}
	path[len] = '\0';
}

static void look(struct cgroups *c)
{
	__u64 began = clock_mono_ns();
	char path[PATH_MAX] = "";
	struct stat st;
	DIR *dir;

	if (began < c->next_look)
		return;
	if (!fstat(c->root, &st))
		keep(c, st.st_ino, "/");
	dir = procfile_dir_at(c->root, ".");
	if (dir) {
		look_through(c, dir, path, 0, 0);
		closedir(dir);
	}
	c->next_look = clock_mono_ns() + SHARE * (clock_mono_ns() - began);
}

/* The path in the text of /proc/PID/cgroup; NULL if it leads out of what we see. */
static char *own_path(char *text)
{
	char *line, *save = NULL;

	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strncmp(line, "0::/", 4))
			return strstr(line, "/..") ? NULL : line + 3;
	return NULL;
}

/* Ask a process, which may be another one by now, or elsewhere. */
static void ask(struct cgroups *c, __u64 id, __u32 pid)
{
	char name[32], *text, *path;
	struct stat st;
	int fd;

	snprintf(name, sizeof(name), "%u/cgroup", pid);
	fd = openat(c->proc, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	if (!procfile_text(fd, &text)) {
		path = own_path(text);
		if (path && !fstatat(c->root, path[1] ? path + 1 : ".", &st, 0) && st.st_ino == id)
			keep(c, id, path);
		free(text);
	}
	close(fd);
}

int cgroups_new_in(struct cgroups **ret_cgroups, const char *root, const char *proc)
{
	struct cgroups *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	c->proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*ret_cgroups = c;
	if (c->root >= 0)
		look(c);
	return 0;
}

int cgroups_new(struct cgroups **ret_cgroups)
{
	/* The second is where a host has it that uses both versions. */
	static const char *const roots[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	struct statfs fs;

	for (size_t i = 0; i < 2; i++)
		if (!statfs(roots[i], &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
			return cgroups_new_in(ret_cgroups, roots[i], "/proc");
	return cgroups_new_in(ret_cgroups, "", "/proc");
}

void cgroups_learn(struct cgroups *c, __u64 id, __u32 pid)
{
	if (!id || c->root < 0 || cgroups_path(c, id))
		return;
	if (c->n >= KEPT_MAX)
		forget(c);
	ask(c, id, pid);
	if (!cgroups_path(c, id))
		look(c);
}

const char *cgroups_path(const struct cgroups *c, __u64 id)
{
	const struct kept key = { .id = id };
	struct kept *const *at = tfind(&key, &c->tree, by_id);

	return at ? (*at)->path : NULL;
}

void cgroups_free(struct cgroups *c)
{
	if (!c)
		return;
	forget(c);
	if (c->root >= 0)
		close(c->root);
	if (c->proc >= 0)
		close(c->proc);
	free(c);
}
