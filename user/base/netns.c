// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * netns.c - see netns.h. A descriptor keeps its namespace alive, so sets are not kept for
 * long.
 *
 * Weak spot: of a process only its first thread is asked, since a thread that is in a
 * namespace of its own is rare, and threads are many.
 */
#include "netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <linux/sockios.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "clock.h"
#include "mountinfo.h"
#include "procfile.h"

bool netns_has(const struct netns_set *set, __u64 ino)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->at[i].ino == ino)
			return true;
	return false;
}

/* Takes the descriptor, which is closed if the set does not need it. */
static void add(struct netns_set *set, int fd, __u64 ino)
{
	struct netns *more;

	if (netns_has(set, ino))
		goto unused;
	if (set->n == set->room) {
		more = reallocarray(set->at, set->room ? set->room * 2 : 16, sizeof(*more));
		if (!more)
			goto unused;
		set->at = more;
		set->room = set->room ? set->room * 2 : 16;
	}
	set->at[set->n++] = (struct netns){ fd, ino };
	return;
unused:
	if (fd >= 0)
		close(fd);
}

static void add_open(struct netns_set *set, int fd)
{
	struct stat st;

	if (fd < 0)
		return;
	if (ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET && !fstat(fd, &st))
		add(set, fd, st.st_ino);
	else
		close(fd);
}

/* "net:[4026531840]" names a namespace without opening it. */
static bool is_known(const struct netns_set *set, const char *link)
{
	unsigned long long ino;

	return sscanf(link, "net:[%llu]", &ino) == 1 && netns_has(set, ino);
}

static void add_link(struct netns_set *set, int dir, const char *name)
{
	char link[64];
	ssize_t n = readlinkat(dir, name, link, sizeof(link) - 1);

	if (n < 0)
		return;
	link[n] = '\0';
	if (!strncmp(link, "net:[", 5) && !is_known(set, link))
		add_open(set, openat(dir, name, O_RDONLY | O_CLOEXEC));
}

static int find_own(struct netns_set *set)
{
	struct stat st;

	if (stat("/proc/thread-self/ns/net", &st))
		return -errno;
	add(set, -1, st.st_ino);
	return set->n ? 0 : -ENOMEM;
}

static int find_of_processes(struct netns_set *set)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	char name[280];

	if (!proc)
		return -errno;
	while ((entry = readdir(proc))) {
		if (!isdigit(entry->d_name[0]))
			continue;
		snprintf(name, sizeof(name), "%s/ns/net", entry->d_name);
		add_link(set, dirfd(proc), name);
	}
	closedir(proc);
	return 0;
}

static int find_mounted(struct netns_set *set)
{
	struct mountinfo *mounts;
	const char *point;
	size_t at = 0;
	int err = mountinfo_read_at(&mounts, AT_FDCWD, "/proc/thread-self/mountinfo");

	if (err)
		return err;
	while ((point = mountinfo_namespace(mounts, "net", &at)))
		add_open(set, open(point, O_RDONLY | O_CLOEXEC));
	mountinfo_free(mounts);
	return 0;
}

int netns_find(struct netns_set *ret_set)
{
	struct netns_set set = { 0 };
	int err = find_own(&set);

	err = err ?: find_of_processes(&set);
	err = err ?: find_mounted(&set);
	if (err) {
		netns_close(&set);
		return err;
	}
	*ret_set = set;
	return 0;
}

/* The namespace of a socket that another process has open. */
static void add_of_socket(struct netns_set *set, int pidfd, int number)
{
	int sock = syscall(SYS_pidfd_getfd, pidfd, number, 0);

	if (sock < 0)
		return;
	add_open(set, ioctl(sock, SIOCGSKNS));
	close(sock);
}

static void find_in_process(struct netns_set *set, int proc, const char *pid, __u64 until_ns)
{
	int pidfd = syscall(SYS_pidfd_open, atoi(pid), 0);
	struct dirent *entry;
	char name[280], link[64];
	ssize_t n;
	DIR *files;

	snprintf(name, sizeof(name), "%s/fd", pid);
	files = procfile_dir_at(proc, name);
	while (files && (entry = readdir(files)) && clock_mono_ns() < until_ns) {
		n = readlinkat(dirfd(files), entry->d_name, link, sizeof(link) - 1);
		if (n <= 0)
			continue;
		link[n] = '\0';
		if (!strncmp(link, "socket:[", 8) && pidfd >= 0)
			add_of_socket(set, pidfd, atoi(entry->d_name));
		else
			add_link(set, dirfd(files), entry->d_name);
	}
	if (files)
		closedir(files);
	if (pidfd >= 0)
		close(pidfd);
}

void netns_find_in_files(struct netns_set *set, __u64 until_ns)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;

	while (proc && (entry = readdir(proc)) && clock_mono_ns() < until_ns)
		if (isdigit(entry->d_name[0]))
			find_in_process(set, dirfd(proc), entry->d_name, until_ns);
	if (proc)
		closedir(proc);
}

void netns_close(struct netns_set *set)
{
	for (size_t i = 0; i < set->n; i++)
		if (set->at[i].fd >= 0)
			close(set->at[i].fd);
	free(set->at);
	*set = (struct netns_set){ 0 };
}
