/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * flow - what the BPF tests send and read: a connected TCP pair, files of known
 * bytes, exact reads, and waits for a condition.
 *
 * Every function fails the running test by itself when the kernel refuses it.
 * Nothing waits for a time to pass: flow_wait() polls a condition, and gives up
 * after a minute only so that a broken test ends.
 */
#ifndef FLOW_H
#define FLOW_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define FLOW_PAGE 4096
#define PAGES(n)  ((n) * FLOW_PAGE)

/*
 * TCP_MAXSEG that gives segments of one page behind 12 bytes of timestamps: the
 * kernel then cuts its packets at pages, so that a page is never in two of them
 * and a count of pieces is a count of pages.
 */
#define FLOW_MSS (FLOW_PAGE + 12)

struct flow {
	int tx;			/* the sender's end */
	int rx;			/* the reader's end */
};

/* A zero is the default. */
struct flow_opts {
	bool ipv6;
	bool kernel_mss;	/* leave the segment size to the kernel */
	bool nonblock;		/* the sender's end */
	int sndbuf;		/* default: 16 MiB, nothing blocks */
	int rcvbuf;		/* default: the kernel's */
	const char *tx_netns;	/* names known to ip netns; default: ours */
	const char *rx_netns;
	const char *rx_addr;	/* the reader's IPv4 address; default: loopback */
};

void flow_open(struct flow *f, const struct flow_opts *opts);

/* Close the ends that are still open: the sender's first. */
void flow_close(struct flow *f);
void flow_close_one(int *fd);

/* Close every descriptor that was opened after the last flow_mark(). */
void flow_mark(void);
void flow_clean(void);

/* Close one end with a reset instead of an orderly end. */
void flow_reset(int *fd);

/* A nameless file on tmpfs with `size` bytes of the pattern. */
int flow_file(size_t size);

/* The same in /tmp; its name is put to path. */
int flow_named_file(size_t size, char path[32]);

/* The byte at an offset of a file of flow_file(). */
unsigned char flow_byte(off_t off);

/* sendfile(2) of exactly [off, off + len), in as many calls as it takes. */
void flow_sendfile(int sock, int file, off_t off, size_t len);

/* splice(2) of exactly len bytes from a pipe. */
void flow_drain_pipe(int sock, int pipe, size_t len);

/* Read exactly len bytes. If file_off >= 0, check that they are the pattern from there on. */
void flow_read(int sock, size_t len, off_t file_off);

/* Read to the end of the stream or an error; returns the bytes. */
size_t flow_read_to_end(int sock);

/* Read to the end in a thread of its own. */
struct flow_drain {
	pthread_t thread;
	int sock;
	size_t got;
};

void flow_drain_start(struct flow_drain *d, int sock);
size_t flow_drain_join(struct flow_drain *d);

bool flow_wait(bool (*done)(void *arg), void *arg);

/* Wait until the peer has acknowledged all that was sent. */
void flow_wait_acked(int sock);

#endif
