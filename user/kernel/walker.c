// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * walker.c - see walker.h. The iterator lists the sockets of the network namespace in which
 * it is made. So a thread of its own makes it there: only that thread enters the namespace.
 */
#include "walker.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "configure.h"
#include "filter.h"
#include "ground.h"
#include "map_view.h"
#include "now.skel.h"

#define ROOM (1u << 16)		/* pieces */
#define FILES 4096		/* with a name */

struct walker {
	struct now *skel;
	struct bpf_link *tcp, *closed;
	struct map_view socks, pieces, files, nets;
};

static int configure(struct walker *w, const struct walker_opts *opts, const struct btf *btf,
		     struct err *ret_err)
{
	unsigned int room = opts->room ? opts->room : ROOM;
	unsigned int files = opts->no_sockets ? 1 : FILES;
	struct now *skel = w->skel;
	int err;

	configure_kernel(&skel->rodata->cfg, btf);
	skel->bss->pf_ask.room_pieces = room;
	skel->bss->pf_ask.room_socks = room / 4 + 1;
	err = ground_check_direct(skel->rodata->cfg.direct, ret_err);
	if (err)
		return err;
	bpf_program__set_autoload(skel->progs.on_tcp, !opts->no_sockets);
	bpf_program__set_autoload(skel->progs.on_closed, !opts->no_sockets);
	err = bpf_map__set_max_entries(skel->maps.now_pieces, room);
	err = err ?: bpf_map__set_max_entries(skel->maps.now_socks, room / 4 + 1);
	err = err ?: bpf_map__set_max_entries(skel->maps.now_files, files + 1);
	err = err ?: bpf_map__set_max_entries(skel->maps.now_ids, files);
	err = err ?: configure_filter(skel->obj, &skel->rodata->filter, opts->filter);
	if (err)
		return err_set(ret_err, err, "the maps cannot be sized: %s", strerror(-err));
	return 0;
}

static int attach(struct walker *w, struct err *ret_err)
{
	w->tcp = bpf_program__attach_iter(w->skel->progs.on_tcp, NULL);
	if (!w->tcp)
		return err_set(ret_err, -errno, "this kernel does not list TCP sockets: %s",
			       strerror(errno));
	w->closed = bpf_program__attach_iter(w->skel->progs.on_closed, NULL);
	if (!w->closed)
		return err_set(ret_err, -errno, "this kernel does not list open files: %s",
			       strerror(errno));
	return 0;
}

static int load(struct walker *w, const struct walker_opts *opts, struct err *ret_err)
{
	int err = now__load(w->skel);

	if (err)
		return ground_load_failed(err, "walk with less room", ret_err);
	err = configure_filter_maps(w->skel->obj, opts->filter);
	err = err ?: map_view_open(&w->socks, w->skel->maps.now_socks);
	err = err ?: map_view_open(&w->pieces, w->skel->maps.now_pieces);
	err = err ?: map_view_open(&w->files, w->skel->maps.now_files);
	err = err ?: map_view_open(&w->nets, w->skel->maps.now_nets);
	if (err)
		return err_set(ret_err, err, "the maps do not open: %s", strerror(-err));
	return opts->no_sockets ? 0 : attach(w, ret_err);
}

int walker_open(struct walker **ret_walker, const struct walker_opts *opts, struct err *ret_err)
{
	struct walker *w;
	struct btf *btf;
	int err = ground_check(opts->verbose, &btf, ret_err);

	if (err)
		return err;
	w = calloc(1, sizeof(*w));
	if (w)
		w->skel = now__open();
	if (!w || !w->skel)
		err = err_set(ret_err, -ENOMEM, "out of memory");
	err = err ?: configure(w, opts, btf, ret_err);
	btf__free(btf);
	err = err ?: load(w, opts, ret_err);
	malloc_trim(0);	/* all types of the kernel were in memory */
	if (err) {
		walker_close(w);
		return err;
	}
	*ret_walker = w;
	return 0;
}

void walker_close(struct walker *w)
{
	if (!w)
		return;
	map_view_close(&w->socks);
	map_view_close(&w->pieces);
	map_view_close(&w->files);
	map_view_close(&w->nets);
	bpf_link__destroy(w->tcp);
	bpf_link__destroy(w->closed);
	now__destroy(w->skel);
	free(w);
}

/* One walk, in its thread. */
struct trip {
	struct walker *w;
	const struct bpf_link *link;
	int netns;
	walker_batch_fn fn;
	void *ctx;
	int result;
};

static int hand_over(struct trip *trip)
{
	struct pf_now_said *said = &trip->w->skel->bss->pf_said;
	const struct walker_batch batch = {
		.socks = trip->w->socks.at,
		.n_socks = said->n_socks,
		.pieces = trip->w->pieces.at,
	};
	int result = batch.n_socks ? trip->fn(trip->ctx, &batch) : 0;

	said->n_socks = 0;
	said->n_pieces = 0;
	said->full = 0;
	return result;
}

/* The iterator has no output of its own: it ends, or EAGAIN says that a map is full. */
static int read_iterator(struct trip *trip, int fd)
{
	bool first = trip->w->skel->bss->pf_ask.first;
	char nothing[64];

	for (;;) {
		int err = read(fd, nothing, sizeof(nothing)) < 0 ? -errno : 0;
		bool any = trip->w->skel->bss->pf_said.n_socks;
		int result;

		if (err && err != -EAGAIN && err != -EINTR)
			return err;
		result = hand_over(trip);
		if (result || !err || (first && any))
			return result;
	}
}

static void *walk(void *arg)
{
	struct trip *trip = arg;
	int fd;

	if (trip->netns >= 0 && setns(trip->netns, CLONE_NEWNET)) {
		trip->result = -errno;
		return NULL;
	}
	fd = bpf_iter_create(bpf_link__fd(trip->link));
	if (fd < 0) {
		trip->result = -errno;
		return NULL;
	}
	trip->result = read_iterator(trip, fd);
	close(fd);
	return NULL;
}

/* A walk that was ended may have left records. */
static void begin(struct walker *w)
{
	w->skel->bss->pf_said.n_socks = 0;
	w->skel->bss->pf_said.n_pieces = 0;
}

int walker_walk_closed(struct walker *w, walker_batch_fn fn, void *ctx)
{
	struct trip trip = { .w = w, .link = w->closed, .netns = -1, .fn = fn, .ctx = ctx };

	begin(w);
	walk(&trip);
	return trip.result;
}

int walker_walk(struct walker *w, int netns, walker_batch_fn fn, void *ctx)
{
	struct trip trip = { .w = w, .link = w->tcp, .netns = netns, .fn = fn, .ctx = ctx };
	pthread_t thread;
	int err;

	begin(w);
	if (netns < 0) {
		walk(&trip);
		return trip.result;
	}
	err = pthread_create(&thread, NULL, walk, &trip);
	if (err)
		return -err;
	pthread_join(thread, NULL);
	return trip.result;
}

int walker_ask(struct walker *w, const __u64 *mappings, size_t n, __u64 from, __u64 to)
{
	struct pf_now_ask *ask = &w->skel->bss->pf_ask;

	if (n > PF_NOW_MAPPINGS)
		return -E2BIG;
	memcpy(ask->mapping, mappings, n * sizeof(*mappings));
	ask->n_mappings = n;
	ask->from = from;
	ask->to = to;
	return 0;
}

void walker_ask_first(struct walker *w, bool first)
{
	w->skel->bss->pf_ask.first = first;
}

const struct pf_now_said *walker_said(const struct walker *w)
{
	return &w->skel->bss->pf_said;
}

void walker_forget_files(struct walker *w)
{
	int ids = bpf_map__fd(w->skel->maps.now_ids);
	__u64 mapping;

	while (!bpf_map_get_next_key(ids, NULL, &mapping) && !bpf_map_delete_elem(ids, &mapping))
		;
	w->skel->bss->pf_said.n_files = 0;
}

const struct pf_ev_op *walker_file(const struct walker *w, __u32 number)
{
	const struct pf_ev_op *files = w->files.at;

	return number && number <= w->skel->bss->pf_said.n_files ? &files[number] : NULL;
}

/* Run a program once, in this thread. */
static int run(const struct bpf_program *prog)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	return bpf_prog_test_run_opts(bpf_program__fd(prog), &opts) ? -errno : 0;
}

int walker_mapping(struct walker *w, int fd, __u64 *ret_mapping)
{
	int err;

	w->skel->bss->pf_open.fd = fd;
	err = run(w->skel->progs.on_open);
	if (err)
		return err;
	if (!w->skel->bss->pf_open.mapping)
		return -EBADF;
	*ret_mapping = w->skel->bss->pf_open.mapping;
	return 0;
}

int walker_nets(struct walker *w, const __u64 **ret_nets, size_t *ret_n, bool *ret_cut)
{
	int err = run(w->skel->progs.on_nets);

	if (err)
		return err;
	*ret_nets = w->nets.at;
	*ret_n = w->skel->bss->pf_nets.n;
	*ret_cut = w->skel->bss->pf_nets.cut;
	return 0;
}

int walker_refs(struct walker *w, __u64 mapping, __u64 from, __u64 to, bool first,
		struct walker_refs *ret_refs)
{
	struct pf_now_refs *refs = &w->skel->bss->pf_refs;
	unsigned int shift = w->skel->rodata->cfg.page_shift;

	if (from >= to)
		return -EINVAL;
	*refs = (struct pf_now_refs){
		.mapping = mapping,
		.index = from >> shift,
		.last = (to - 1) >> shift,
		.first = first,
	};
	while (!refs->done) {
		int err = run(w->skel->progs.on_refs);

		if (err)
			return err;
	}
	*ret_refs = (struct walker_refs){
		.looked = refs->looked,
		.held = refs->held,
		.held_at = refs->held_at << shift,
	};
	return 0;
}
