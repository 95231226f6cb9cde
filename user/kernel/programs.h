/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * programs - the programs of the BPF object, each with its row of the hook
 * table: which are loaded, attached and run, and how often the kernel skipped
 * one. A part of the loader.
 */
#ifndef PAGEFLIGHT_PROGRAMS_H
#define PAGEFLIGHT_PROGRAMS_H

#include <stddef.h>
#include <linux/types.h>

#include "pageflight.h"

struct bpf_link;
struct bpf_object;
struct btf;
struct err;
struct hook;
struct modules;
struct pf_memmap;

struct programs {
	struct bpf_object *obj;
	struct hook *hooks;		/* hooks_n of them, and as many: */
	struct bpf_link **links;
	int *fds;			/* of those whose skipped invocations are counted; else 0 */
	__u64 *skips;			/* how often each was skipped */
};

/* Variables of the object by which it is told where the kernel keeps struct page. */
struct programs_memmap {
	struct pf_memmap *ask;
	__u64 *page_offset;		/* 0: not known */
	__u64 *vmemmap;
	size_t struct_page_size;
};

/* Choose by what the kernel and its modules have. Only the chosen programs will be loaded. */
int programs_plan(struct programs *p, int content, struct modules *modules, struct btf *btf,
		  struct err *ret_err);
void programs_choose(struct programs *p, struct bpf_object *obj);

/*
 * Attach what was chosen. A program that cannot be attached is noted in its
 * row; it is an error only if something required has no program left.
 */
int programs_attach(struct programs *p, const struct programs_memmap *memmap,
		    struct err *ret_err);

/* Run the iterators that wait for it. */
int programs_run_on_demand(const struct programs *p);

/* Fill in the skipped invocations that are losses, in all and by role. */
void programs_missed(const struct programs *p, struct pf_totals *ret_totals);

/* Invocations of all programs, and the time inside of them, while the kernel measured that. */
void programs_cost(const struct programs *p, __u64 *ret_runs, __u64 *ret_ns);

/* What was never planned is allowed. */
void programs_close(struct programs *p);

#endif
