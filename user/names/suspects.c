// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * suspects - a scan of /proc/PID/maps of all processes notes every shared writable
 * mapping of a file. One scan serves all incidents up to its moment, and a later
 * incident causes a new one. All scans together take at most a twentieth of the
 * time, plus a second on credit.
 *
 * Weak spots: a process that has unmapped the file, or has ended, is not found. On
 * btrfs, files of two subvolumes can have one inode number: processes of the other
 * file are then listed too. On overlayfs, kernels from 6.8 on show the file of the
 * overlay, which is matched by its inode number alone; see overlay_file().
 */
#include "suspects.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/clock.h"
#include "base/dev.h"
#include "base/procfile.h"
#include "base/procmaps.h"

#define NOTED_MAX 65536u	/* mappings */
#define SHARE 20		/* scans may take 1 / SHARE of the time */
#define CREDIT_MAX NSEC_PER_SEC

struct noted {
	struct mapping mapping;
	__u32 pid;
	bool overlay;		/* mapping.ino is from stat(2), the device is not known */
};

struct suspects {
	struct noted *at;
	size_t n, room;
	__u64 looked;		/* when the last scan began; 0: never */
	__s64 credit;		/* ns that scans may take now */
	__u64 earned;		/* credit has been added up to then */
	bool cut;		/* the last scan was not complete */
	struct suspect found[SUSPECTS_MAX];
};

int suspects_new(struct suspects **ret_suspects)
{
	struct suspects *s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->credit = CREDIT_MAX;
	s->earned = clock_mono_ns();
	*ret_suspects = s;
	return 0;
}

static void note(struct suspects *s, const struct noted *noted)
{
	if (s->n == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct noted *more = room > NOTED_MAX ? NULL :
				     reallocarray(s->at, room, sizeof(*more));

		if (!more) {
			s->cut = true;
			return;
		}
		s->at = more;
		s->room = room;
	}
	s->at[s->n++] = *noted;
}

/*
 * The hooks in the kernel see the file below an overlay. Up to 6.7 maps shows that
 * file too. Later kernels show device and inode of the overlay, but stat(2) through
 * map_files still gives the inode number of the file below, unless the overlay
 * makes up its numbers (xino).
 */
static bool overlay_file(const char *pid, const struct mapping *m, __u64 *ret_ino)
{
	struct statfs fs;
	struct stat st;
	char path[96];

	if (dev_major(m->dev))	/* a device number that no overlay has */
		return false;
	snprintf(path, sizeof(path), "/proc/%s/map_files/%llx-%llx", pid,
		 (unsigned long long)m->start, (unsigned long long)m->end);
	if (statfs(path, &fs) || fs.f_type != OVERLAYFS_SUPER_MAGIC || stat(path, &st))
		return false;
	*ret_ino = st.st_ino;
	return true;
}

static void look_at(struct suspects *s, const char *pid)
{
	struct noted noted = { .pid = strtoul(pid, NULL, 10) };
	char path[64], *line = NULL;
	size_t room = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return;		/* the process has ended */
	while (getline(&line, &room, maps) >= 0) {
		if (!procmaps_shared_writable(line, &noted.mapping))
			continue;
		noted.overlay = overlay_file(pid, &noted.mapping, &noted.mapping.ino);
		note(s, &noted);
	}
	free(line);
	fclose(maps);
}

static void look(struct suspects *s)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;

	s->n = 0;
	s->looked = clock_mono_ns();
	s->cut = !proc;
	if (!proc)
		return;
	while ((entry = readdir(proc))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			look_at(s, entry->d_name);
	}
	closedir(proc);
	s->credit -= clock_mono_ns() - s->looked;
}

static bool may_look(struct suspects *s)
{
	__u64 now = clock_mono_ns();

	s->credit += (now - s->earned) / SHARE;
	if (s->credit > (__s64)CREDIT_MAX)
		s->credit = CREDIT_MAX;
	s->earned = now;
	return s->credit > 0;
}

static bool comm_of(__u32 pid, char ret_comm[PF_COMM_LEN])
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/comm", pid);
	return !procfile_line(path, ret_comm, PF_COMM_LEN);
}

static bool is_of(const struct noted *noted, const struct pf_incident *inc)
{
	return noted->mapping.ino == inc->ino &&
	       (noted->overlay || noted->mapping.dev == inc->dev) &&
	       procmaps_covers(&noted->mapping, inc->file_off, inc->file_len);
}

void suspects_incident(struct suspects *s, struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	size_t n = 0;

	shown->suspects_sought = (inc->writer.how == PF_WRITE_UNKNOWN ||
				  inc->writer.how == PF_WRITE_MMAP) && !pf_incident_no_file(inc);
	if (!shown->suspects_sought)
		return;
	if (inc->ts >= s->looked && may_look(s))
		look(s);
	shown->suspects = s->found;
	shown->suspects_cut = s->cut;
	/* All mappings of a process stand together. */
	for (size_t i = 0; i < s->n; i++) {
		const struct noted *noted = &s->at[i];

		if (!is_of(noted, inc) || (n && s->found[n - 1].pid == noted->pid))
			continue;
		if (n == SUSPECTS_MAX) {
			shown->suspects_cut = true;
			break;
		}
		s->found[n].pid = noted->pid;
		n += comm_of(noted->pid, s->found[n].comm);
	}
	shown->n_suspects = n;
}

void suspects_free(struct suspects *s)
{
	if (!s)
		return;
	free(s->at);
	free(s);
}
