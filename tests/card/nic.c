// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* nic - see nic.h. */
#include "nic.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/say.h"

#define HALF_US 30000		/* between the halves of a packet */
#define CHAINS_MAX 64		/* buffers of the guest for one packet */

static const uint64_t late_us[LATE_MAX] = {
	[LATE_3_MS] = 3000,
	[LATE_30_MS] = 30000,
	[LATE_150_MS] = 150000,
	[LATE_HALVES] = 3000,
};

void nic_init(struct nic *c)
{
	STAILQ_INIT(&c->backlog);
	for (unsigned int i = 0; i < NIC_RINGS; i++)
		c->kick[i] = c->call[i] = -1;
}

static struct job *job_at(struct nic *c, unsigned int i)
{
	return &c->job[(c->first + i) % RING_MAX];
}

static void forget_first(struct nic *c)
{
	free(job_at(c, 0)->bytes);
	c->first = (c->first + 1) % RING_MAX;
	c->n--;
}

bool nic_runs(const struct nic *c, unsigned int ring)
{
	return c->enabled[ring] && c->started[ring];
}

void nic_stop(struct nic *c, unsigned int ring)
{
	c->started[ring] = false;
	while (ring == NIC_TX && c->n)
		forget_first(c);
}

static void tell(struct nic *c, unsigned int ring)
{
	const uint64_t one = 1;

	if (ring_publish(&c->ring[ring], c->used[ring]) && c->call[ring] >= 0)
		must(write(c->call[ring], &one, sizeof(one)) == sizeof(one), "call");
}

void nic_take(struct nic *c, uint64_t now, enum late late)
{
	uint64_t delay = late < LATE_MAX ? late_us[late] : 0;

	while (nic_runs(c, NIC_TX) && c->n < RING_MAX) {
		struct job *job = job_at(c, c->n);
		int got = ring_take(&c->ring[NIC_TX], &c->memory, false, &job->chain);

		errno = -got;
		must(got >= 0, "a broken ring of the sender");
		if (!got)
			return;
		must(job->chain.len > NIC_HEAD && job->chain.len <= NIC_PACKET,
		     "a packet of %u bytes", job->chain.len);
		job->done = 0;
		job->bytes = malloc(job->chain.len);
		must(job->bytes, "memory");
		job->due[0] = now + delay;
		job->due[1] = job->due[0] + (late == LATE_HALVES ? HALF_US : 0);
		c->n++;
	}
}

/* Returns when the rest of it is due, or 0 if it is complete. */
static uint64_t read_due(struct job *job, uint64_t now)
{
	uint32_t half = job->chain.len / 2;

	if (!job->done && job->due[0] <= now) {
		chain_read(&job->chain, 0, half, job->bytes);
		job->done = 1;
	}
	if (job->done == 1 && job->due[1] <= now) {
		chain_read(&job->chain, half, job->chain.len - half, job->bytes + half);
		job->done = 2;
	}
	return job->done == 2 ? 0 : job->due[job->done];
}

uint64_t nic_work(struct nic *c, uint64_t now,
		  void (*pass)(struct nic *c, const uint8_t *bytes, uint32_t len))
{
	uint64_t next = UINT64_MAX, due;
	bool any = false;

	for (unsigned int i = 0; i < c->n; i++) {
		due = read_due(job_at(c, i), now);
		if (due && due < next)
			next = due;
	}
	/* In the order in which they were taken. */
	while (c->n && job_at(c, 0)->done == 2) {
		struct job *job = job_at(c, 0);

		pass(c, job->bytes, job->chain.len);
		ring_use(&c->ring[NIC_TX], c->used[NIC_TX]++, job->chain.id, 0);
		forget_first(c);
		any = true;
	}
	if (any)
		tell(c, NIC_TX);
	return next;
}

unsigned int nic_waiting(const struct nic *c)
{
	return c->n + (nic_runs(c, NIC_TX) ? ring_waiting(&c->ring[NIC_TX]) : 0);
}

/* A packet that needs several buffers says how many in its first. */
static bool give_now(struct nic *c, const uint8_t *bytes, uint32_t len)
{
	struct ring *r = &c->ring[NIC_RX];
	struct virtio_net_hdr_mrg_rxbuf *head = NULL;
	struct chain chain;
	uint16_t next = r->next, used = c->used[NIC_RX], n = 0;
	uint32_t written;

	if (!nic_runs(c, NIC_RX))
		return false;
	for (uint32_t at = 0; at < len; at += written, n++) {
		int got = n < CHAINS_MAX ? ring_take(r, &c->memory, true, &chain) : -E2BIG;

		errno = -got;
		must(got >= 0, "a broken ring of the reader");
		if (!got) {		/* try again when there are more */
			r->next = next;
			return false;
		}
		must(n || chain.buf[0].iov_len >= sizeof(*head), "a small buffer");
		if (!n)
			head = chain.buf[0].iov_base;
		written = chain_write(&chain, bytes + at, len - at);
		ring_use(r, used++, chain.id, written);
	}
	head->num_buffers = n;
	c->used[NIC_RX] = used;
	return true;
}

void nic_drain(struct nic *c)
{
	struct packet *p;
	bool any = false;

	while ((p = STAILQ_FIRST(&c->backlog)) && give_now(c, p->bytes, p->len)) {
		STAILQ_REMOVE_HEAD(&c->backlog, entry);
		free(p);
		any = true;
	}
	if (any)
		tell(c, NIC_RX);
}

void nic_give(struct nic *c, const uint8_t *bytes, uint32_t len)
{
	packet_keep(&c->backlog, bytes, len);
	nic_drain(c);
}
