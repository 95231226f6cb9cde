// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * ring - see ring.h. The index of the available ring is read before its entries,
 * and that of the used ring written behind its entries.
 */
#include "ring.h"

#include <errno.h>
#include <string.h>

uint16_t ring_waiting(const struct ring *r)
{
	return __atomic_load_n(&r->avail->idx, __ATOMIC_ACQUIRE) - r->next;
}

static int add_buffer(const struct vring_desc *d, const struct memory *m, bool device_writes,
		      struct chain *c)
{
	void *at = memory_of_guest(m, d->addr, d->len);

	if (!at || !d->len || c->n == CHAIN_MAX || d->flags & VRING_DESC_F_INDIRECT ||
	    !!(d->flags & VRING_DESC_F_WRITE) != device_writes || d->len > UINT32_MAX - c->len)
		return -EINVAL;
	c->buf[c->n++] = (struct iovec){ at, d->len };
	c->len += d->len;
	return 0;
}

int ring_take(struct ring *r, const struct memory *m, bool device_writes, struct chain *ret)
{
	uint16_t waiting = ring_waiting(r), at;
	struct chain c = { .n = 0 };
	struct vring_desc d;

	if (!waiting)
		return 0;
	at = c.id = r->avail->ring[r->next % r->size];
	do {
		if (waiting > r->size || at >= r->size)
			return -EINVAL;
		d = r->desc[at];	/* a copy: the driver may change it meanwhile */
		if (add_buffer(&d, m, device_writes, &c))
			return -EINVAL;
		at = d.next;
	} while (d.flags & VRING_DESC_F_NEXT);
	r->next++;
	*ret = c;
	return 1;
}

void ring_use(struct ring *r, uint16_t at, uint16_t id, uint32_t written)
{
	r->used->ring[at % r->size] = (struct vring_used_elem){ id, written };
}

bool ring_publish(struct ring *r, uint16_t at)
{
	__atomic_store_n(&r->used->idx, at, __ATOMIC_RELEASE);
	/* The driver writes its flag, then looks at the index; so neither may be late here. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return !(__atomic_load_n(&r->avail->flags, __ATOMIC_RELAXED) & VRING_AVAIL_F_NO_INTERRUPT);
}

void chain_read(const struct chain *c, uint32_t from, uint32_t len, uint8_t *to)
{
	for (unsigned int i = 0; i < c->n && len; i++) {
		uint32_t size = c->buf[i].iov_len, part;

		if (from >= size) {
			from -= size;
			continue;
		}
		part = size - from < len ? size - from : len;
		memcpy(to, (const uint8_t *)c->buf[i].iov_base + from, part);
		to += part;
		len -= part;
		from = 0;
	}
}

uint32_t chain_write(const struct chain *c, const uint8_t *from, uint32_t len)
{
	uint32_t written = 0;

	for (unsigned int i = 0; i < c->n && written < len; i++) {
		uint32_t part = c->buf[i].iov_len;

		if (part > len - written)
			part = len - written;
		memcpy(c->buf[i].iov_base, from + written, part);
		written += part;
	}
	return written;
}
