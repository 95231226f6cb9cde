/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * loader - the BPF side as one object with a life: planned, configured, loaded,
 * attached, polled, closed. Only loader.c sees the skeleton, and only this
 * folder sees libbpf.
 *
 * All functions return 0 or -errno unless said otherwise.
 */
#ifndef PAGEFLIGHT_LOADER_H
#define PAGEFLIGHT_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include "pageflight.h"

struct bpf_object;
struct err;
struct pf_exposed;
struct loader;
struct pf_config;
struct hook;
struct filter;

struct loader_opts {
	unsigned int max_pages;		/* flights followed at once; 0: from memory */
	unsigned int max_conns;		/* connections followed at once; 0: from max_pages */
	unsigned int per_user;		/* flights of one user that a write reports at once; 0: default */
	unsigned int ring_bytes;	/* 0: default */
	int content;			/* enum pf_content, the most */
	unsigned int sample;		/* one page in N gets a fingerprint; 0: every page */
	unsigned int audit;		/* of one page in N it does not wait; 0: of none */
	const struct filter *filter;	/* what is followed; NULL: everything */
	bool verbose;			/* libbpf's own messages, on stderr */
	FILE *messages;			/* where they go as well; or NULL */
};

/* data points at `size` bytes of one unchecked record; see event.h. */
typedef void (*loader_event_fn)(void *ctx, const void *data, size_t size);

/*
 * Check privileges, lockdown and kernel, choose hooks, load and attach. On success
 * *ret_loader is to be closed with loader_close. -EPERM: privileges or
 * lockdown; -EOPNOTSUPP: the kernel lacks something necessary.
 */
int loader_open(struct loader **ret_loader, const struct loader_opts *opts, struct err *ret_err);

/* A descriptor that polls readable when records wait. */
int loader_fd(const struct loader *l);

/* Hand at most max waiting records to fn. Returns their number or -errno. Never blocks. */
int loader_take(struct loader *l, size_t max, loader_event_fn fn, void *ctx);

/*
 * Bytes of records that were ever written to the ring buffer, and taken out of
 * it: what was written until a moment has been taken once the second number
 * reaches the first of that moment.
 */
__u64 loader_written(const struct loader *l);
__u64 loader_taken(const struct loader *l);

/* Hand every waiting record to fn, also those that come meanwhile. Returns their number or -errno. Never blocks. */
int loader_consume(struct loader *l, loader_event_fn fn, void *ctx);

/*
 * End the flights of lingering connections whose packets have left this host; if
 * last, end all of them. To be called several times a second.
 */
int loader_sweep(struct loader *l, bool last);

/*
 * The content mode in use: at most the one that was asked for. It is edges where not all hooks
 * for transmissions are attached, and off if the bytes of a page of ours were not found where
 * the kernel should keep them.
 */
int loader_content(const struct loader *l);

/* The file systems on which fingerprints wait for the first change: PF_FS_* bits; see lazy.h. */
__u32 loader_waits(const struct loader *l);

/*
 * Take what was noted since the last call of files that sockets took pages of while somebody
 * could change them; see exposed.h.
 */
void loader_exposed(struct loader *l, void (*fn)(void *ctx, const struct pf_exposed *e), void *ctx);

int loader_totals(const struct loader *l, struct pf_totals *ret_totals);

/* Invocations of our programs, and the time inside of them, while the kernel measured that. */
void loader_cost(const struct loader *l, __u64 *ret_runs, __u64 *ret_ns);

/* The hook table with its state on this kernel, for printing; see hooks.h. */
const struct hook *loader_hooks(const struct loader *l, size_t *ret_n);

/* The object and its constants, for another object of this folder that shares its maps. */
const struct bpf_object *loader_object(const struct loader *l);
const struct pf_config *loader_config(const struct loader *l);

/* Detach and free. NULL is allowed. */
void loader_close(struct loader *l);

#endif
