/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * hooks - the table of roles and their candidates, newest first. The running
 * kernel is probed for what it has, never asked for its version.
 */
#ifndef PAGEFLIGHT_HOOKS_H
#define PAGEFLIGHT_HOOKS_H

#include <stdbool.h>
#include <stddef.h>

#include "pageflight.h"

enum hook_method {
	HOOK_FENTRY,
	HOOK_FEXIT,
	HOOK_TP_BTF,
	HOOK_ITER,
};

/* When an iterator runs. */
enum hook_run {
	HOOK_RUN_NEVER,		/* the program is no iterator */
	HOOK_RUN_AT_START,	/* once it is attached: it shows what was there before us */
	HOOK_RUN_EVERYWHERE,	/* the same, in each network namespace */
	HOOK_RUN_ASIDE,		/* the same, if that takes no longer than a second */
	HOOK_RUN_ON_DEMAND,	/* at start, and for each loader_sweep() */
	HOOK_RUN_FOR_MEMMAP,	/* once for each guess where the kernel keeps struct page */
};

enum hook_state {
	HOOK_UNTRIED,	/* the kernel has it, and nobody has tried to attach it */
	HOOK_ATTACHED,
	HOOK_ABSENT,	/* the kernel has no such function or tracepoint, or one that takes
			 * something else; see why_absent */
	HOOK_NOT_NEEDED,/* a newer candidate is in use, or the program adds nothing here */
	HOOK_FAILED,	/* present, but it could not be attached; see err */
};

/*
 * One program. Rows with the same role and the same blind_without show the
 * same thing; hooks_tie() says how two of them belong together.
 */
struct hook {
	const char *program;		/* BPF program */
	const char *role;		/* "attach", "ack", ... as in the documentation */
	const char *symbol;		/* kernel function or tracepoint; what an iterator visits */
	const char *module;		/* module that may have it; NULL: the kernel itself */
	const char *param;		/* a parameter that the function must have; or NULL */
	const char *takes;		/* structures that its first parameters must point to, in
					 * order, between blanks; "-" is one that is not read */
	const char *map;		/* the map that an iterator visits; or NULL */
	const char *blind_without;	/* what is not seen without it */
	enum hook_method method;
	enum hook_run run;		/* of an iterator */
	int content;			/* enum pf_content: not needed in lesser modes */
	int group;			/* the lowest whole group is used; 0: goes with any */
	bool required;			/* without any candidate for this there is no session */
	bool spares;			/* it saves work: nothing is missed without it */
	bool second;			/* a copy that acts where the first one was skipped */
	bool skips_ignored;		/* skipped invocations are not counted as loss: without this
					 * program a verdict is only less certain */

	enum hook_state state;
	int err;			/* -errno of HOOK_FAILED */
	char why_absent[80];		/* HOOK_ABSENT: empty if the kernel lacks the function alone */
};

/* The table, and its rows. */
extern const struct hook hook_table[];
extern const size_t hooks_n;

/*
 * Has the kernel, or the module, what the hook is for, in the form that the program
 * reads? If not, the callback may say why in why_absent.
 */
typedef bool (*hook_exists_fn)(void *ctx, struct hook *h);

/*
 * Copy the table and choose. Of each role the newest group whose every program
 * has its target stays HOOK_UNTRIED, unless the content mode needs none.
 * ret_hooks has room for hooks_n.
 */
void hooks_plan(struct hook *ret_hooks, int content, hook_exists_fn exists, void *ctx);

/* Leave the second copies out, for a kernel that never skips a program. */
void hooks_stand_once(struct hook *hooks, size_t n);

/*
 * A required hook that no program serves or may yet serve, if possible one that
 * failed; NULL if there is none.
 */
const struct hook *hooks_missing(const struct hook *hooks, size_t n);

/* The same for hooks[i] and all that are tied to it; NULL too if a row before has the answer. */
const struct hook *hooks_missing_at(const struct hook *hooks, size_t n, size_t i);

/*
 * What is not seen for want of hooks[i] and all that are tied to it: the hook to blame. NULL
 * if it is seen, if a row before has the answer, or if without it there is no session.
 */
const struct hook *hooks_blind(const struct hook *hooks, size_t n, size_t i);

/*
 * The sharpest content mode up to `most` that hooks allow which are attached, or will be. In
 * mode wire a transmission that no program sees would pass for one that was not made.
 */
int hooks_content(const struct hook *hooks, size_t n, int most);

/* Why a hook is not in use; empty if it is. */
const char *hook_why_not(const struct hook *h);

/* How two rows belong together. */
enum hook_tie {
	HOOK_APART,	/* each shows something of its own */
	HOOK_RIVALS,	/* they show the same, by other means: one of them is enough */
	HOOK_PARTNERS,	/* neither is of use without the other */
};

enum hook_tie hooks_tie(const struct hook *a, const struct hook *b);

/* Names of the roles whose skipped invocations are counted apart, and the role of a program. */
extern const char *const hook_roles[];
enum pf_role hook_role(const struct hook *h);

/*
 * Add the skipped invocations that are losses, in all and by role. skips: how often the
 * kernel skipped each program.
 */
void hooks_count_missed(const struct hook *hooks, size_t n, const __u64 *skips,
			struct pf_totals *totals);

/* Why a hook of state HOOK_FAILED failed. */
const char *hook_error(const struct hook *h);

const char *hook_method_name(enum hook_method method);
const char *hook_state_name(enum hook_state state);

#endif
