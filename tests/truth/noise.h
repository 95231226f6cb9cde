/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * noise - other senders beside the flow: each sends a file of its own to the reader's
 * machine all the time, and nobody changes it. So programs run in each other, the
 * rings have packets of several connections, and no incident is about any of them.
 */
#ifndef TRUTH_NOISE_H
#define TRUTH_NOISE_H

void noise_start(unsigned int senders);

/* Stop, and wait until all that was sent is acknowledged. */
void noise_stop(void);

/* In the reader's machine: read all of it, in threads. */
void noise_sink(void);

#endif
