/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * ring - a split virtqueue, seen by the device. The driver makes chains of buffers
 * available. The device takes a chain, and gives it back used. Pure: nothing but
 * memory that is shared with the driver. What the driver wrote is not trusted.
 */
#ifndef CARD_RING_H
#define CARD_RING_H

#include <linux/virtio_ring.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "memory.h"

#define RING_MAX 1024		/* descriptors */
#define CHAIN_MAX 32		/* buffers; a packet has a header, a head and 17 fragments */

struct ring {
	uint16_t size;		/* a power of two */
	uint16_t next;		/* index of the next chain that becomes available */
	const struct vring_desc *desc;
	const struct vring_avail *avail;
	struct vring_used *used;
};

struct chain {
	uint16_t id;
	unsigned int n;
	uint32_t len;		/* of all buffers */
	struct iovec buf[CHAIN_MAX];
};

/*
 * Take the next chain, of buffers that the device reads, or of those that it
 * writes. Returns 1, 0 if there is none, or -EINVAL if the driver has broken the
 * rules; then the ring does not move.
 */
int ring_take(struct ring *r, const struct memory *m, bool device_writes, struct chain *ret);

/* Chains that are available and not taken. */
uint16_t ring_waiting(const struct ring *r);

/* Give a chain back, with so many bytes written. Several can be published at once. */
void ring_use(struct ring *r, uint16_t at, uint16_t id, uint32_t written);

/* Let the driver see the chains up to this index. Returns whether it wants to be told. */
bool ring_publish(struct ring *r, uint16_t at);

/* Copy bytes from .. from + len of a chain; the caller has checked its length. */
void chain_read(const struct chain *c, uint32_t from, uint32_t len, uint8_t *to);

/* Fill a chain as far as it goes. Returns how many bytes were written. */
uint32_t chain_write(const struct chain *c, const uint8_t *from, uint32_t len);

#endif
