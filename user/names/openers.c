// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * openers.c - see openers.h. A descriptor is told by its inode number and by its mount, whose
 * device is in the mount table of the process. That a device is an overlay is said by the
 * same table: the hooks see the file below, which has the same number, mostly.
 *
 * Weak spots: who has ended meanwhile is not found, nor a descriptor that is on its way
 * through a socket, nor one by a mount that was detached. A process that waits inside of
 * mmap(2) holds up the look.
 */
#include "openers.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/capabilities.h"
#include "base/clock.h"
#include "base/dev.h"
#include "base/fdinfo.h"
#include "base/mountinfo.h"
#include "base/procfile.h"
#include "base/procmaps.h"
#include "base/signals.h"
#include "base/worker.h"

#define SHARE 20		/* looks may take 1 / SHARE of the time */
#define INFO_LEN 256		/* what we want stands in front */
#define CHECK 256		/* lines between two checks for a signal */

static const struct openers_limits usual = { .ns = 10 * NSEC_PER_SEC, .lines = 1u << 20 };

struct openers {
	int proc;		/* directory */
	struct openers_limits limits;
	struct worker *worker;
	__u64 next;		/* no look begins before that time */
	bool asked;		/* the answer was not taken yet */
	__u64 until;		/* the look has to end by then */

	/* of the thread while it works */
	struct openers_file files[OPENERS_FILES];
	size_t n;
	bool cut;
	__u64 began, ended;
	unsigned int lines;
	__u32 pid;			/* the process that is looked at */
	struct mountinfo *mounts;	/* its table; NULL: not read */
};

static bool is_gone(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

static bool may_go_on(const struct openers *o)
{
	__u64 now = clock_mono_ns();

	if (!(o->lines % CHECK) && signals_end_pending())
		return false;
	return o->lines < o->limits.lines && now - o->began < o->limits.ns &&
	       now < __atomic_load_n(&o->until, __ATOMIC_RELAXED);
}

static const struct mountinfo *mounts_of(struct openers *o)
{
	char path[32];
	int err;

	if (o->mounts)
		return o->mounts;
	snprintf(path, sizeof(path), "%u/mountinfo", o->pid);
	err = mountinfo_read_at(&o->mounts, o->proc, path);
	if (err && !is_gone(err))
		o->cut = true;
	return err ? NULL : o->mounts;
}

/* Is a file on this device, in the eyes of the process, the one that the hooks mean? */
static bool is_on(struct openers *o, __u64 dev, const struct openers_file *file)
{
	const struct mountinfo *mounts;

	if (dev == file->dev)
		return true;
	if (dev_major(dev))	/* a device number that no overlay has */
		return false;
	mounts = mounts_of(o);
	return mounts && mountinfo_is_type(mounts, dev, "overlay");
}

static void note(struct openers *o, struct openers_file *file, bool mapped)
{
	struct opener *who = file->n ? &file->at[file->n - 1] : NULL;
	char path[32];

	if (!who || who->pid != o->pid) {
		if (file->n == OPENERS_MAX) {
			file->cut = true;
			return;
		}
		who = &file->at[file->n];
		*who = (struct opener){ .pid = o->pid };
		snprintf(path, sizeof(path), "%u/comm", o->pid);
		if (procfile_line_at(o->proc, path, who->comm, sizeof(who->comm)))
			return;
		file->n++;
	}
	who->open |= !mapped;
	who->mapped |= mapped;
}

static void look_at_mapping(struct openers *o, const char *line)
{
	struct mapping m;

	if (!procmaps_shared_writable(line, &m))
		return;
	for (size_t i = 0; i < o->n; i++)
		if (o->files[i].ino == m.ino && is_on(o, m.dev, &o->files[i]))
			note(o, &o->files[i], true);
}

static void look_at_descriptor(struct openers *o, int dir, const char *name)
{
	char text[INFO_LEN];
	struct fdinfo info;
	ssize_t len;
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len < 0 ? 0 : len] = '\0';
	if (!fdinfo_parse(text, &info) || !info.writable)
		return;
	for (size_t i = 0; i < o->n; i++) {
		const struct mountinfo *mounts;

		if (o->files[i].ino != info.ino)
			continue;
		mounts = mounts_of(o);
		if (mounts && is_on(o, mountinfo_dev(mounts, info.mount), &o->files[i]))
			note(o, &o->files[i], false);
	}
}

/* Both return false if the look has to end. */
static bool look_at_mappings(struct openers *o)
{
	bool go_on = true;
	char *line = NULL, path[32];
	size_t room = 0;
	FILE *maps;
	int fd;

	snprintf(path, sizeof(path), "%u/maps", o->pid);
	fd = openat(o->proc, path, O_RDONLY | O_CLOEXEC);
	maps = fd < 0 ? NULL : fdopen(fd, "r");
	if (!maps) {
		o->cut |= !is_gone(-errno);
		if (fd >= 0)
			close(fd);
		return true;
	}
	while ((go_on = may_go_on(o)) && getline(&line, &room, maps) >= 0) {
		o->lines++;
		worker_step(o->worker);
		look_at_mapping(o, line);
	}
	free(line);
	fclose(maps);
	return go_on;
}

static bool look_at_descriptors(struct openers *o)
{
	const struct dirent *entry;
	bool go_on = true;
	char path[32];
	DIR *dir;

	snprintf(path, sizeof(path), "%u/fdinfo", o->pid);
	dir = procfile_dir_at(o->proc, path);
	if (!dir) {
		o->cut |= !is_gone(-errno);
		return true;
	}
	while ((go_on = may_go_on(o)) && (entry = readdir(dir))) {
		o->lines++;
		worker_step(o->worker);
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at_descriptor(o, dirfd(dir), entry->d_name);
	}
	closedir(dir);
	return go_on;
}

static bool look_at_process(struct openers *o)
{
	bool go_on = look_at_descriptors(o) && look_at_mappings(o);

	mountinfo_free(o->mounts);
	o->mounts = NULL;
	return go_on;
}

static void work(void *ctx)
{
	struct openers *o = ctx;
	DIR *proc = procfile_dir_at(o->proc, ".");
	const struct dirent *entry;
	bool go_on = true, first = false;

	o->began = clock_mono_ns();
	o->lines = 0;
	while (proc && go_on && (entry = readdir(proc))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		o->pid = strtoul(entry->d_name, NULL, 10);
		first |= o->pid == 1;
		go_on = look_at_process(o);
	}
	/* There always is a first process. If it is hidden, so are others. */
	o->cut |= !go_on || !first;
	if (proc)
		closedir(proc);
	o->ended = clock_mono_ns();
}

static void begin(void *ctx)
{
	(void)ctx;
	/* What it cannot give up it does not use. There is no hurry: whoever sends goes first. */
	capabilities_keep(CAPABILITY(CAP_SYS_PTRACE));
	setpriority(PRIO_PROCESS, 0, 19);
}

int openers_new_in(struct openers **ret_openers, const char *proc, const struct openers_limits *limits)
{
	struct openers *o = calloc(1, sizeof(*o));
	const struct worker_calls calls = { .begin = begin, .work = work, .ctx = o };
	int err = 0;

	if (!o)
		return -ENOMEM;
	o->limits = *limits;
	o->proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (o->proc < 0)
		err = -errno;
	err = err ?: worker_new(&o->worker, &calls);
	if (err) {
		if (o->proc >= 0)
			close(o->proc);
		free(o);
		return err;
	}
	*ret_openers = o;
	return 0;
}

int openers_new(struct openers **ret_openers)
{
	return openers_new_in(ret_openers, "/proc", &usual);
}

bool openers_ask(struct openers *o, const struct openers_file *files, size_t n)
{
	if (!n || n > OPENERS_FILES || o->asked || worker_is_busy(o->worker) ||
	    clock_mono_ns() < o->next)
		return false;
	memcpy(o->files, files, n * sizeof(*files));
	o->n = n;
	for (size_t i = 0; i < n; i++) {
		o->files[i].n = 0;
		o->files[i].cut = false;
	}
	o->cut = false;
	o->asked = true;
	__atomic_store_n(&o->until, -1ull, __ATOMIC_RELAXED);
	return worker_go(o->worker);
}

const struct openers_file *openers_answer(struct openers *o, size_t *ret_n)
{
	if (!o->asked || worker_is_busy(o->worker))
		return NULL;
	o->asked = false;
	o->next = o->ended + (o->ended - o->began) * (SHARE - 1);
	for (size_t i = 0; i < o->n; i++)
		o->files[i].cut |= o->cut;
	*ret_n = o->n;
	return o->files;
}

void openers_wait(struct openers *o, __u64 ns)
{
	if (!o->asked)
		return;
	__atomic_store_n(&o->until, clock_mono_ns() + ns, __ATOMIC_RELAXED);
	worker_wait(o->worker, ns);
}

void openers_free(struct openers *o)
{
	if (!o || !worker_free(o->worker))
		return;
	close(o->proc);
	free(o);
}
