/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * modules - those that have functions to hook, and which of them go while pageflight starts.
 * One whose function is hooked stays. Until then it can go at any time, and come again.
 */
#ifndef PAGEFLIGHT_MODULES_H
#define PAGEFLIGHT_MODULES_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct modules {
	struct module {
		const char *name;
		__u64 number;		/* of the one that was chosen; 0: none */
		unsigned int went;	/* how often it went */
	} module[16];
	size_t n;
};

/*
 * May functions of this module be hooked? The module is then one that was chosen. If they may
 * not, ret_why is set; it is empty if the module is a part of the kernel. The name is kept.
 */
bool modules_choose(struct modules *m, const char *name, const char **ret_why);

/*
 * Has one gone that was chosen? After that none is chosen any more. Each can go so often before
 * it may not be hooked that a start comes to its end, and one that was loaded anew is hooked.
 */
bool modules_went(struct modules *m);

/* Is this module loaded, or a part of the kernel? */
bool kernel_has_module(const char *name);

/* How many modules are loaded that have types. */
unsigned int kernel_module_types(void);

#endif
