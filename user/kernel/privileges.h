/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * privileges - what this process may do. Capabilities count, and not the user.
 */
#ifndef PAGEFLIGHT_PRIVILEGES_H
#define PAGEFLIGHT_PRIVILEGES_H

#include <stdbool.h>
#include <linux/types.h>

struct err;

/* Is this, the text of the link /proc/self/ns/pid, the first pid namespace? */
bool privileges_first_pidns(const char *link);

/* 0, or -EPERM if one of these effective capabilities is necessary and missing. */
int privileges_judge(__u64 capabilities, struct err *ret_err);

/* What is lost without the i-th optional capability; NULL if it is there. *ret_end: no more. */
const char *privileges_loss(__u64 capabilities, unsigned int i, bool *ret_end);

/* Can this process observe at all? 0, or -errno and one line why not. */
int privileges_check(struct err *ret_err);

/* Say on stderr what is lost for want of a capability, one line each. */
void privileges_say(void);

/* The same of a look into the queues of sockets, as privileges_loss() and privileges_say(). */
const char *privileges_look_loss(__u64 capabilities, unsigned int i, bool *ret_end);
void privileges_look_say(void);

#endif
