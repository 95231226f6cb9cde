/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * net - connections over lo, files to send, and pages that stay in flight.
 * One thread does both ends, so that every run takes the same path.
 */
#ifndef BENCH_NET_H
#define BENCH_NET_H

#include <stddef.h>

#define PAGE 4096u

struct pair {
	int tx, rx;
};

/* Raise the limits of sockets. Called once, before everything else. */
void net_prepare(void);

/* A connection that can hold `room` bytes nobody has read. */
void pair_open(struct pair *p, size_t room);
void pair_close(struct pair *p);

/* A nameless file on tmpfs with data in every page. */
int file_new(size_t size);

/* Send len bytes of the file from off. The socket has to have room for them. */
void pair_send(struct pair *p, int file, size_t off, size_t len);

/* Read len bytes without copying them. */
void pair_discard(struct pair *p, size_t len);

/*
 * Connections whose reader does not read, each with `pages` pages of the file
 * in flight. Each connection begins `step` bytes behind the one before, and again
 * at the start once the file ends.
 */
struct crowd {
	struct pair *pairs;
	size_t n;
};

void crowd_open(struct crowd *c, size_t n, int file, size_t pages, size_t step);
void crowd_close(struct crowd *c);

#endif
