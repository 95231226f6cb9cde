/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * confine - what a session may ask of the kernel once everything is attached.
 * Records and names come from anybody. Whoever made one of them take over this
 * process would find nothing to work with: it starts no program, makes no
 * process, no socket and no BPF program, and opens files to read them alone.
 */
#ifndef PAGEFLIGHT_CONFINE_H
#define PAGEFLIGHT_CONFINE_H

#include <sys/types.h>

struct err;

/*
 * For good: what is not allowed fails with EPERM and is logged by the kernel.
 * The process child may still be sent SIGTERM; 0: there is none. 0 or -errno.
 */
int confine(pid_t child, struct err *ret_err);

/* The same for a helper process that appends to a file. */
int confine_file_writer(struct err *ret_err);

/* The same for one that writes a file anew beside it and renames it. */
int confine_file_renewer(struct err *ret_err);

/* The same for the one that serves numbers by HTTP. */
int confine_http(struct err *ret_err);

/* The same for the one that lets the kernel measure programs. */
int confine_measurer(struct err *ret_err);

/* The same for the one that has the terminal, which is open. */
int confine_screen(struct err *ret_err);

/* The same for the one that writes a recording. */
int confine_record_writer(struct err *ret_err);

#endif
