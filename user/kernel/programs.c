// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * programs.c - see programs.h.
 *
 * Programs are chosen before load by looking their targets up in the kernel's
 * type information. That is necessary, not sufficient: what then cannot be
 * attached is reported, and is an error only if it was required.
 */
#include "programs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "features.h"
#include "hooks.h"
#include "iterator.h"
#include "memmap.h"
#include "preempt.h"
#include "wire.h"

static struct bpf_program *program_of(const struct programs *p, const struct hook *h)
{
	return bpf_object__find_program_by_name(p->obj, h->program);
}

static int check_required(const struct programs *p, struct err *ret_err)
{
	const struct hook *h = hooks_missing(p->hooks, hooks_n);

	if (!h)
		return 0;
	return err_set(ret_err, h->err ? h->err : -EOPNOTSUPP,
		       "this kernel gives no hook for %s: %s/%s: %s; nothing can be said without it",
		       h->role, hook_method_name(h->method), h->symbol, hook_why_not(h));
}

int programs_plan(struct programs *p, int content, struct modules *modules, struct btf *btf,
		  struct err *ret_err)
{
	struct kernel_types types = { .vmlinux = btf, .modules = modules };

	p->hooks = calloc(hooks_n, sizeof(*p->hooks));
	p->links = calloc(hooks_n, sizeof(*p->links));
	p->fds = calloc(hooks_n, sizeof(*p->fds));
	p->skips = calloc(hooks_n, sizeof(*p->skips));
	if (!p->hooks || !p->links || !p->fds || !p->skips)
		return err_set(ret_err, -ENOMEM, "out of memory");
	hooks_plan(p->hooks, content, kernel_has_hook, &types);
	if (!preempt_possible())
		hooks_stand_once(p->hooks, hooks_n);
	return check_required(p, ret_err);
}

void programs_choose(struct programs *p, struct bpf_object *obj)
{
	p->obj = obj;
	for (size_t i = 0; i < hooks_n; i++)
		bpf_program__set_autoload(program_of(p, &p->hooks[i]),
					  p->hooks[i].state == HOOK_UNTRIED);
}

struct memmap_run {
	const struct programs_memmap *memmap;
	const struct bpf_link *link;
};

/* Let the kernel side look at our page as this memory map has it. */
static int try_memmap(void *ctx, const struct memmap_guess *guess, __u64 *ret_fp)
{
	const struct memmap_run *run = ctx;
	struct pf_memmap *ask = run->memmap->ask;
	int err;

	*ask = (struct pf_memmap){
		.tgid = getpid(),
		.fd = guess->fd,
		.page_offset_at = guess->indirect ? guess->map.page_offset : 0,
		.vmemmap_at = guess->indirect ? guess->map.vmemmap : 0,
	};
	*run->memmap->page_offset = guess->indirect ? 0 : guess->map.page_offset;
	*run->memmap->vmemmap = guess->indirect ? 0 : guess->map.vmemmap;
	err = iterator_run(run->link);
	*ret_fp = ask->fp;
	return err;
}

/* Without it there are no fingerprints. */
static int find_memmap(const struct programs_memmap *memmap, const struct bpf_link *link)
{
	struct memmap_run run = { memmap, link };
	int err = memmap_find(try_memmap, &run, memmap->struct_page_size);

	if (err)
		*memmap->page_offset = 0;
	return err;
}

static struct bpf_link *link_program(const struct programs *p, const struct hook *h)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = { 0 };

	if (!h->map)
		return bpf_program__attach(program_of(p, h));
	info.map.map_fd = bpf_object__find_map_fd_by_name(p->obj, h->map);
	opts.link_info = &info;
	opts.link_info_len = sizeof(info);
	return bpf_program__attach_iter(program_of(p, h), &opts);
}

static int attach_one(struct programs *p, size_t i, const struct programs_memmap *memmap)
{
	const struct hook *h = &p->hooks[i];

	p->links[i] = link_program(p, h);
	if (!p->links[i])
		return -errno;
	switch (h->run) {
	case HOOK_RUN_FOR_MEMMAP:
		return find_memmap(memmap, p->links[i]);
	case HOOK_RUN_AT_START:
	case HOOK_RUN_ON_DEMAND:
		return iterator_run(p->links[i]);
	case HOOK_RUN_EVERYWHERE:
		return iterator_run_everywhere(p->links[i]);
	case HOOK_RUN_ASIDE:
		return iterator_run_aside(p->links[i]);
	case HOOK_RUN_NEVER:
		break;
	}
	return 0;
}

/* A hook that failed takes with it what is of no use without it. */
static void drop_partners(struct programs *p, const struct hook *failed)
{
	for (size_t i = 0; i < hooks_n; i++) {
		struct hook *h = &p->hooks[i];

		if (h->state != HOOK_ATTACHED || hooks_tie(failed, h) != HOOK_PARTNERS)
			continue;
		bpf_link__destroy(p->links[i]);
		p->links[i] = NULL;
		h->state = HOOK_FAILED;
		h->err = failed->err;
	}
}

int programs_attach(struct programs *p, const struct programs_memmap *memmap, struct err *ret_err)
{
	for (size_t i = 0; i < hooks_n; i++) {
		struct hook *h = &p->hooks[i];

		if (h->state != HOOK_UNTRIED)
			continue;
		h->err = attach_one(p, i, memmap);
		h->state = h->err ? HOOK_FAILED : HOOK_ATTACHED;
		/* It says nothing about the hook, and more would fail in the same way. */
		if (h->err == -EMFILE || h->err == -ENFILE)
			return err_set(ret_err, h->err,
				       "too few file descriptors for the hooks: %s (ulimit -n)",
				       strerror(-h->err));
	}
	for (size_t i = 0; i < hooks_n; i++)
		if (p->hooks[i].state == HOOK_FAILED)
			drop_partners(p, &p->hooks[i]);
	for (size_t i = 0; i < hooks_n; i++)
		if (p->hooks[i].state == HOOK_ATTACHED && !p->hooks[i].skips_ignored)
			p->fds[i] = bpf_program__fd(program_of(p, &p->hooks[i]));
	return check_required(p, ret_err);
}

int programs_run_on_demand(const struct programs *p)
{
	int err = 0;

	for (size_t i = 0; i < hooks_n && !err; i++)
		if (p->links[i] && p->hooks[i].run == HOOK_RUN_ON_DEMAND)
			err = iterator_run(p->links[i]);
	return err;
}

void programs_missed(const struct programs *p, struct pf_totals *ret_totals)
{
	for (size_t i = 0; i < hooks_n; i++) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);

		/* One that cannot be asked was skipped as often as when it was asked last. */
		if (p->fds[i] && !bpf_obj_get_info_by_fd(p->fds[i], &info, &len))
			p->skips[i] = info.recursion_misses;
	}
	hooks_count_missed(p->hooks, hooks_n, p->skips, ret_totals);
}

void programs_cost(const struct programs *p, __u64 *ret_runs, __u64 *ret_ns)
{
	__u64 runs = 0, ns = 0;

	for (size_t i = 0; i < hooks_n; i++) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);

		if (p->hooks[i].state != HOOK_ATTACHED ||
		    bpf_obj_get_info_by_fd(bpf_program__fd(program_of(p, &p->hooks[i])), &info, &len))
			continue;
		runs += info.run_cnt;
		ns += info.run_time_ns;
	}
	*ret_runs = runs;
	*ret_ns = ns;
}

void programs_close(struct programs *p)
{
	for (size_t i = 0; p->links && i < hooks_n; i++)
		bpf_link__destroy(p->links[i]);
	free(p->links);
	free(p->hooks);
	free(p->fds);
	free(p->skips);
}
