/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * senders - on which connections the kernel sends, and by which call chain it
 * came to. Pure.
 */
#ifndef PAGEFLIGHT_SENDERS_H
#define PAGEFLIGHT_SENDERS_H

#include "wire.h"

struct senders;

#define SENDERS_MAX 1024u

/* 0 or -ENOMEM. */
int senders_new(struct senders **ret_senders);

/* Remember a checked record. Of more than SENDERS_MAX the one not asked for longest goes. */
void senders_add(struct senders *s, const struct pf_ev_sender *ev);

/* The record of a connection; NULL if it is not known. Valid until the next senders_add(). */
const struct pf_ev_sender *senders_find(struct senders *s, __u64 conn);

/* NULL is allowed. */
void senders_free(struct senders *s);

#endif
