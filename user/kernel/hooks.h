/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * hooks - the table of roles and their candidates, newest first. What is used
 * is decided by probing the running kernel, never by its version.
 */
#ifndef PAGEFLIGHT_HOOKS_H
#define PAGEFLIGHT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

enum hook_need {
	HOOK_REQUIRED,	/* a role without any working candidate: nothing can be said */
	HOOK_OPTIONAL,	/* something is not seen; said at start */
};

enum hook_state {
	HOOK_UNTRIED,
	HOOK_ATTACHED,
	HOOK_ABSENT,	/* the kernel has no such function or tracepoint */
	HOOK_NOT_NEEDED,/* a newer candidate of the role is in use, or it adds nothing here */
	HOOK_FAILED,	/* present, but could not be attached; see err */
};

/* One candidate. Rows of one role stand together. */
struct hook {
	const char *program;	/* BPF program */
	const char *role;	/* "attach", "ack", ... as in the documentation */
	const char *method;	/* "fentry", "fexit", "tp_btf", "iter" */
	const char *symbol;	/* kernel function or tracepoint */
	const char *module;	/* module that may have it; NULL: the kernel itself */
	const char *param;	/* a parameter it must have, where its meaning changed; or NULL */
	const char *sees;	/* what is not seen without it */
	enum hook_need need;
	int group;		/* candidates of one role and group go together */
	bool spare;		/* a run that the kernel skips leaves a verdict open, not wrong */
	int content;		/* enum pf_content: not needed in lesser modes */
	enum hook_state state;
	int err;		/* -errno of HOOK_FAILED */
};

#define HOOKS_MAX 48

/* Has the kernel, or the module, what the hook is for? */
typedef bool (*hook_exists_fn)(void *ctx, const struct hook *h);

/*
 * Copy the table and choose: of each role the newest group whose every program
 * has its target stays HOOK_UNTRIED, unless the content mode needs none.
 * Returns the number of hooks.
 */
size_t hooks_plan(struct hook ret_hooks[HOOKS_MAX], int content, hook_exists_fn exists, void *ctx);

/* Without those that stand a second time, where no program is ever skipped. */
void hooks_stand_once(struct hook *hooks, size_t n);

/* A required hook for which nothing is attached or still to be tried; NULL if all is well. */
const struct hook *hooks_missing(const struct hook *hooks, size_t n);

/* Is one of them of no use without the other? */
bool hooks_stand_together(const struct hook *a, const struct hook *b);

const char *hook_state_name(enum hook_state state);

#endif
