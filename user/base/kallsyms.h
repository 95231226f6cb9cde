/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ksyms - the kernel's functions by address, as /proc/kallsyms has them, and
 * what a call chain of them tells. Pure: works on text.
 */
#ifndef PAGEFLIGHT_KSYMS_H
#define PAGEFLIGHT_KSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <linux/types.h>

struct ksyms;

/* "ffffffffc0169484 t name\t[module]" */
struct ksyms_line {
	__u64 address;
	char type;		/* as of nm(1) */
	const char *name;	/* this and module point into the line */
	const char *module;	/* NULL for the kernel itself */
};

/* Take a line of /proc/kallsyms apart, in place. False if it is none, or the address is hidden. */
bool ksyms_parse(char *line, struct ksyms_line *ret_line);

/* Where an address lies. Valid as long as the table. */
struct ksym {
	const char *name;
	const char *module;	/* "" for the kernel itself */
	__u64 offset;
};

/*
 * Read all of /proc/kallsyms. -ENOENT if it names no function, as when
 * addresses are hidden; else 0 or -errno.
 */
int ksyms_read(struct ksyms **ret_ksyms, FILE *in);

/* The function that an address lies in; false if none can be told. */
bool ksyms_find(const struct ksyms *k, __u64 address, struct ksym *ret_sym);

#define KSYMS_TEXT_LEN 192

/*
 * A return address for people, "symbol+0x1f" or "symbol+0x1f [module]"; digits
 * alone if nothing is known of it. No table (NULL) knows nothing.
 */
char *ksyms_text(char buf[KSYMS_TEXT_LEN], const struct ksyms *k, __u64 address);

/*
 * The module that a call chain of n return addresses, innermost first, works
 * for: the innermost that does not merely carry what others give it. NULL if
 * there is none.
 */
const char *ksyms_module(const struct ksyms *k, const __u64 *stack, size_t n);

/* NULL is allowed. */
void ksyms_free(struct ksyms *k);

#endif
