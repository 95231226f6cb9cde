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
	HOOK_NOT_NEEDED,/* a newer candidate of the role is in use */
	HOOK_FAILED,	/* present, but could not be attached; see err */
};

/* One candidate. Rows of one role stand together. */
struct hook {
	const char *role;	/* "attach", "ack", ... as in the documentation */
	const char *method;	/* "fentry", "fexit", "tp_btf" */
	const char *symbol;	/* kernel function or tracepoint */
	const char *module;	/* module that may have it; NULL: the kernel itself */
	const char *param;	/* a parameter it must have, where its meaning changed; or NULL */
	const char *sees;	/* what is not seen without it */
	enum hook_need need;
	int group;		/* candidates of one role and group go together */
	enum hook_state state;
	int err;		/* -errno of HOOK_FAILED */
};

const char *hook_state_name(enum hook_state state);

#endif
