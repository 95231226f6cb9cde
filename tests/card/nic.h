/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * nic - one end of the card: its two rings in the memory of a guest. A packet that
 * the guest transmits is a chain of its own pages. The card takes the chain at
 * once, and reads the pages when it is time: late, or the second half later than
 * the first. Until then, and until it has given the chain back, the guest's driver
 * holds the pages.
 */
#ifndef CARD_NIC_H
#define CARD_NIC_H

#include "ring.h"
#include "truth/gates.h"

enum { NIC_RX, NIC_TX, NIC_RINGS };	/* the order in which the driver has them */

#define NIC_PACKET (128 << 10)
#define NIC_HEAD (12 + 14)		/* virtio's header and Ethernet's */

struct job {
	struct chain chain;
	uint64_t due[2];		/* of its first half and its second */
	unsigned int done;		/* halves that were read */
	uint8_t *bytes;
};

struct nic {
	struct memory memory;
	struct ring ring[NIC_RINGS];
	bool enabled[NIC_RINGS], started[NIC_RINGS];	/* the device uses a ring that is both */
	uint16_t used[NIC_RINGS];	/* index of the next chain to give back */
	int kick[NIC_RINGS], call[NIC_RINGS];	/* eventfds, or -1 */
	struct job job[RING_MAX];	/* chains that were taken: first .. first + n */
	unsigned int first, n;
	struct packets backlog;		/* for the guest, until it has buffers */
};

void nic_init(struct nic *c);
bool nic_runs(const struct nic *c, unsigned int ring);
void nic_stop(struct nic *c, unsigned int ring);

/* Take all chains that the guest has made available. A broken ring ends the program. */
void nic_take(struct nic *c, uint64_t now, enum late late);

/*
 * Read what is due, and pass each complete packet on. Returns when more is due;
 * UINT64_MAX: when the guest sends more.
 */
uint64_t nic_work(struct nic *c, uint64_t now,
		  void (*pass)(struct nic *c, const uint8_t *bytes, uint32_t len));

/* Give a packet to the guest, now or once it has buffers. */
void nic_give(struct nic *c, const uint8_t *bytes, uint32_t len);
void nic_drain(struct nic *c);

/* Packets of the guest that it still waits for. */
unsigned int nic_waiting(const struct nic *c);

#endif
