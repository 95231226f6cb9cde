// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* look.c - see look.h. */
#include "look.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "kernel/filter.h"
#include "names/paths.h"

int look_open(struct look *ret_look, const struct filter *filter, bool verbose,
	      struct err *ret_err)
{
	const struct walker_opts opts = { .filter = filter, .verbose = verbose };
	struct look look = { .filter = filter };
	int err = walker_open(&look.walker, &opts, ret_err);

	if (err)
		return err;
	err = paths_new(&look.paths);
	if (err) {
		walker_close(look.walker);
		return err_set(ret_err, err, "cannot read the mount table: %s", strerror(-err));
	}
	look.everywhere.walker = look.walker;
	look.everywhere.only = filter->spec.netns;
	look.everywhere.n_only = filter->spec.n_netns;
	*ret_look = look;
	return 0;
}

static int find_owners(struct look *look)
{
	__u64 *inos = calloc(look->hold.n_socks + 1, sizeof(*inos));
	size_t n = 0;
	int err;

	if (!inos)
		return -ENOMEM;
	for (size_t i = 0; i < look->hold.n_socks; i++)
		if (look->hold.socks[i].ino)
			inos[n++] = look->hold.socks[i].ino;
	err = owners_find(&look->owners, inos, n);
	free(inos);
	return err;
}

static bool is_owned(const struct look *look, const struct pf_now_sock *sock)
{
	const struct pf_filter *spec = &look->filter->spec;
	const struct owner *owner;
	size_t n;

	owner = owners_of(&look->owners, sock->ino, &n);
	for (size_t i = 0; i < n; i++)
		for (__u32 k = 0; k < spec->n_pids; k++)
			if (owner[i].pid == spec->pids[k])
				return true;
	return false;
}

/* Who owns a socket is found in user space, and so is what --pid leaves out. */
static void leave_out(struct look *look)
{
	size_t n = 0;

	if (!look->filter->spec.n_pids)
		return;
	for (size_t i = 0; i < look->hold.n_socks; i++)
		if (is_owned(look, &look->hold.socks[i]))
			look->hold.socks[n++] = look->hold.socks[i];
	look->hold.n_socks = n;
}

static void forget(struct look *look)
{
	hold_clear(&look->hold);
	hold_files_free(&look->files);
	owners_free(&look->owners);
	everywhere_forget(&look->everywhere);
}

/* The kernel side counts from the start. */
static void count_since(struct look *look, const struct pf_now_said *before)
{
	const struct pf_now_said *said = walker_said(look->walker);

	look->walked = said->walked - before->walked;
	look->cut = said->cut - before->cut;
	look->nameless = said->files_full - before->files_full;
	for (int q = 0; q < PF_NOW_QUEUES; q++)
		for (int kind = 0; kind < PF_NOW_KINDS; kind++)
			look->bytes[q][kind] = said->bytes[q][kind] - before->bytes[q][kind];
}

int look_take(struct look *look, struct err *ret_err)
{
	const struct pf_now_said before = *walker_said(look->walker);
	int err;

	forget(look);
	walker_forget_files(look->walker);
	err = everywhere_find(&look->everywhere);
	if (err)
		return err_set(ret_err, err, "cannot find the network namespaces: %s",
			       strerror(-err));
	err = everywhere_walk_all(&look->everywhere, hold_add, &look->hold);
	everywhere_forget(&look->everywhere);	/* a descriptor would keep a namespace alive */
	if (err)
		return err_set(ret_err, err, "cannot list the TCP sockets: %s", strerror(-err));
	count_since(look, &before);
	hold_settle(&look->hold);
	err = find_owners(look);
	if (err)
		return err_set(ret_err, err, "cannot look for the owners of sockets: %s",
			       strerror(-err));
	leave_out(look);
	err = hold_by_file(&look->hold, &look->files);
	if (err)
		return err_set(ret_err, err, "out of memory");
	return 0;
}

void look_close(struct look *look)
{
	forget(look);
	hold_free(&look->hold);
	paths_free(look->paths);
	walker_close(look->walker);
}

void look_file(struct look *look, __u32 number, __u32 pid, struct look_file *ret_file)
{
	const struct path_asked asked = { pid, PATH_OWNER };

	*ret_file = (struct look_file){ .file = walker_file(look->walker, number) };
	if (!ret_file->file)
		return;
	ret_file->path = paths_file(look->paths, ret_file->file->dev, ret_file->file, &asked, 1,
				    &ret_file->view);
	ret_file->deleted = ret_file->file->flags & PF_OP_DELETED;
}

static bool is_among(const struct owner *owners, size_t n, __u32 pid)
{
	for (size_t i = 0; i < n; i++)
		if (owners[i].pid == pid)
			return true;
	return false;
}

size_t look_owners(const struct look *look, const struct hold_file *file,
		   struct owner ret_owners[LOOK_OWNERS], bool *ret_cut)
{
	size_t n = 0;

	*ret_cut = false;
	for (size_t i = 0; i < file->socks && !*ret_cut; i++) {
		__u32 at = look->files.socks[file->first + i];
		const struct owner *owner;
		size_t n_owner;

		owner = owners_of(&look->owners, look->hold.socks[at].ino, &n_owner);
		for (size_t k = 0; k < n_owner && !*ret_cut; k++) {
			if (is_among(ret_owners, n, owner[k].pid))
				continue;
			*ret_cut = n == LOOK_OWNERS;
			if (!*ret_cut)
				ret_owners[n++] = owner[k];
		}
	}
	return n;
}
