/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* file - the files that flows send: one on each file system. Each flow has a new one. */
#ifndef TRUTH_FILE_H
#define TRUTH_FILE_H

#include "plan.h"

struct file {
	int fd;
	int direct;		/* the same with O_DIRECT, or without where there is none */
	int source;		/* another file, with O_DIRECT, on a disk */
	uint8_t *map;		/* all of it, shared; NULL: not mapped yet */
	uint8_t *buffer;	/* private memory of the same size, for a zerocopy sender */
	uint8_t *model;		/* what the file holds, as far as the plan knows */
};

/* Make the file systems and the files. */
void file_init(void);

/*
 * Make the flow's file, fill it with the first version, and leave its pages dirty or clean, as
 * planned. It is mapped if the flow stores to it, in half of these flows not before that.
 */
struct file *file_fresh(const struct plan *p);

/* Map the file, if that is not done yet. */
void file_map(struct file *f);

#endif
