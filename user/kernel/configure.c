// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* configure.c - see configure.h. */
#include "configure.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "features.h"
#include "filter.h"
#include "loader.h"
#include "preempt.h"
#include "sizing.h"

#define RING_BYTES (4u << 20)
#define PER_USER 1024			/* flights of one user that a write reports at once */
#define ANSWERS_MAX 16384		/* files whose place is remembered */
#define STRUCT_PAGE_SIZE 64		/* where the kernel's types do not say */

static unsigned long long memory_bytes(void)
{
	return (unsigned long long)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
}

static int set_entries(struct bpf_object *obj, const char *name, unsigned int n)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, name);

	return map ? bpf_map__set_max_entries(map, n) : -ENOENT;
}

/* The pool is one element that holds all flights. */
static int set_pool(struct bpf_object *obj, unsigned int flights)
{
	struct bpf_map *map = bpf_object__find_map_by_name(obj, "flights");

	return map ? bpf_map__set_value_size(map, flights * PF_FLIGHT_BYTES) : -ENOENT;
}

static int size_maps(struct bpf_object *obj, const struct sizing *n,
		     const struct loader_opts *opts)
{
	int err = set_pool(obj, n->flights);

	err = err ?: set_entries(obj, "buckets", n->buckets);
	err = err ?: set_entries(obj, "conns", n->conns + 1);
	err = err ?: set_entries(obj, "free_conns", n->conns);
	err = err ?: set_entries(obj, "socks", n->socks);
	err = err ?: set_entries(obj, "readers", n->readers);
	err = err ?: set_entries(obj, "streams", n->readers);
	if (opts->content == PF_CONTENT_OFF)
		err = err ?: set_entries(obj, "originals", 1);
	return err ?: set_entries(obj, "events", opts->ring_bytes ? opts->ring_bytes : RING_BYTES);
}

void configure_kernel(struct pf_config *ret_cfg, const struct btf *btf)
{
	int page = btf__find_by_name_kind(btf, "page", BTF_KIND_STRUCT);

	*ret_cfg = (struct pf_config){
		.direct = btf__find_by_name_kind(btf, "bpf_rdonly_cast", BTF_KIND_FUNC) > 0,
		.huge_index = kernel_has_huge_index(btf),
		.page_shift = __builtin_ctzl(sysconf(_SC_PAGESIZE)),
		.struct_page_size = page > 0 ? btf__type_by_id(btf, page)->size : STRUCT_PAGE_SIZE,
	};
}

int configure_sizes(struct bpf_object *obj, struct pf_config *ret_cfg,
		    const struct loader_opts *opts, const struct btf *btf)
{
	struct sizing n;
	int err;

	err = sizing_for(&n, opts->max_pages, opts->max_conns, memory_bytes());
	if (err)
		return err;
	configure_kernel(ret_cfg, btf);
	ret_cfg->flight_mask = n.flights - 1;
	ret_cfg->max_flights = n.pages;
	ret_cfg->bucket_mask = n.buckets - 1;
	ret_cfg->max_conns = n.conns;
	ret_cfg->content = opts->content;
	ret_cfg->sample = opts->sample ? opts->sample : 1;
	ret_cfg->audit = opts->audit;
	ret_cfg->per_user = opts->per_user ? opts->per_user : PER_USER;
	ret_cfg->atomic = preempt_possible() && kernel_has_atomic(btf);
	return size_maps(obj, &n, opts);
}

int configure_filter(struct bpf_object *obj, struct pf_filter *ret_filter,
		     const struct filter *filter)
{
	int err;

	if (!filter)
		return 0;
	*ret_filter = filter->spec;
	if (!filter->spec.n_paths)
		return 0;
	err = set_entries(obj, "places", filter->n_places);
	return err ?: set_entries(obj, "answers", ANSWERS_MAX);
}

int configure_filter_maps(const struct bpf_object *obj, const struct filter *filter)
{
	int cgroups = bpf_object__find_map_fd_by_name(obj, "cgroups");
	int places = bpf_object__find_map_fd_by_name(obj, "places");
	__u32 one = 1;

	for (__u32 i = 0; filter && i < filter->spec.n_cgroups; i++)
		if (bpf_map_update_elem(cgroups, &i, &filter->cgroup_fds[i], BPF_ANY))
			return -errno;
	for (__u32 i = 0; filter && i < filter->n_places; i++)
		if (bpf_map_update_elem(places, &filter->places[i], &one, BPF_ANY))
			return -errno;
	return 0;
}
