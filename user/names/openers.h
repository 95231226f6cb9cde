/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * openers - who could change a file: processes that have it open for writing, or mapped
 * shared and writable. No file system is asked, and nobody waits for a look: it goes on in a
 * thread of its own.
 */
#ifndef PAGEFLIGHT_OPENERS_H
#define PAGEFLIGHT_OPENERS_H

#include <stdbool.h>
#include <stddef.h>
#include "wire.h"

struct opener {
	__u32 pid;
	bool open, mapped;
	char comm[PF_COMM_LEN];
};

#define OPENERS_MAX 8		/* of one file */
#define OPENERS_FILES 64	/* of one look */

struct openers_file {
	__u64 dev, ino;			/* as the kernel side has them */
	struct opener at[OPENERS_MAX];
	size_t n;
	bool cut;			/* there may be more */
};

/* What one look may take. What is left then is not looked at. */
struct openers_limits {
	__u64 ns;		/* of time */
	unsigned int lines;	/* descriptors and lines of /proc/PID/maps */
};

struct openers;

/* Look at the running machine, or below a directory like /proc. 0 or -errno. */
int openers_new(struct openers **ret_openers);
int openers_new_in(struct openers **ret_openers, const char *proc, const struct openers_limits *limits);

/*
 * Begin a look for at most OPENERS_FILES files; of each, dev and ino are filled in. False if
 * one is under way, or if looks have taken their twentieth of the time.
 */
bool openers_ask(struct openers *o, const struct openers_file *files, size_t n);

/*
 * The files of the look that is over, whose answer is taken once; NULL if there is none. It
 * is valid until the next openers_ask().
 */
const struct openers_file *openers_answer(struct openers *o, size_t *ret_n);

/* Let the look that is under way end within this time, with what it has found, and wait for it. */
void openers_wait(struct openers *o, __u64 ns);

/* NULL is allowed. */
void openers_free(struct openers *o);

#endif
