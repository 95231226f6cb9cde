/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * plan - what a kernel that does not run here would give, by its types alone. Whether
 * a hook can be attached there, and is called, they do not tell.
 */
#ifndef PAGEFLIGHT_PLAN_H
#define PAGEFLIGHT_PLAN_H

#define PLAN_LACKS 4

struct err;
struct hook;

struct plan {
	struct hook *hooks;			/* hooks_n of them, none tried */
	const char *lacks[PLAN_LACKS];		/* helpers that are necessary; NULL: no more */
};

/*
 * Plan for the kernel whose types are in a file: what /sys/kernel/btf/vmlinux is, or an ELF
 * file that has them. Types of its modules are looked for beside it, each in a file of the
 * module's name. On success the plan is to be freed. Returns 0 or -errno.
 */
int plan_read(struct plan *ret_plan, const char *path, struct err *ret_err);

/* NULL hooks are allowed. */
void plan_free(struct plan *plan);

#endif
