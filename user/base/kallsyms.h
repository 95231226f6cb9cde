/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * kallsyms - the functions of the kernel by address, as /proc/kallsyms lists
 * them, and the module that a call chain works for. Pure: works on text.
 */
#ifndef PAGEFLIGHT_KALLSYMS_H
#define PAGEFLIGHT_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

struct kallsyms;

/* "ffffffffc0169484 t name\t[module]" */
struct kallsyms_line {
	__u64 address;
	char type;		/* as of nm(1) */
	const char *name;	/* this and module point into the line */
	const char *module;	/* NULL for the kernel itself */
};

/* Split a line of /proc/kallsyms in place. False if it has another form or hides the address. */
bool kallsyms_parse(char *line, struct kallsyms_line *ret_line);

/* A place in a function. Valid as long as the table. */
struct kallsym {
	const char *name;
	const char *module;	/* "" for the kernel itself */
	__u64 offset;
};

/*
 * Read all of /proc/kallsyms. -ENOENT if it names no function, as when
 * addresses are hidden; else 0 or -errno.
 */
int kallsyms_read(struct kallsyms **ret_kallsyms, FILE *in);

/*
 * Read /proc/modules, which says how large each module is. From then on an address behind the
 * end of a module is not its own: it may be of code without a symbol, as of a trampoline that was
 * made since the table was read. What is not said, or hidden, bounds nothing. 0 or -ENOMEM.
 */
int kallsyms_bound_modules(struct kallsyms *k, FILE *in);

/* Find no functions of modules until this is taken back: others may be there by now. */
void kallsyms_hide_modules(struct kallsyms *k, bool hide);

/* The function that an address lies in; false if it is in none that is known. */
bool kallsyms_find(const struct kallsyms *k, __u64 address, struct kallsym *ret_sym);

#define KALLSYMS_TEXT_LEN 192

/*
 * A return address for people, "symbol+0x1f" or "symbol+0x1f [module]"; digits
 * alone if it is in no known function, or if there is no table (NULL).
 */
char *kallsyms_text(char buf[KALLSYMS_TEXT_LEN], const struct kallsyms *k, __u64 address);

/*
 * The module that a call chain of n return addresses, innermost first, works
 * for: the innermost module that does not merely carry data for others (sunrpc,
 * tls), else the innermost of those. NULL if the chain has no module.
 */
const char *kallsyms_module(const struct kallsyms *k, const __u64 *stack, size_t n);

/*
 * How many addresses of such a chain come before those of the kernel: BPF programs, and the
 * trampolines that call them.
 */
size_t kallsyms_programs(const struct kallsyms *k, const __u64 *stack, size_t n);

/* NULL is allowed. */
void kallsyms_free(struct kallsyms *k);

#endif
