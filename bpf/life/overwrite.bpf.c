// SPDX-License-Identifier: GPL-2.0-only
/* overwrite.bpf.c - see walk.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "overwrite.bpf.h"

__noinline int walk_before(struct walk *k, struct pf_write *w)
{
	struct stride s = { .k = k, .w = w };

	if (!k || !w)
		return 0;
	bpf_loop(WALK_STEPS, on_walk_before, &s, 0);
	return 0;
}

__noinline int walk_after(struct walk *k, struct pf_write *w)
{
	struct stride s = { .k = k, .w = w };

	if (!k || !w)
		return 0;
	bpf_loop(WALK_STEPS, on_walk_after, &s, 0);
	return 0;
}
