/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* port - a port of the test machine, by which it talks to the card or to another machine. */
#ifndef TRUTH_PORT_H
#define TRUTH_PORT_H

#include <stddef.h>

/* tests/vm/run gave it this name. Returns a file descriptor. */
int port_open(const char *name);

/* All of it, or the program ends; also if a read takes ten minutes. */
void port_write(int fd, const void *data, size_t len);
void port_read(int fd, void *data, size_t len);

#endif
