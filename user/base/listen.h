/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* listen - a TCP socket that listens, from the words of the command line. */
#ifndef PAGEFLIGHT_LISTEN_H
#define PAGEFLIGHT_LISTEN_H

#include <sys/socket.h>

/* From "127.0.0.1:9713" or "[::1]:9713": numbers, and no names. 0 or -EINVAL. */
int listen_parse(const char *text, struct sockaddr_storage *ret_addr, socklen_t *ret_len);

/* A socket that does not block its reader: a descriptor or -errno. */
int listen_open(const char *text);

#endif
