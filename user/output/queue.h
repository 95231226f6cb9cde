/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * queue - texts on their way to a descriptor that must never block its writer: a
 * pipe, a socket or a terminal whose reader sleeps. What does not fit into the
 * queue is lost and counted. A text goes out whole or not at all, unless its
 * reader stops in the middle of it.
 *
 * A descriptor that was inherited may share its flags with other processes, so
 * O_NONBLOCK is never set there. Files are written plainly: they do not wait for
 * a reader.
 */
#ifndef PAGEFLIGHT_QUEUE_H
#define PAGEFLIGHT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct queue;

/* Hold at most max bytes for fd. 0 or -ENOMEM. */
int queue_new(struct queue **ret_queue, int fd, size_t max);

/* Would a text of this length be appended? If not, it is lost. */
bool queue_fits(struct queue *q, size_t len);

/* Append a text, which is lost if it does not fit. Returns whether it was appended. */
bool queue_put(struct queue *q, const char *text, size_t len);

/* The same of a text that must not be lost. Returns false only if there is no memory. */
bool queue_put_anyway(struct queue *q, const char *text, size_t len);

/* Write what can be written now. 0 or -errno of the write. */
int queue_write(struct queue *q);

/*
 * Write all. 0, -errno of the write, or -ETIMEDOUT if no byte could be written
 * for patience_ns, or not all within limit_ns. Returns -EINTR when stop_fd gets
 * readable.
 */
int queue_flush(struct queue *q, __u64 patience_ns, __u64 limit_ns, int stop_fd);

/* To be polled: for POLLOUT while something waits, else only for errors. */
int queue_fd(const struct queue *q);
short queue_events(const struct queue *q);

/* Bytes that wait. */
size_t queue_waiting(const struct queue *q);

/* Texts that were lost. */
__u64 queue_lost(const struct queue *q);

/* NULL is allowed. What waits is dropped. */
void queue_free(struct queue *q);

#endif
