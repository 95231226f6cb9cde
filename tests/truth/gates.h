/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * gates - what happens to packets on their way between two hosts, here and there.
 * On command they are kept, dropped, doubled, reordered or delayed. Each version of
 * each byte of the flow's stream is remembered, so it is known which versions a peer
 * may have received. Pure: packets come in by gates_pass() and go out by put().
 */
#ifndef TRUTH_GATES_H
#define TRUTH_GATES_H

#include <sys/queue.h>

#include "plan.h"

enum gate_op {
	GATE_FOLLOW,		/* forget the last flow, open all gates, follow port a from its SYN on */
	GATE_PAUSE,		/* a: take nothing from the sender's device */
	GATE_HOLD,		/* keep data */
	GATE_RELEASE,		/* a: enum order */
	GATE_DROP,		/* bytes a .. b of the stream */
	GATE_UNDROP,		/* a: deliver the first copies of what was dropped */
	GATE_HOLD_ACKS,		/* a: keep what the reader's host answers */
	GATE_WEATHER,		/* a: enum weather, b: enum late */
	GATE_LOOK,		/* only answer */
	GATE_CHANGES,		/* of a card: seen.end bytes of changes follow the answer */
	GATE_MAX
};

struct gate_order {
	uint32_t op, a, b, unused;
	struct rng rng;
};

struct gate_seen {
	uint32_t end;		/* of the stream, as far as it went by */
	uint32_t packets;	/* with data */
	uint32_t resent;	/* of them, with data that had gone by before */
	uint32_t dropped;
	uint32_t acked;		/* of the stream, as far as answers were passed on */
	uint32_t kept;		/* packets held back now */
	uint32_t over;		/* the end of the stream, or a reset, has gone by */
	uint32_t changed;	/* bytes that went by in two versions */
	uint32_t waiting;	/* packets that a card has, and has not taken to their end */
	uint32_t unused;
};

struct gate_answer {
	struct gate_seen seen;
	struct rng rng;		/* behind what the order drew from its own */
};

struct packet {
	STAILQ_ENTRY(packet) entry;
	uint64_t due;
	uint32_t len;
	uint8_t bytes[];
};
STAILQ_HEAD(packets, packet);

/* Keep a copy at the end of a list. */
void packet_keep(struct packets *list, const uint8_t *bytes, uint32_t len);

struct gates {
	void (*put)(bool to_there, const uint8_t *bytes, uint32_t len);
	uint32_t head;		/* bytes before the IP header */
	uint16_t port;
	uint32_t first;		/* sequence number of the stream's first byte */
	bool pause, hold, drop, hold_acks;
	enum weather weather;
	enum late late;
	struct rng rng;		/* of the weather */
	uint64_t now, hole_until;
	uint32_t drop_from, drop_to;
	struct packets held, dropped, acks, delayed;
	struct gate_seen seen;
	uint8_t version[PLAN_STREAM];
	uint8_t known[PLAN_STREAM];
	uint8_t changes[PLAN_STREAM];	/* transmitted in another version than first */
};

void gates_init(struct gates *g, uint32_t head,
		void (*put)(bool to_there, const uint8_t *bytes, uint32_t len));

/* A packet came. Times are in microseconds; without weather any will do. */
void gates_pass(struct gates *g, uint64_t now, bool to_there, const uint8_t *bytes, uint32_t len);

/* Put what was delayed until now. Returns when the next is due; UINT64_MAX: none. */
uint64_t gates_tick(struct gates *g, uint64_t now);

void gates_obey(struct gates *g, const struct gate_order *o, struct gate_answer *ret);

#endif
