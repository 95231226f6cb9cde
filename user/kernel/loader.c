// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* loader.c - the BPF object from open to close. The only file that sees the skeleton. */
#include "loader.h"

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "exposed.h"
#include "filtering.h"
#include "atomic.skel.h"
#include "configure.h"
#include "doubts.h"
#include "exposed_take.h"
#include "features.h"
#include "ground.h"
#include "hooks.h"
#include "lazy.h"
#include "modules.h"
#include "pageflight.skel.h"
#include "preempt.h"
#include "privileges.h"
#include "programs.h"

#define OPEN_TRIES 4	/* if something is gone and it is not known what */

struct loader {
	struct pageflight *skel;
	struct programs programs;
	struct ring_buffer *ring;
	loader_event_fn fn;
	void *fn_ctx;
	size_t n, max;			/* records taken, and to be taken, in one call */
	const char *positions;		/* of the ring buffer's reader, and a page behind, its writers */
	int n_cpus;
	bool shows_writers;		/* see kernel_shows_writers() */
	__u64 mappings_missed;		/* as far as it is known that they were */
};

/* The two objects differ only in what turns preemption off. They have one layout. */
static int open_object(struct loader *l, bool atomic)
{
	size_t size;
	int err;

	l->skel = calloc(1, sizeof(*l->skel));
	if (!l->skel)
		return -ENOMEM;
	err = pageflight__create_skeleton(l->skel);
	if (!err && atomic) {
		l->skel->skeleton->data = (void *)atomic__elf_bytes(&size);
		l->skel->skeleton->data_sz = size;
	}
	err = err ?: bpf_object__open_skeleton(l->skel->skeleton, NULL);
	if (!err)
		return 0;
	pageflight__destroy(l->skel);
	l->skel = NULL;
	return err;
}

/* Choose the programs, and open the object that has them. */
static int plan(struct loader *l, const struct loader_opts *opts, struct modules *modules,
		struct btf *btf, struct err *ret_err)
{
	int err = programs_plan(&l->programs, opts->content, modules, btf, ret_err);

	if (err)
		return err;
	err = open_object(l, kernel_has_atomic(btf));
	if (err) {
		return err_set(ret_err, err, "the BPF object does not open: %s", strerror(-err));
	}
	programs_choose(&l->programs, l->skel->obj);
	return 0;
}

static int configure(struct loader *l, const struct loader_opts *opts, const struct btf *btf,
		     struct err *ret_err)
{
	struct bpf_object *obj = l->skel->obj;
	int err = configure_sizes(obj, &l->skel->rodata->cfg, opts, btf);

	l->shows_writers = kernel_shows_writers(btf);
	if (err)
		return err_set(ret_err, err, "the maps cannot be sized: %s", strerror(-err));
	err = ground_check_direct(l->skel->rodata->cfg.direct, ret_err);
	if (err)
		return err;
	err = configure_filter(obj, &l->skel->rodata->filter, opts->filter);
	if (err)
		return err_set(ret_err, err, "the filter cannot be set: %s", strerror(-err));
	return 0;
}

static int load(struct loader *l, const struct filter *filter, struct err *ret_err)
{
	int err = pageflight__load(l->skel);

	if (err)
		return ground_load_failed(err, "lower --max-pages or --max-conns", ret_err);
	err = configure_filter_maps(l->skel->obj, filter);
	if (err)
		return err_set(ret_err, err, "the filter cannot be set: %s", strerror(-err));
	return 0;
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct loader *l = ctx;

	l->fn(l->fn_ctx, data, size);
	/* libbpf takes this record all the same. */
	return ++l->n < l->max ? 0 : -ENOBUFS;
}

static int map_positions(struct loader *l)
{
	void *at = mmap(NULL, 2 * sysconf(_SC_PAGESIZE), PROT_READ, MAP_SHARED,
			bpf_map__fd(l->skel->maps.events), 0);

	if (at == MAP_FAILED)
		return -errno;
	l->positions = at;
	return 0;
}

/*
 * From here on fingerprints wait where everything is hooked. On a kernel that may skip a
 * program because it preempts itself, and where programs cannot prevent that, they never do:
 * a change behind a program that was skipped would be missed for good.
 */
static void be_lazy(struct loader *l)
{
	const struct hook *hooks = l->programs.hooks;

	if (!l->shows_writers || (preempt_possible() && !l->skel->rodata->cfg.atomic) ||
	    !lazy_possible(hooks, hooks_n))
		return;
	l->skel->bss->pf_sound_fs = lazy_file_systems(hooks, hooks_n);
	l->skel->bss->pf_lazy = 1;
}

/* The ring buffer first: what is attached writes to it. */
static int attach(struct loader *l, struct err *ret_err)
{
	const struct programs_memmap memmap = {
		.ask = &l->skel->bss->pf_memmap,
		.page_offset = &l->skel->bss->pf_page_offset,
		.vmemmap = &l->skel->bss->pf_vmemmap,
		.struct_page_size = l->skel->rodata->cfg.struct_page_size,
	};

	int err = 0;

	l->ring = ring_buffer__new(bpf_map__fd(l->skel->maps.events), on_record, l, NULL);
	if (!l->ring)
		err = -errno;
	err = err ?: map_positions(l);
	if (err) {
		return err_set(ret_err, err, "the ring buffer does not open: %s", strerror(-err));
	}
	err = programs_attach(&l->programs, &memmap, ret_err);
	if (err)
		return err;
	be_lazy(l);
	l->skel->bss->pf_wire = loader_content(l) == PF_CONTENT_WIRE;
	return 0;
}

static int open_in_steps(struct loader *l, const struct loader_opts *opts, struct modules *modules,
			 struct btf *btf, struct err *ret_err)
{
	int err = plan(l, opts, modules, btf, ret_err);

	err = err ?: configure(l, opts, btf, ret_err);
	err = err ?: load(l, opts->filter, ret_err);
	return err ?: attach(l, ret_err);
}

/* With types of the kernel, which are freed. */
static int open_once(struct loader **ret_loader, const struct loader_opts *opts,
		     struct modules *modules, struct btf *btf, struct err *ret_err)
{
	struct loader *l = calloc(1, sizeof(*l));
	int err;

	if (!l) {
		btf__free(btf);
		return err_set(ret_err, -ENOMEM, "out of memory");
	}
	l->n_cpus = libbpf_num_possible_cpus();
	err = open_in_steps(l, opts, modules, btf, ret_err);
	btf__free(btf);
	malloc_trim(0);	/* all types of the kernel were in memory */
	if (err) {
		loader_close(l);
		return err;
	}
	*ret_loader = l;
	return 0;
}

/* Is that the error for functions that were there when they were chosen? */
static bool is_gone(int err)
{
	return err == -ENOENT || err == -ESRCH;
}

int loader_open(struct loader **ret_loader, const struct loader_opts *opts, struct err *ret_err)
{
	struct modules modules = { 0 };
	int err, tries = 0;
	struct btf *btf;

	ground_messages(opts->messages);
	err = privileges_check(ret_err);
	if (err)
		return err;
	do {
		err = ground_check(opts->verbose, &btf, ret_err);
		err = err ?: open_once(ret_loader, opts, &modules, btf, ret_err);
	} while (is_gone(err) && (modules_went(&modules) || ++tries < OPEN_TRIES));
	if (!err)
		privileges_say();
	return err;
}

int loader_fd(const struct loader *l)
{
	return ring_buffer__epoll_fd(l->ring);
}

int loader_take(struct loader *l, size_t max, loader_event_fn fn, void *ctx)
{
	int err;

	l->fn = fn;
	l->fn_ctx = ctx;
	l->n = 0;
	l->max = max;
	err = ring_buffer__consume(l->ring);
	return err < 0 && err != -ENOBUFS ? err : (int)l->n;
}

int loader_consume(struct loader *l, loader_event_fn fn, void *ctx)
{
	return loader_take(l, INT_MAX, fn, ctx);
}

__u64 loader_taken(const struct loader *l)
{
	return __atomic_load_n((const unsigned long *)l->positions, __ATOMIC_ACQUIRE);
}

__u64 loader_written(const struct loader *l)
{
	const char *at = l->positions + sysconf(_SC_PAGESIZE);

	return __atomic_load_n((const unsigned long *)at, __ATOMIC_ACQUIRE);
}

__u32 loader_waits(const struct loader *l)
{
	return l->skel->bss->pf_page_offset && l->skel->bss->pf_lazy ? l->skel->bss->pf_sound_fs : 0;
}

int loader_totals(const struct loader *l, struct pf_totals *ret_totals)
{
	struct pf_totals t = {};
	struct pf_stats *per_cpu = calloc(l->n_cpus, sizeof(*per_cpu));
	__u64 *sum = (__u64 *)&t.stats;
	struct pf_gauge gauge;
	__u32 zero = 0;
	int err = 0;

	if (!per_cpu)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.stats), &zero, per_cpu) ||
	    bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.free_flights), &zero, &gauge))
		err = -errno;
	for (int cpu = 0; cpu < l->n_cpus && !err; cpu++)
		for (size_t i = 0; i < sizeof(t.stats) / sizeof(*sum); i++)
			sum[i] += ((__u64 *)&per_cpu[cpu])[i];
	free(per_cpu);
	if (err)
		return err;
	t.stats.count[PF_C_mapping_missed] += l->mappings_missed;
	t.in_flight = gauge.used;
	t.conns = l->skel->bss->pf_conns_now;
	programs_missed(&l->programs, &t);
	t.refused_user = l->skel->bss->pf_refused_user;
	*ret_totals = t;
	return 0;
}

void loader_cost(const struct loader *l, __u64 *ret_runs, __u64 *ret_ns)
{
	programs_cost(&l->programs, ret_runs, ret_ns);
}

int loader_sweep(struct loader *l, bool last)
{
	l->mappings_missed += doubts_check(l->skel->bss->pf_doubts,
					   bpf_map__fd(l->skel->maps.mapped), last);
	l->skel->bss->pf_linger_no_more = last;
	/* The kernel side counts them, so a look costs nothing. */
	if (!*(volatile __u32 *)&l->skel->bss->pf_lingering_conns)
		return 0;
	return programs_run_on_demand(&l->programs);
}

void loader_exposed(struct loader *l, void (*fn)(void *ctx, const struct pf_exposed *e), void *ctx)
{
	exposed_take(l->skel->bss->pf_exposed, fn, ctx);
}

int loader_content(const struct loader *l)
{
	return l->skel->bss->pf_page_offset ?
	       hooks_content(l->programs.hooks, hooks_n, l->skel->rodata->cfg.content) :
	       PF_CONTENT_OFF;
}

const struct hook *loader_hooks(const struct loader *l, size_t *ret_n)
{
	*ret_n = hooks_n;
	return l->programs.hooks;
}

const struct bpf_object *loader_object(const struct loader *l)
{
	return l->skel->obj;
}

const struct pf_config *loader_config(const struct loader *l)
{
	return &l->skel->rodata->cfg;
}

void loader_close(struct loader *l)
{
	if (!l)
		return;
	programs_close(&l->programs);
	if (l->positions)
		munmap((void *)l->positions, 2 * sysconf(_SC_PAGESIZE));
	ring_buffer__free(l->ring);
	pageflight__destroy(l->skel);
	free(l);
}
