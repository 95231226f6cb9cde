// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * suspects - one look through /proc/PID/maps of all processes notes every
 * shared writable mapping of a file, and answers for all incidents up to that
 * moment. A later one has it done again, but so that all looks together take
 * no more than a twentieth of the time, and a second that is given on credit.
 *
 * Weak spots: a process that has unmapped the file, or ended, is not found. On
 * btrfs two subvolumes can have files with one inode number: the wrong one's
 * processes are listed too. On overlayfs 6.8 and later name the file of the
 * overlay, which is matched by inode number alone; see overlay_file().
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
#define SHARE 20		/* the part of the time that may be spent on looking: 1 / SHARE */
#define CREDIT_MAX NSEC_PER_SEC

struct noted {
	struct mapping mapping;
	__u32 pid;
	bool overlay;		/* mapping.ino is that of stat(2), any device */
};

struct suspects {
	struct noted *at;
	size_t n, room;
	__u64 looked;		/* when the last look began; 0: never */
	__s64 credit;		/* ns that may be spent on looking */
	__u64 earned;		/* up to when credit is reckoned */
	bool cut;		/* it was not complete */
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
 * The kernel hooks see the file below the overlay. Up to 6.7 maps does too;
 * later it shows the overlay's own device and inode, but stat(2) through
 * map_files still gives the inode number of the file below (not where the
 * overlay makes its numbers up, with xino).
 */
static bool overlay_file(const char *pid, const struct mapping *m, __u64 *ret_ino)
{
	struct statfs fs;
	struct stat st;
	char path[96];

	if (dev_major(m->dev))	/* has a device of its own */
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
		return;		/* gone */
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
	/* Mappings of one process follow each other. */
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
