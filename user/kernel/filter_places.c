// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * places - names are looked up once, as the run begins. A directory stands for
 * itself and for every file system mounted below it at that time: its inode and
 * those of the mounts' roots, which the kernel side meets on its way up from a
 * file.
 *
 * Weak spots: what is mounted there later is not below it; the subvolumes of a
 * btrfs repeat inode numbers, so that more may pass than was meant.
 */
#include "filter_places.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "filter.h"
#include "base/mountinfo.h"

#define CGROUP_ROOT "/sys/fs/cgroup"

__attribute__((format(printf, 3, 4)))
static int fail(char err[PLACES_ERR_LEN], int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err, PLACES_ERR_LEN, format, args);
	va_end(args);
	return code;
}

static int no_file(char err[PLACES_ERR_LEN], enum filter_kind kind, const char *name)
{
	int code = -errno;

	return fail(err, code, "--%s: '%.200s': %s", filter_kind_name(kind), name,
		    strerror(-code));
}

static int find_netns(const char *name, __u32 *ret_inum, char err[PLACES_ERR_LEN])
{
	int fd = open(name, O_RDONLY | O_CLOEXEC), kind;
	struct stat st;

	if (fd < 0)
		return no_file(err, FILTER_NETNS, name);
	kind = ioctl(fd, NS_GET_NSTYPE);
	if (fstat(fd, &st))
		kind = -1;
	close(fd);
	if (kind != CLONE_NEWNET)
		return fail(err, -EINVAL, "--netns: '%.200s' is no network namespace", name);
	*ret_inum = st.st_ino;
	return 0;
}

static int find_all_netns(struct filter *f, char err[PLACES_ERR_LEN])
{
	for (unsigned int i = 0; i < f->wire.n_netns; i++) {
		const char *name = f->given[FILTER_NETNS][i];
		int ret = strchr(name, '/') ? find_netns(name, &f->wire.netns[i], err) : 0;

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
static int open_cgroup(const char *name, char err[PLACES_ERR_LEN])
{
	int fd = open_if_cgroup(name);
	char below[PATH_MAX];

	if (fd < 0) {
		snprintf(below, sizeof(below), CGROUP_ROOT "/%s", name);
		fd = open_if_cgroup(below);
	}
	if (fd < 0)
		fail(err, fd, "--cgroup: '%.200s' is no cgroup of version 2", name);
	return fd;
}

static int open_all_cgroups(struct filter *f, char err[PLACES_ERR_LEN])
{
	for (unsigned int i = 0; i < f->wire.n_cgroups; i++) {
		f->cgroup_fds[i] = open_cgroup(f->given[FILTER_CGROUP][i], err);
		if (f->cgroup_fds[i] < 0)
			return f->cgroup_fds[i];
	}
	return 0;
}

/*
 * s_dev is what the mount table says. stat(2) of btrfs says something else; it
 * has to do for what is mounted in another namespace.
 */
static int place_of(int fd, const struct mountinfo *mounts, struct pf_place *ret)
{
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_INO | STATX_MNT_ID, &st))
		return -errno;
	ret->dev = mountinfo_dev(mounts, st.stx_mnt_id);
	if (!ret->dev)
		ret->dev = (__u64)st.stx_dev_major << 20 | st.stx_dev_minor;
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

/* And the mark that there is one on its device. */
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
		     char err[PLACES_ERR_LEN])
{
	int fd = open(name, O_PATH | O_CLOEXEC), ret;
	struct statfs fs;

	if (fd < 0)
		return no_file(err, FILTER_PATH, name);
	if (!fstatfs(fd, &fs) && fs.f_type == OVERLAYFS_SUPER_MAGIC) {
		close(fd);
		return fail(err, -EINVAL, "--path: '%.200s' is on overlayfs, whose files are those of its layers: name one there", name);
	}
	ret = add_places(f, fd, mounts);
	ret = ret ?: add_mounts_below(f, fd, mounts);
	close(fd);
	if (ret == -E2BIG)
		return fail(err, ret, "--path: '%.200s': too many mounts below it", name);
	if (ret)
		return fail(err, ret, "--path: '%.200s': %s", name, strerror(-ret));
	return 0;
}

static int read_mounts(struct mountinfo **ret_mountinfo)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *text = NULL;
	size_t room = 0;
	int err;

	if (!file)
		return -errno;
	/* All of it: there is no NUL in it. */
	err = getdelim(&text, &room, '\0', file) < 0 ? -EIO : mountinfo_parse(ret_mountinfo, text);
	free(text);
	fclose(file);
	return err;
}

static int find_all_paths(struct filter *f, char err[PLACES_ERR_LEN])
{
	struct mountinfo *mounts;
	int ret = 0;

	if (!f->wire.n_paths)
		return 0;
	ret = read_mounts(&mounts);
	if (ret)
		return fail(err, ret, "cannot read the mount table: %s", strerror(-ret));
	for (unsigned int i = 0; i < f->wire.n_paths && !ret; i++)
		ret = find_path(f, f->given[FILTER_PATH][i], mounts, err);
	mountinfo_free(mounts);
	return ret;
}

int places_find(struct filter *f, char err[PLACES_ERR_LEN])
{
	int ret;

	memset(f->cgroup_fds, -1, sizeof(f->cgroup_fds));
	ret = find_all_netns(f, err);
	ret = ret ?: open_all_cgroups(f, err);
	return ret ?: find_all_paths(f, err);
}

void places_close(struct filter *f)
{
	for (unsigned int i = 0; i < f->wire.n_cgroups; i++)
		if (f->cgroup_fds[i] >= 0)
			close(f->cgroup_fds[i]);
}
