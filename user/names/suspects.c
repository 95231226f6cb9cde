// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * suspects - a scan of /proc/PID/maps of all processes notes every shared writable
 * mapping of a file. One scan serves all incidents up to its moment, and a later
 * incident causes a new one. No record is taken during a scan, so a scan has limits
 * of its own. All scans together take at most a twentieth of the time, plus a second
 * on credit.
 *
 * No file system but that of /dev is asked for anything, since one whose server is
 * dead does not answer. That a device is an overlay is said by the mount table of the process.
 *
 * Weak spots: a process that has unmapped the file, or has ended, is not found. On
 * btrfs, files of two subvolumes can have one inode number: processes of the other
 * file are then listed too. On overlayfs, kernels from 6.8 on show the file of the
 * overlay, which is matched by its inode number alone; see is_overlay().
 * While a process waits for a file system inside of mmap(2), which makes reading its
 * maps wait too, there are no suspects.
 */
#include "suspects.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/dev.h"
#include "base/mountinfo.h"
#include "base/procfile.h"
#include "base/procmaps.h"
#include "scan.h"

#define SHARE 20		/* scans may take 1 / SHARE of the time */
#define CREDIT_MAX NSEC_PER_SEC
#define DEVICES_MAX 16

static const struct suspects_limits usual = {
	.ns = 10 * NSEC_PER_SEC,
	.stuck_ns = 2 * NSEC_PER_SEC,
	.lines = 262144,
	.mappings = 65536,
};

/* A device without a disk, and what the mount table of a process said of it. */
struct device {
	__u64 dev;
	bool overlay;
};

struct suspects {
	int proc;		/* directory */
	struct scan *scan;
	const struct noted *at;
	size_t n;
	struct device devices[DEVICES_MAX];
	size_t n_devices;
	__u64 looked;		/* when the last scan began; 0: never */
	__s64 credit;		/* ns that scans may take now */
	__u64 earned;		/* credit has been added up to then */
	bool cut;		/* the last scan was not complete */
	struct suspect found[SUSPECTS_MAX];
};

int suspects_new_in(struct suspects **ret_suspects, const char *proc,
		    const struct suspects_limits *limits)
{
	struct suspects *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return -ENOMEM;
	s->proc = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->proc < 0) {
		err = -errno;
		free(s);
		return err;
	}
	err = scan_new(&s->scan, s->proc, limits);
	if (err) {
		close(s->proc);
		free(s);
		return err;
	}
	s->credit = CREDIT_MAX;
	s->earned = clock_mono_ns();
	*ret_suspects = s;
	return 0;
}

int suspects_new(struct suspects **ret_suspects)
{
	return suspects_new_in(ret_suspects, "/proc", &usual);
}

/* What of a process cannot be read because the process has ended. */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

static void look(struct suspects *s)
{
	s->n_devices = 0;
	s->looked = clock_mono_ns();
	if (!scan_look(s->scan, &s->at, &s->n, &s->cut)) {
		s->n = 0;
		s->cut = true;
	}
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

/* 0, or -errno if the mount table of the process cannot be read. */
static int ask_mounts(const struct suspects *s, __u32 pid, struct device *device)
{
	struct mountinfo *mounts;
	char path[32];
	int err;

	snprintf(path, sizeof(path), "%u/mountinfo", pid);
	err = mountinfo_read_at(&mounts, s->proc, path);
	if (err)
		return err;
	device->overlay = mountinfo_is_type(mounts, device->dev, "overlay");
	mountinfo_free(mounts);
	return 0;
}

/*
 * The hooks in the kernel see the file below an overlay. Up to 6.7 maps shows that
 * file too. Later kernels show the device of the overlay, but still the inode number
 * of the file below, unless the overlay makes up its numbers (xino).
 */
static bool is_overlay(struct suspects *s, const struct noted *noted)
{
	struct device *device = &s->devices[s->n_devices];
	int err;

	if (dev_major(noted->mapping.dev))	/* a device number that no overlay has */
		return false;
	for (size_t i = 0; i < s->n_devices; i++)
		if (s->devices[i].dev == noted->mapping.dev)
			return s->devices[i].overlay;
	if (s->n_devices == DEVICES_MAX) {
		s->cut = true;
		return false;
	}
	*device = (struct device){ .dev = noted->mapping.dev };
	err = ask_mounts(s, noted->pid, device);
	if (!err)
		s->n_devices++;
	else if (!is_gone(err))
		s->cut = true;
	return device->overlay;
}

/* False if the process has ended. */
static bool comm_of(struct suspects *s, __u32 pid, char ret_comm[PF_COMM_LEN])
{
	char path[32];
	int err;

	snprintf(path, sizeof(path), "%u/comm", pid);
	err = procfile_line_at(s->proc, path, ret_comm, PF_COMM_LEN);
	if (err && !is_gone(err))
		s->cut = true;
	return !err;
}

/* The file of an incident, as maps shows it. */
struct file_id {
	__u64 dev;
	__u64 ino;
};

/* Of a block device, maps shows the node by which it was opened. That is taken to be its own. */
static struct file_id file_of(const struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	struct file_id file = { inc->dev, inc->ino };
	struct stat node;

	if (!inc->op_rec || !(inc->op_rec->flags & PF_OP_BLOCK) || !shown->path)
		return file;
	if (stat(shown->path, &node) || !S_ISBLK(node.st_mode) ||
	    dev_number(major(node.st_rdev), minor(node.st_rdev)) != inc->ino)
		return file;
	return (struct file_id){ dev_number(major(node.st_dev), minor(node.st_dev)), node.st_ino };
}

/* The device comes last, since it may have to be asked for. */
static bool is_of(struct suspects *s, const struct noted *noted, const struct file_id *file,
		  const struct pf_incident *inc)
{
	return noted->mapping.ino == file->ino &&
	       procmaps_covers(&noted->mapping, inc->file_off, inc->file_len) &&
	       (noted->mapping.dev == file->dev || is_overlay(s, noted));
}

void suspects_incident(struct suspects *s, struct shown *shown)
{
	const struct pf_incident *inc = shown->inc;
	struct file_id file;
	size_t n = 0;

	shown->suspects_sought = (inc->writer.how == PF_WRITE_UNKNOWN ||
				  inc->writer.how == PF_WRITE_MMAP) && !pf_incident_no_file(inc);
	if (!shown->suspects_sought)
		return;
	if (inc->ts >= s->looked && may_look(s))
		look(s);
	file = file_of(shown);
	shown->suspects = s->found;
	shown->suspects_cut = false;
	/* All mappings of a process stand together. */
	for (size_t i = 0; i < s->n; i++) {
		const struct noted *noted = &s->at[i];

		if ((n && s->found[n - 1].pid == noted->pid) || !is_of(s, noted, &file, inc))
			continue;
		if (n == SUSPECTS_MAX) {
			shown->suspects_cut = true;
			break;
		}
		s->found[n].pid = noted->pid;
		n += comm_of(s, noted->pid, s->found[n].comm);
	}
	shown->suspects_cut |= s->cut;
	shown->n_suspects = n;
}

void suspects_free(struct suspects *s)
{
	if (!s)
		return;
	scan_free(s->scan);
	close(s->proc);
	free(s);
}
