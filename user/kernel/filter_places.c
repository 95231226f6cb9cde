// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * filter_places.c - names are looked up once, as the session begins. A directory
 * stands for itself and for every file system that is mounted below it then. Its
 * inode and the root inodes of those mounts become places, which the kernel side
 * meets on its way up from a file.
 *
 * Weak spots: a file system that is mounted later is not below the directory. The
 * subvolumes of a btrfs repeat inode numbers, so more may pass than was meant.
 */
#include "filter_places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/dev.h"
#include "base/err.h"
#include "base/mountinfo.h"
#include "filter.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

static int no_netns(struct err *ret_err, const char *name)
{
	int code = -errno;

	return err_set(ret_err, code, "--netns: '%.200s': %s", name, strerror(-code));
}

/* What stands in front of the name of a file in an error. */
static const char *path_option(const struct filter *f)
{
	return f->operands ? "" : "--path: ";
}

static int find_netns(const char *name, __u32 *ret_inum, struct err *ret_err)
{
	/* O_NONBLOCK: any file may be named, and a FIFO waits for its writer. */
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), kind;
	struct stat st;

	if (fd < 0)
		return no_netns(ret_err, name);
	kind = ioctl(fd, NS_GET_NSTYPE);
	if (fstat(fd, &st))
		kind = -1;
	close(fd);
	if (kind != CLONE_NEWNET)
		return err_set(ret_err, -EINVAL, "--netns: '%.200s' is no network namespace", name);
	*ret_inum = st.st_ino;
	return 0;
}

static int find_all_netns(struct filter *f, struct err *ret_err)
{
	for (unsigned int i = 0; i < f->spec.n_netns; i++) {
		const char *name = f->given[FILTER_NETNS][i];
		int ret = strchr(name, '/') ? find_netns(name, &f->spec.netns[i], ret_err) : 0;

		if (ret)
			return ret;
	}
	return 0;
}

static int open_if_cgroup(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	if (!fstatfs(fd, &fs) && fs.f_type == CGROUP2_SUPER_MAGIC)
		return fd;
	close(fd);
	return -EINVAL;
}

/* A path of the file system, or one as /proc/PID/cgroup has it. */
static int open_cgroup(const char *name, struct err *ret_err)
{
	int fd = open_if_cgroup(name);
	char below[PATH_MAX];

	if (fd < 0) {
		snprintf(below, sizeof(below), CGROUP_ROOT "/%s", name);
		fd = open_if_cgroup(below);
	}
	if (fd < 0)
		err_set(ret_err, fd, "--cgroup: '%.200s' is no cgroup of version 2", name);
	return fd;
}

static int open_all_cgroups(struct filter *f, struct err *ret_err)
{
	for (unsigned int i = 0; i < f->spec.n_cgroups; i++) {
		f->cgroup_fds[i] = open_cgroup(f->given[FILTER_CGROUP][i], ret_err);
		if (f->cgroup_fds[i] < 0)
			return f->cgroup_fds[i];
	}
	return 0;
}

/*
 * The mount table has s_dev, while stat(2) on btrfs has another number. Where a
 * mount of another namespace is not in the table, the number of stat(2) is used.
 */
static int place_of(int fd, const struct mountinfo *mounts, struct pf_place *ret)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, &st))
		return -errno;
	ret->dev = mountinfo_dev(mounts, st.stx_mnt_id);
	if (!ret->dev)
		ret->dev = dev_number(st.stx_dev_major, st.stx_dev_minor);
	ret->ino = st.stx_ino;
	return 0;
}

static int add_place(struct filter *f, const struct pf_place *place)
{
	if (f->n_places == PF_FILTER_PLACES)
		return -E2BIG;
	f->places[f->n_places++] = *place;
	return 0;
}

/* A place, and the mark that its device has one. */
static int add_places(struct filter *f, int fd, const struct mountinfo *mounts)
{
	struct pf_place place;
	int err = place_of(fd, mounts, &place);

	err = err ?: add_place(f, &place);
	place.ino = PF_PLACE_ANY;
	return err ?: add_place(f, &place);
}

static int add_mounts_below(struct filter *f, int dir, const struct mountinfo *mounts)
{
	char link[32], name[PATH_MAX];
	const char *point;
	size_t at = 0;
	ssize_t n;
	int err = 0;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
	n = readlink(link, name, sizeof(name) - 1);
	if (n < 0)
		return -errno;
	name[n] = '\0';
	while (!err && (point = mountinfo_below(mounts, name, &at))) {
		int fd = open(point, O_PATH | O_CLOEXEC);

		if (fd < 0)	/* gone meanwhile, or under another mount */
			continue;
		err = add_places(f, fd, mounts);
		close(fd);
	}
	return err;
}

static int find_path(struct filter *f, const char *name, const struct mountinfo *mounts,
		     struct err *ret_err)
{
	int fd = open(name, O_PATH | O_CLOEXEC), ret = -errno;
	const char *option = path_option(f);
	struct statfs fs;

	if (fd < 0)
		return err_set(ret_err, ret, "%s'%.200s': %s", option, name, strerror(-ret));
	if (!fstatfs(fd, &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC) {
		close(fd);
		return err_set(ret_err, -EINVAL,
			       "%s'%.200s' is on overlayfs, whose files are those of its layers: name one there",
			       option, name);
	}
	ret = add_places(f, fd, mounts);
	ret = ret ?: add_mounts_below(f, fd, mounts);
	close(fd);
	if (ret == -E2BIG)
		return err_set(ret_err, ret, "%s'%.200s': too many mounts below it", option,
			       name);
	if (ret)
		return err_set(ret_err, ret, "%s'%.200s': %s", option, name, strerror(-ret));
	return 0;
}

static int find_all_paths(struct filter *f, struct err *ret_err)
{
	struct mountinfo *mounts;
	int ret = 0;

	if (!f->spec.n_paths)
		return 0;
	ret = mountinfo_read_at(&mounts, AT_FDCWD, "/proc/self/mountinfo");
	if (ret)
		return err_set(ret_err, ret, "cannot read the mount table: %s", strerror(-ret));
	for (unsigned int i = 0; i < f->spec.n_paths && !ret; i++)
		ret = find_path(f, f->given[FILTER_PATH][i], mounts, ret_err);
	mountinfo_free(mounts);
	return ret;
}

int filter_places_find(struct filter *f, struct err *ret_err)
{
	int ret;

	memset(f->cgroup_fds, -1, sizeof(f->cgroup_fds));
	ret = find_all_netns(f, ret_err);
	ret = ret ?: open_all_cgroups(f, ret_err);
	return ret ?: find_all_paths(f, ret_err);
}

void filter_places_close(struct filter *f)
{
	for (unsigned int i = 0; i < f->spec.n_cgroups; i++)
		if (f->cgroup_fds[i] >= 0)
			close(f->cgroup_fds[i]);
}
