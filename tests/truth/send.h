/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* send - hands a range of a file to a socket by reference. */
#ifndef TRUTH_SEND_H
#define TRUTH_SEND_H

#include "file.h"

void send_init(void);
void send_range(enum sender how, int sock, const struct file *f, const struct plan_range *r);

/* Prepare the socket, before the first range. */
void send_prepare(enum sender how, int sock);

#endif
