/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * cure - ways to send a file and ways to change it, of which some keep the two apart. What
 * stands in docs/cures.md is shown from send.c and write.c as it is.
 */
#ifndef CURES_CURE_H
#define CURES_CURE_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHUNK (64u << 10)
#define RING  8		/* chunks that a sender with MSG_ZEROCOPY may have under way */

struct pf_now;

/* A file that is served, and the one connection on which it is. */
struct site {
	char dir[PATH_MAX - 32];
	char path[PATH_MAX];
	size_t size;
	int sock;		/* the sender's end */
	int sealed;		/* what is served from memory; -1 */
	struct pf_now *now;	/* of who waits by it */
	char *ring;		/* RING chunks */
	uint32_t begun;		/* sends with MSG_ZEROCOPY, numbered as the kernel does */
	uint32_t busy;		/* chunks of the ring that the kernel still reads, a bit each */
	uint32_t stream;	/* bytes given to the socket since the first timestamp was asked for */
	uint32_t stamped;	/* the bytes that timestamps say are acknowledged */
	atomic_bool sent;	/* nobody sends the file any more */
	atomic_bool waits;	/* somebody waits for the reader */
};

struct cure {
	const char *name;
	void (*begin)(struct site *s);	/* once, with the connection and the file there; NULL */
	void (*send)(struct site *s);	/* the answer to one request */
	void (*write)(struct site *s, size_t off, const void *bytes, size_t len);
	/* What was done before the cure, if it is not sendfile() and a write in place. */
	void (*send_before)(struct site *s);
	bool remote_only;		/* no cure for a reader on this host */
	bool full_window;		/* the reader's buffer must not take all of it */
	bool reflink;			/* the file system has to have reflinks */
	bool bpf;			/* needs pageflight's privileges */
	bool own_sender;		/* sending costs something else than sendfile() */
	bool own_writer;		/* writing takes something else than pwrite() */
};

/* NULL behind the last. The first is no cure: it is the race. */
extern const struct cure cures[];
const struct cure *cure_find(const char *name);

/* send.c */
void send_by_reference(struct site *s);
void send_copy(struct site *s);
void send_reflink(struct site *s);
void zerocopy_begin(struct site *s);
void send_zerocopy(struct site *s);
void send_zerocopy_rashly(struct site *s);
void stamp_begin(struct site *s);
void send_stamped(struct site *s);
void send_sealed(struct site *s);

/* write.c */
void write_in_place(struct site *s, size_t off, const void *bytes, size_t len);
void write_and_rename(struct site *s, size_t off, const void *bytes, size_t len);
void reflink_and_rename(struct site *s, size_t off, const void *bytes, size_t len);
void write_when_stamped(struct site *s, size_t off, const void *bytes, size_t len);
void write_when_empty(struct site *s, size_t off, const void *bytes, size_t len);
void wait_begin(struct site *s);
void write_when_free(struct site *s, size_t off, const void *bytes, size_t len);
void seal_begin(struct site *s);
void seal_anew(struct site *s, size_t off, const void *bytes, size_t len);

/* site.c */
void site_open(struct site *s, const char *dir, size_t size);
void site_close(struct site *s);
/* Whether files of this directory can share their blocks. */
bool site_reflinks(const char *dir);
/* Open what is served now, as a server does for each request. */
int site_file(const struct site *s);
/* Read the timestamps that are there. */
void site_stamps(struct site *s);
/* Byte number at of a file of ours; none is zero, and none another one inverted. */
unsigned char site_byte(size_t at);

#endif
