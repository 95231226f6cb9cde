/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * far - the reader in another machine. The sender's machine asks it over a port,
 * not over the network that is watched: to take a connection, to read, to close.
 */
#ifndef TRUTH_FAR_H
#define TRUTH_FAR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* In the reader's machine: do what is asked, for ever. The listeners are by small_window. */
void far_serve(int port, const int listener[2]) __attribute__((noreturn));

/* In the sender's machine. The first question waits until the other has started. */
void far_start(int port);
void far_accept(bool small_window);

/*
 * Read up to len bytes by calls of at most `piece` bytes, with pauses between
 * them. Returns how many; fewer if nothing more came, or if that was all.
 */
uint32_t far_read(uint8_t *to, uint32_t len, uint32_t piece, uint32_t pause_us);
void far_close(bool reset);

#endif
