/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * relay - a thread that copies packets between the two tun devices. On command it
 * keeps, drops, doubles or reorders them. It remembers each version of each byte
 * of the flow's stream, so it knows which versions a peer may have received.
 */
#ifndef TRUTH_RELAY_H
#define TRUTH_RELAY_H

#include "plan.h"

void relay_start(int tun_here, int tun_there);

/* Forget the last flow, open all gates, and follow this sender's port from its SYN on. */
void relay_follow(uint16_t port);

void relay_pause(bool pause);
void relay_hold(void);
void relay_release(enum order order, struct rng *r);
void relay_drop(uint32_t from, uint32_t to);	/* bytes of the stream */
void relay_undrop(bool deliver);		/* the first copies of what was dropped */
void relay_hold_acks(bool hold);

struct relay_seen {
	uint32_t end;		/* of the stream, as far as it went by */
	uint32_t packets;	/* with data */
	uint32_t resent;	/* of them, with data that had gone by before */
	uint32_t dropped;
	uint32_t acked;		/* of the stream, as far as answers were passed on */
	uint32_t kept;		/* packets held back now */
	bool over;		/* the end of the stream, or a reset, has gone by */
};
void relay_seen(struct relay_seen *ret);

/* For each byte of the stream: how often it was transmitted in another version than first. */
const uint8_t *relay_changes(void);

#endif
