/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* modules - what is loaded into the running kernel. */
#ifndef PAGEFLIGHT_MODULES_H
#define PAGEFLIGHT_MODULES_H

#include <stdbool.h>

/* Is this module loaded, or a part of the kernel? */
bool kernel_has_module(const char *name);

/* How many modules are loaded that have types. */
unsigned int kernel_module_types(void);

#endif
