// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * worst.c - see worst.h. The object has two maps in common with that of the session, whose
 * constants it is given as well.
 */
#include "worst.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "ground.h"
#include "iterator.h"
#include "loader.h"
#include "map_view.h"
#include "top.skel.h"

struct worst {
	struct top *skel;
	struct bpf_link *conns, *files, *names;
	struct map_view conn_rows, file_rows, name_rows;
};

static int share(struct bpf_map *map, const struct loader *l)
{
	const struct bpf_map *theirs =
		bpf_object__find_map_by_name(loader_object(l), bpf_map__name(map));

	return theirs ? bpf_map__reuse_fd(map, bpf_map__fd(theirs)) : -ENOENT;
}

/* An iterator over the elements of a map. */
static int attach(struct bpf_link **ret_link, const struct bpf_program *prog,
		  const struct bpf_map *map)
{
	union bpf_iter_link_info info = { .map.map_fd = bpf_map__fd(map) };
	LIBBPF_OPTS(bpf_iter_attach_opts, opts, .link_info = &info, .link_info_len = sizeof(info));
	struct bpf_link *link = bpf_program__attach_iter(prog, &opts);

	if (!link)
		return -errno;
	*ret_link = link;
	return 0;
}

/* Calls for all connections, and for all sums of files. */
static __u32 steps(const struct top *skel)
{
	__u32 conns = skel->rodata->cfg.max_conns + 1, sums = bpf_map__max_entries(skel->maps.top_sums);

	return (conns > sums ? conns : sums) / PF_TOP_STEP + 1;
}

static int open_in_steps(struct worst *w, const struct loader *l, struct err *ret_err)
{
	struct top *skel = w->skel;
	int err;

	skel->rodata->cfg = *loader_config(l);
	err = share(skel->maps.flights, l);
	err = err ?: share(skel->maps.conns, l);
	err = err ?: bpf_map__set_max_entries(skel->maps.top_steps, steps(skel));
	if (err)
		return err_set(ret_err, err, "the maps cannot be sized: %s", strerror(-err));
	err = top__load(skel);
	if (err)
		return ground_load_failed(err, "lower --max-pages or --max-conns", ret_err);
	err = attach(&w->conns, skel->progs.on_top_conn, skel->maps.top_steps);
	err = err ?: attach(&w->files, skel->progs.on_top_file, skel->maps.top_steps);
	err = err ?: attach(&w->names, skel->progs.on_top_name, skel->maps.top_files);
	if (err)
		return err_set(ret_err, err, "this kernel does not list the elements of a map: %s",
			       strerror(-err));
	err = map_view_open(&w->conn_rows, skel->maps.top_conns);
	err = err ?: map_view_open(&w->file_rows, skel->maps.top_files);
	err = err ?: map_view_open(&w->name_rows, skel->maps.top_names);
	return err ? err_set(ret_err, err, "the maps do not open: %s", strerror(-err)) : 0;
}

int worst_open(struct worst **ret_worst, const struct loader *l, struct err *ret_err)
{
	struct worst *w = calloc(1, sizeof(*w));
	int err = 0;

	if (w)
		w->skel = top__open();
	if (!w || !w->skel)
		err = err_set(ret_err, -ENOMEM, "out of memory");
	err = err ?: open_in_steps(w, l, ret_err);
	if (err) {
		worst_close(w);
		return err;
	}
	*ret_worst = w;
	return 0;
}

int worst_look(struct worst *w, enum pf_top_sort sort, struct worst_found *ret_found)
{
	struct pf_top_ask *ask = &w->skel->bss->pf_ask;
	struct pf_top_said *said = &w->skel->bss->pf_said;
	int err;

	memset(said, 0, sizeof(*said));
	ask->sort = sort;
	ask->frame++;
	err = iterator_run(w->conns);
	err = err ?: iterator_run(w->files);
	err = err ?: iterator_run(w->names);
	if (err)
		return err;
	*ret_found = (struct worst_found){
		.said = said, .conns = w->conn_rows.at, .files = w->file_rows.at, .names = w->name_rows.at,
	};
	return 0;
}

void worst_close(struct worst *w)
{
	if (!w)
		return;
	map_view_close(&w->conn_rows);
	map_view_close(&w->file_rows);
	map_view_close(&w->name_rows);
	bpf_link__destroy(w->conns);
	bpf_link__destroy(w->files);
	bpf_link__destroy(w->names);
	top__destroy(w->skel);
	free(w);
}
