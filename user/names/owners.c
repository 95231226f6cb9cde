// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* owners.c - see owners.h. */
#include "owners.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/procfile.h"

struct search {
	struct owners found;
	size_t room;
	const __u64 *inos;
	size_t n;
	const struct owners_limits *limits;
	__u64 began;
	size_t files;
};

static int by_number(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return x < y ? -1 : x > y;
}

static int by_socket(const void *a, const void *b)
{
	const struct owner *x = a, *y = b;

	return by_number(&x->ino, &y->ino) ?: x->pid < y->pid ? -1 : x->pid > y->pid;
}

static bool may_go_on(const struct search *s)
{
	return s->files < s->limits->files && clock_mono_ns() - s->began < s->limits->ns;
}

static int note(struct search *s, const struct owner *owner)
{
	struct owner *more;

	if (s->found.n == s->room) {
		more = reallocarray(s->found.at, s->room ? s->room * 2 : 64, sizeof(*more));
		if (!more)
			return -ENOMEM;
		s->found.at = more;
		s->room = s->room ? s->room * 2 : 64;
	}
	s->found.at[s->found.n++] = *owner;
	return 0;
}

/* A socket that we look for; 0 if the descriptor is something else. */
static __u64 socket_of(const struct search *s, int dir, const char *name)
{
	unsigned long long number;
	char link[64];
	ssize_t n = readlinkat(dir, name, link, sizeof(link) - 1);
	__u64 ino;

	if (n <= 0)
		return 0;
	link[n] = '\0';
	if (sscanf(link, "socket:[%llu]", &number) != 1)
		return 0;
	ino = number;
	return bsearch(&ino, s->inos, s->n, sizeof(ino), by_number) ? ino : 0;
}

static int look_at_files(struct search *s, DIR *files, struct owner *owner)
{
	struct dirent *entry;
	int err = 0;

	while (!err && (entry = readdir(files))) {
		if (!may_go_on(s)) {
			s->found.cut = true;
			break;
		}
		s->files++;
		owner->ino = socket_of(s, dirfd(files), entry->d_name);
		if (owner->ino)
			err = note(s, owner);
	}
	return err;
}

static int look_at_process(struct search *s, int proc, const char *pid)
{
	struct owner owner = { .pid = strtoul(pid, NULL, 10) };
	char name[280];
	DIR *files;
	int err;

	snprintf(name, sizeof(name), "%s/comm", pid);
	if (procfile_line_at(proc, name, owner.comm, sizeof(owner.comm)))
		strcpy(owner.comm, "?");
	snprintf(name, sizeof(name), "%s/fd", pid);
	files = procfile_dir_at(proc, name);
	if (!files && errno == ENOMEM)
		return -ENOMEM;
	if (!files) {
		/* What has ended meanwhile has no sockets. */
		if (errno != ENOENT && errno != ESRCH)
			s->found.hidden = true;
		return 0;
	}
	err = look_at_files(s, files, &owner);
	closedir(files);
	return err;
}

/* A process can have a socket open more than once. */
static void sort(struct owners *found)
{
	size_t n = 0;

	if (!found->n)
		return;
	qsort(found->at, found->n, sizeof(*found->at), by_socket);
	for (size_t i = 1; i < found->n; i++)
		if (by_socket(&found->at[n], &found->at[i]))
			found->at[++n] = found->at[i];
	found->n = n + 1;
}

int owners_find_in(struct owners *ret_owners, const char *proc, const __u64 *inos, size_t n,
		   const struct owners_limits *limits)
{
	struct search s = { .inos = inos, .n = n, .limits = limits, .began = clock_mono_ns() };
	struct dirent *entry;
	DIR *dir;
	int err = 0;

	if (!n) {
		*ret_owners = s.found;
		return 0;
	}
	dir = opendir(proc);
	if (!dir)
		return -errno;
	while (!err && !s.found.cut && (entry = readdir(dir))) {
		if (!isdigit(entry->d_name[0]))
			continue;
		if (may_go_on(&s))
			err = look_at_process(&s, dirfd(dir), entry->d_name);
		else
			s.found.cut = true;
	}
	closedir(dir);
	if (err) {
		owners_free(&s.found);
		return err;
	}
	sort(&s.found);
	*ret_owners = s.found;
	return 0;
}

int owners_find(struct owners *ret_owners, __u64 *inos, size_t n)
{
	static const struct owners_limits limits = {
		.ns = 2 * NSEC_PER_SEC,
		.files = 2000000,
	};

	qsort(inos, n, sizeof(*inos), by_number);
	return owners_find_in(ret_owners, "/proc", inos, n, &limits);
}

const struct owner *owners_of(const struct owners *owners, __u64 ino, size_t *ret_n)
{
	size_t low = 0, high = owners->n, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (owners->at[middle].ino < ino)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < owners->n && owners->at[end].ino == ino; end++)
		;
	*ret_n = end - low;
	return owners->at + low;
}

void owners_free(struct owners *owners)
{
	free(owners->at);
	*owners = (struct owners){ 0 };
}
