/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ring - an io_uring of raw system calls, for one request at a time. What goes
 * wrong ends the program: with status NOT_HERE if the kernel does not have it.
 */
#ifndef TESTS_GUEST_RING_H
#define TESTS_GUEST_RING_H

#include <errno.h>
#include <error.h>
#include <linux/io_uring.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOT_HERE 77
#define RING_ENTRIES 8

struct ring {
	int fd;
	unsigned int *sq_tail, *sq_array;
	unsigned int *cq_head, *cq_tail;
	unsigned int sq_mask, cq_mask;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
};

static inline void must(int ok, const char *what)
{
	if (!ok)
		error(errno == ENOSYS || errno == EPERM ? NOT_HERE : 1, errno, "%s", what);
}

static inline void *ring_map(int ring, size_t size, off_t what)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, what);

	must(at != MAP_FAILED, "mmap of the ring");
	return at;
}

static inline void ring_open(struct ring *r)
{
	struct io_uring_params p = { 0 };
	char *sq, *cq;

	r->fd = syscall(SYS_io_uring_setup, RING_ENTRIES, &p);
	must(r->fd >= 0, "io_uring_setup");
	sq = ring_map(r->fd, p.sq_off.array + p.sq_entries * sizeof(*r->sq_array),
		      IORING_OFF_SQ_RING);
	cq = ring_map(r->fd, p.cq_off.cqes + p.cq_entries * sizeof(*r->cqes), IORING_OFF_CQ_RING);
	r->sqes = ring_map(r->fd, p.sq_entries * sizeof(*r->sqes), IORING_OFF_SQES);
	r->sq_tail = (unsigned int *)(sq + p.sq_off.tail);
	r->sq_array = (unsigned int *)(sq + p.sq_off.array);
	r->sq_mask = p.sq_entries - 1;
	r->cq_head = (unsigned int *)(cq + p.cq_off.head);
	r->cq_tail = (unsigned int *)(cq + p.cq_off.tail);
	r->cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
	r->cq_mask = p.cq_entries - 1;
}

static inline void ring_submit(struct ring *r, const struct io_uring_sqe *sqe)
{
	unsigned int tail = *r->sq_tail, at = tail & r->sq_mask;

	r->sqes[at] = *sqe;
	r->sq_array[at] = at;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	must(syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) == 1, "io_uring_enter");
}

/* The next completion. */
static inline struct io_uring_cqe ring_wait(struct ring *r)
{
	unsigned int head = *r->cq_head;
	struct io_uring_cqe cqe;

	while (__atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) == head)
		must(syscall(SYS_io_uring_enter, r->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL,
			     0) >= 0, "io_uring_enter");
	cqe = r->cqes[head & r->cq_mask];
	__atomic_store_n(r->cq_head, head + 1, __ATOMIC_RELEASE);
	return cqe;
}

#endif
