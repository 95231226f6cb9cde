/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * senders - the connections on which the kernel itself sends, and the call chain
 * that sent. Pure.
 */
#ifndef PAGEFLIGHT_SENDERS_H
#define PAGEFLIGHT_SENDERS_H

#include "wire.h"

struct senders;

#define SENDERS_MAX 1024u

/* 0 or -ENOMEM. */
int senders_new(struct senders **ret_senders);

/* Remember a checked record. If there are SENDERS_MAX, it replaces the least recently used. */
void senders_add(struct senders *s, const struct pf_ev_sender *ev);

/* The record of a connection, valid until the next senders_add(); NULL if there is none. */
const struct pf_ev_sender *senders_find(struct senders *s, __u64 conn);

/* NULL is allowed. */
void senders_free(struct senders *s);

#endif
