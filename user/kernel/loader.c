// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * loader.c - the BPF object from open to close. The only file that sees the
 * skeleton.
 *
 * Programs are chosen before load by looking their targets up in the kernel's
 * type information. That is necessary, not sufficient: what then cannot be
 * attached is reported, and ends the matter only if its role is required.
 */
#include "loader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "filter.h"
#include "hooks.h"
#include "features.h"
#include "memmap.h"
#include "pageflight.skel.h"
#include "preempt.h"
#include "sizing.h"

#define RING_BYTES (4u << 20)
#define ANSWERS_MAX 16384		/* files whose place is remembered */

struct loader {
	struct pageflight *skel;
	struct ring_buffer *ring;
	struct hook *hooks;		/* hooks_n of them, and of each: */
	struct bpf_link **links;
	int *counted;			/* programs whose skipped invocations are losses */
	size_t n_counted;
	loader_event_fn fn;
	void *fn_ctx;
	int n_cpus;
};

static bool verbose;	/* libbpf's print callback takes no context */

static int on_libbpf_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (!verbose || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

static int check_helpers(const struct btf *btf, struct err *ret_err)
{
	const char *lacks = kernel_lacks(btf);
	struct utsname u;

	uname(&u);
	return lacks ? err_set(ret_err, -EOPNOTSUPP, "kernel %s is too old: it has no %s; Linux 6.1 or later is needed",
			    u.release, lacks) : 0;
}

static int check_required(const struct loader *l, struct err *ret_err)
{
	const struct hook *h = hooks_missing(l->hooks, hooks_n);

	if (!h)
		return 0;
	return err_set(ret_err, h->err ? h->err : -EOPNOTSUPP,
		    "this kernel gives no hook for %s: %s/%s %s%s%s; nothing can be said without it",
		    h->role, hook_method_name(h->method), h->symbol,
		    h->state == HOOK_ABSENT ? "does not exist" : "cannot be attached",
		    h->err ? ": " : "", h->err ? strerror(-h->err) : "");
}

static int size_maps(struct loader *l, const struct loader_opts *opts, const struct btf *btf)
{
	unsigned long long memory = (unsigned long long)sysconf(_SC_PHYS_PAGES) *
				    sysconf(_SC_PAGESIZE);
	int id = btf__find_by_name_kind(btf, "page", BTF_KIND_STRUCT), err;
	struct pageflight *s = l->skel;
	struct room room;

	err = room_for(&room, opts->max_pages, opts->max_conns, memory);
	if (err)
		return err;
	s->rodata->cfg.flight_mask = room.flights - 1;
	s->rodata->cfg.max_flights = room.pages;
	s->rodata->cfg.bucket_mask = room.buckets - 1;
	s->rodata->cfg.content = opts->content;
	s->rodata->cfg.sample = opts->sample ? opts->sample : 1;
	s->rodata->cfg.max_conns = room.conns;
	s->rodata->cfg.direct = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0;
	s->rodata->cfg.page_shift = __builtin_ctzl(sysconf(_SC_PAGESIZE));
	s->rodata->cfg.struct_page_size = id > 0 ? btf__type_by_id(btf, id)->size : 64;

	err = bpf_map__set_value_size(s->maps.flights, room.flights * PF_FLIGHT_BYTES);
	err = err ?: bpf_map__set_max_entries(s->maps.buckets, room.buckets);
	err = err ?: bpf_map__set_max_entries(s->maps.conns, room.conns + 1);
	err = err ?: bpf_map__set_max_entries(s->maps.free_conns, room.conns);
	err = err ?: bpf_map__set_max_entries(s->maps.socks, room.socks);
	err = err ?: bpf_map__set_max_entries(s->maps.readers, room.readers);
	if (opts->content == PF_CONTENT_OFF)
		err = err ?: bpf_map__set_max_entries(s->maps.originals, 1);
	err = err ?: bpf_map__set_max_entries(s->maps.events,
					      opts->ring_bytes ? opts->ring_bytes : RING_BYTES);
	return err;
}

/* Without a filter all its values are 0, and its code goes. */
static int set_filter(struct loader *l, const struct filter *f)
{
	struct pageflight *s = l->skel;
	int err;

	if (!f)
		return 0;
	memcpy(&s->rodata->filter, &f->wire, sizeof(f->wire));
	if (!f->wire.n_paths)
		return 0;
	err = bpf_map__set_max_entries(s->maps.places, f->n_places);
	return err ?: bpf_map__set_max_entries(s->maps.answers, ANSWERS_MAX);
}

/* The values that are no numbers; the maps are there by now. */
static int fill_filter(struct loader *l, const struct filter *f)
{
	int cgroups = bpf_map__fd(l->skel->maps.cgroups);
	int places = bpf_map__fd(l->skel->maps.places);
	__u32 one = 1, i;

	for (i = 0; f && i < f->wire.n_cgroups; i++)
		if (bpf_map_update_elem(cgroups, &i, &f->cgroup_fds[i], BPF_ANY))
			return -errno;
	for (i = 0; f && i < f->n_places; i++)
		if (bpf_map_update_elem(places, &f->places[i], &one, BPF_ANY))
			return -errno;
	return 0;
}

static void choose_programs(struct loader *l)
{
	for (size_t i = 0; i < hooks_n; i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(l->skel->obj,
									 l->hooks[i].program);

		bpf_program__set_autoload(p, l->hooks[i].state == HOOK_UNTRIED);
	}
}

static int load(struct loader *l, struct err *ret_err)
{
	int ret = pageflight__load(l->skel);

	if (ret == -EPERM)
		return err_set(ret_err, -EPERM, "the kernel refuses BPF programs: run as root (CAP_BPF, CAP_PERFMON), with lockdown off");
	if (ret == -ENOMEM)
		return err_set(ret_err, ret, "not enough memory for the maps: lower --max-pages or --max-conns");
	if (ret)
		return err_set(ret_err, ret, "the kernel rejects the BPF programs: %s (-v shows its log)",
			    strerror(-ret));
	return 0;
}

/* A hook that failed takes with it what is of no use without it. */
static void drop_halves(struct loader *l)
{
	for (size_t i = 0; i < hooks_n; i++) {
		for (size_t k = 0; k < hooks_n && l->hooks[i].state == HOOK_FAILED; k++) {
			struct hook *h = &l->hooks[k];

			if (h->state != HOOK_ATTACHED ||
			    hooks_tie(&l->hooks[i], h) != HOOK_PARTNERS)
				continue;
			bpf_link__destroy(l->links[k]);
			l->links[k] = NULL;
			h->state = HOOK_FAILED;
			h->err = l->hooks[i].err;
		}
	}
}

static int run_iterator(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link)), err = 0;
	char nothing[64];
	ssize_t n;

	if (fd < 0)
		return -errno;
	do {
		n = read(fd, nothing, sizeof(nothing));
	} while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	if (n < 0)
		err = -errno;
	close(fd);
	return err;
}

struct memmap_run {
	struct loader *l;
	const struct bpf_link *link;
};

/* Let the kernel side look at our page as this memory map has it. */
static int try_memmap(void *ctx, const struct memmap_guess *guess, __u64 *ret_fp)
{
	const struct memmap_run *run = ctx;
	struct pageflight__bss *bss = run->l->skel->bss;
	int err;

	bss->pf_memmap.tgid = getpid();
	bss->pf_memmap.fd = guess->fd;
	bss->pf_memmap.page_offset_at = guess->indirect ? guess->map.page_offset : 0;
	bss->pf_memmap.vmemmap_at = guess->indirect ? guess->map.vmemmap : 0;
	bss->pf_page_offset = guess->indirect ? 0 : guess->map.page_offset;
	bss->pf_vmemmap = guess->indirect ? 0 : guess->map.vmemmap;
	bss->pf_memmap.fp = 0;
	err = run_iterator(run->link);
	*ret_fp = bss->pf_memmap.fp;
	return err;
}

/* Without it there are no fingerprints. */
static int find_memmap(struct loader *l, const struct bpf_link *link)
{
	struct memmap_run run = { l, link };
	int err = memmap_find(try_memmap, &run, l->skel->rodata->cfg.struct_page_size);

	if (err)
		l->skel->bss->pf_page_offset = 0;
	return err;
}

static struct bpf_link *link_program(struct loader *l, const struct hook *h)
{
	struct bpf_program *p = bpf_object__find_program_by_name(l->skel->obj, h->program);
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = { 0 };

	if (!h->map)
		return bpf_program__attach(p);
	info.map.map_fd = bpf_object__find_map_fd_by_name(l->skel->obj, h->map);
	opts.link_info = &info;
	opts.link_info_len = sizeof(info);
	return bpf_program__attach_iter(p, &opts);
}

static int attach_one(struct loader *l, size_t i)
{
	const struct hook *h = &l->hooks[i];

	l->links[i] = link_program(l, h);
	if (!l->links[i])
		return -errno;
	switch (h->run) {
	case HOOK_RUN_FOR_MEMMAP:
		return find_memmap(l, l->links[i]);
	case HOOK_RUN_AT_START:
	case HOOK_RUN_ON_DEMAND:
		return run_iterator(l->links[i]);
	case HOOK_RUN_NEVER:
		break;
	}
	return 0;
}

static void find_counted(struct loader *l)
{
	for (size_t i = 0; i < hooks_n; i++) {
		if (!hooks_skip_is_loss(l->hooks, hooks_n, i))
			continue;
		l->counted[l->n_counted++] = bpf_program__fd(
			bpf_object__find_program_by_name(l->skel->obj, l->hooks[i].program));
	}
}

static int attach(struct loader *l, struct err *ret_err)
{
	for (size_t i = 0; i < hooks_n; i++) {
		struct hook *h = &l->hooks[i];

		if (h->state != HOOK_UNTRIED)
			continue;
		h->err = attach_one(l, i);
		h->state = h->err ? HOOK_FAILED : HOOK_ATTACHED;
	}
	drop_halves(l);
	find_counted(l);
	return check_required(l, ret_err);
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct loader *l = ctx;

	l->fn(l->fn_ctx, data, size);
	return 0;
}

static int open_all(struct loader *l, const struct loader_opts *opts, struct btf *btf,
		    struct err *ret_err)
{
	int ret;

	ret = check_helpers(btf, ret_err);
	if (ret)
		return ret;
	l->hooks = calloc(hooks_n, sizeof(*l->hooks));
	l->links = calloc(hooks_n, sizeof(*l->links));
	l->counted = calloc(hooks_n, sizeof(*l->counted));
	if (!l->hooks || !l->links || !l->counted)
		return err_set(ret_err, -ENOMEM, "out of memory");
	hooks_plan(l->hooks, opts->content, kernel_has_hook, btf);
	if (!preempt_possible())
		hooks_stand_once(l->hooks, hooks_n);
	ret = check_required(l, ret_err);
	if (ret)
		return ret;
	l->skel = pageflight__open();
	if (!l->skel)
		return err_set(ret_err, -errno, "the BPF object does not open: %s", strerror(errno));
	ret = size_maps(l, opts, btf);
	if (ret)
		return err_set(ret_err, ret, "the maps cannot be sized: %s", strerror(-ret));
	ret = set_filter(l, opts->filter);
	if (ret)
		return err_set(ret_err, ret, "the filter cannot be set: %s", strerror(-ret));
	choose_programs(l);
	ret = load(l, ret_err);
	if (ret)
		return ret;
	ret = fill_filter(l, opts->filter);
	if (ret)
		return err_set(ret_err, ret, "the filter cannot be set: %s", strerror(-ret));
	l->ring = ring_buffer__new(bpf_map__fd(l->skel->maps.events), on_record, l, NULL);
	if (!l->ring)
		return err_set(ret_err, -errno, "the ring buffer does not open: %s", strerror(errno));
	return attach(l, ret_err);
}

int loader_open(struct loader **ret_loader, const struct loader_opts *opts,
		struct err *ret_err)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct loader *l;
	struct btf *btf;
	int ret;

	verbose = opts->verbose;
	libbpf_set_print(on_libbpf_print);
	if (kernel_is_locked_down())
		return err_set(ret_err, -EPERM, "kernel lockdown is in confidentiality mode, which forbids BPF tracing; boot without it");
	if (geteuid())
		return err_set(ret_err, -EPERM, "BPF tracing needs root (CAP_BPF and CAP_PERFMON): run it with sudo");
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return err_set(ret_err, -EOPNOTSUPP, "this kernel has no type information (/sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF");
	l = calloc(1, sizeof(*l));
	if (!l) {
		btf__free(btf);
		return err_set(ret_err, -ENOMEM, "out of memory");
	}
	l->n_cpus = libbpf_num_possible_cpus();
	setrlimit(RLIMIT_MEMLOCK, &unlimited);	/* before 5.11 maps counted against it */
	ret = open_all(l, opts, btf, ret_err);
	btf__free(btf);
	if (ret) {
		loader_close(l);
		return ret;
	}
	*ret_loader = l;
	return 0;
}

int loader_fd(const struct loader *l)
{
	return ring_buffer__epoll_fd(l->ring);
}

int loader_consume(struct loader *l, loader_event_fn fn, void *ctx)
{
	l->fn = fn;
	l->fn_ctx = ctx;
	return ring_buffer__consume(l->ring);
}

static unsigned long long missed_runs(const struct loader *l)
{
	unsigned long long n = 0;

	for (size_t i = 0; i < l->n_counted; i++) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);

		if (!bpf_obj_get_info_by_fd(l->counted[i], &info, &len))
			n += info.recursion_misses;
	}
	return n;
}

int loader_totals(const struct loader *l, struct loader_totals *ret_totals)
{
	struct loader_totals t = {};
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
	t.in_flight = gauge.used;
	t.conns = l->skel->bss->pf_conns_now;
	t.missed = missed_runs(l);
	*ret_totals = t;
	return 0;
}

int loader_sweep(const struct loader *l, bool last)
{
	l->skel->bss->pf_linger_no_more = last;
	/* The kernel side counts them; a look costs nothing. */
	if (!*(volatile __u32 *)&l->skel->bss->pf_lingering_conns)
		return 0;
	for (size_t i = 0; i < hooks_n; i++) {
		if (l->links[i] && l->hooks[i].run == HOOK_RUN_ON_DEMAND)
			return run_iterator(l->links[i]);
	}
	return 0;
}

int loader_content(const struct loader *l)
{
	return l->skel->bss->pf_page_offset ? (int)l->skel->rodata->cfg.content : PF_CONTENT_OFF;
}

const struct hook *loader_hooks(const struct loader *l, size_t *ret_n)
{
	*ret_n = hooks_n;
	return l->hooks;
}

void loader_close(struct loader *l)
{
	if (!l)
		return;
	for (size_t i = 0; l->links && i < hooks_n; i++)
		bpf_link__destroy(l->links[i]);
	ring_buffer__free(l->ring);
	pageflight__destroy(l->skel);
	free(l->hooks);
	free(l->links);
	free(l->counted);
	free(l);
}
