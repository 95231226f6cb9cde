/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * write - the writer: a thread that changes a flow's file. During write k of flow n
 * its name is w<n>.<k>, so an incident tells which write it is about.
 */
#ifndef TRUTH_WRITE_H
#define TRUTH_WRITE_H

#include "file.h"

void write_init(void);
void write_start(const struct plan *p, struct file *f, unsigned int k);
void write_join(void);		/* also brings the file's model up to date */

#define WRITE_NAME "w%u.%u"

#endif
