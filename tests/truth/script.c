// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * script - the steps of a flow: close a gate, send, wait until the gate has its
 * effect, change the file, open the gate. The second and later chunks are sent
 * after some of the changes and before others.
 */
#include "plan.h"

const char *const step_names[] = {
	[STEP_SEND] = "send",
	[STEP_WRITE] = "write",
	[STEP_WRITE_START] = "start write",
	[STEP_WRITE_JOIN] = "join write",
	[STEP_READ] = "read",
	[STEP_PLUG] = "plug",
	[STEP_UNPLUG] = "unplug",
	[STEP_PAUSE] = "pause",
	[STEP_RESUME] = "resume",
	[STEP_HOLD] = "hold",
	[STEP_RELEASE] = "release",
	[STEP_DROP] = "drop",
	[STEP_UNDROP] = "undrop",
	[STEP_ACKHOLD] = "hold acks",
	[STEP_ACKPASS] = "pass acks",
	[STEP_CORK] = "cork",
	[STEP_UNCORK] = "uncork",
	[STEP_CLOSE] = "close",
	[STEP_RESET] = "reset",
	[STEP_QUIT] = "quit",
	[STEP_MARK] = "mark",
	[STEP_WAIT_OUT] = "wait out",
	[STEP_WAIT_BLOCKED] = "wait blocked",
	[STEP_WAIT_ACKED] = "wait acked",
	[STEP_WAIT_RESENT] = "wait resent",
	[STEP_WAIT_RETRANS] = "wait retransmitted",
};

#define ALL 0xffffffffu

static void add(struct plan *p, enum step_op op, uint32_t a, uint32_t b)
{
	if (p->n_steps < PLAN_STEPS)
		p->step[p->n_steps++] = (struct plan_step){ op, a, b };
}

/* The length of the stream after n chunks. */
static uint32_t stream_to(const struct plan *p, unsigned int n)
{
	uint32_t sum = p->header;

	for (unsigned int i = 0; i < n; i++)
		sum += p->chunk[i].len;
	return sum;
}

static void close_gate(struct plan *p, struct rng *r)
{
	uint32_t all = plan_stream(p), from = 0, to = all;

	switch (p->moment) {
	case MOMENT_CORK:
		add(p, STEP_CORK, 0, 0);
		break;
	case MOMENT_CWND:
	case MOMENT_SPURIOUS:
		add(p, STEP_ACKHOLD, 0, 0);
		break;
	case MOMENT_QDISC:
		add(p, STEP_PLUG, 0, 0);
		break;
	case MOMENT_RING:
		add(p, STEP_PAUSE, 0, 0);
		break;
	case MOMENT_WIRE:
		add(p, STEP_HOLD, 0, 0);
		break;
	case MOMENT_LOST:
	case MOMENT_REQDISC:
	case MOMENT_RERING:
		p->eager = true;
		p->small_window = false;
		if (rng_one_in(r, 2)) {		/* or all of it */
			from = rng_below(r, all);
			to = from + 1 + rng_below(r, all - from);
			/* The first byte has to be in the first chunk and window. */
			if (from >= stream_to(p, 1) || from > 4 * PLAN_PAGE)
				from = rng_below(r, stream_to(p, 1)) % (4 * PLAN_PAGE);
		}
		add(p, STEP_DROP, from, to);
		break;
	default:
		break;
	}
	if (p->moment == MOMENT_SPURIOUS)
		p->eager = true;
}

/* After a send, wait until the bytes are where the moment wants them. */
static void reach(struct plan *p, struct rng *r, unsigned int sent)
{
	uint32_t to = stream_to(p, sent);

	switch (p->moment) {
	case MOMENT_WINDOW:
		add(p, STEP_WAIT_BLOCKED, 0, 0);
		break;
	case MOMENT_CWND:
	case MOMENT_WIRE:
	case MOMENT_SPURIOUS:
	case MOMENT_LOST:
		add(p, STEP_WAIT_OUT, 0, 0);
		break;
	case MOMENT_REQDISC:
	case MOMENT_RERING:
		if (sent == 1) {
			add(p, STEP_WAIT_OUT, 0, 0);
			/* What is retransmitted into the closed gate is not retransmitted once more. */
			add(p, STEP_MARK, 0, 0);
			add(p, p->moment == MOMENT_RERING ? STEP_PAUSE : STEP_PLUG, 0, 0);
			add(p, STEP_WAIT_RETRANS, 0, 0);
		}
		break;
	case MOMENT_ACKED:
		add(p, STEP_WAIT_BLOCKED, 0, 0);
		break;
	case MOMENT_HALF:
		add(p, STEP_WAIT_BLOCKED, 0, 0);
		add(p, STEP_READ, rng_below(r, to), 0);
		break;
	case MOMENT_DONE:
		add(p, STEP_READ, to, 0);
		add(p, STEP_WAIT_ACKED, 0, 0);
		break;
	default:
		break;
	}
}

static void open_gate(struct plan *p, struct rng *r)
{
	switch (p->moment) {
	case MOMENT_CORK:
		add(p, STEP_UNCORK, 0, 0);
		break;
	case MOMENT_SPURIOUS:
		add(p, STEP_MARK, 0, 0);
		add(p, STEP_WAIT_RESENT, 0, 0);
		/* fall through */
	case MOMENT_CWND:
		add(p, STEP_ACKPASS, 0, 0);
		break;
	case MOMENT_QDISC:
		add(p, STEP_UNPLUG, 0, 0);
		break;
	case MOMENT_RING:
		add(p, STEP_RESUME, 0, 0);
		break;
	case MOMENT_WIRE:
		add(p, STEP_RELEASE, rng_below(r, p->eager ? ORDER_MAX : ORDER_DISCARD), 0);
		break;
	case MOMENT_LOST:
		if (rng_one_in(r, 2)) {
			add(p, STEP_MARK, 0, 0);
			add(p, STEP_WAIT_RESENT, 0, 0);
		}
		add(p, STEP_UNDROP, rng_below(r, 2), 0);
		break;
	case MOMENT_REQDISC:
		add(p, STEP_UNPLUG, 0, 0);
		add(p, STEP_UNDROP, rng_below(r, 2), 0);
		break;
	case MOMENT_RERING:
		add(p, STEP_RESUME, 0, 0);
		add(p, STEP_UNDROP, rng_below(r, 2), 0);
		break;
	default:
		break;
	}
}

static void script_usual(struct plan *p, struct rng *r)
{
	unsigned int written = 0, until;

	close_gate(p, r);
	for (unsigned int i = 0; i < p->n_chunks; i++) {
		add(p, STEP_SEND, i, 0);
		reach(p, r, i + 1);
		/* The last write comes after the last chunk. */
		until = i + 1 == p->n_chunks ? p->n_writes :
			written + rng_below(r, p->n_writes - written);
		while (written < until)
			add(p, STEP_WRITE, written++, 0);
	}
	open_gate(p, r);
}

/* A gate that this network has, or none. */
static enum moment any_gate(const struct plan *p, struct rng *r)
{
	static const enum moment gates[] = {
		MOMENT_RACE, MOMENT_CORK, MOMENT_QDISC, MOMENT_RING, MOMENT_CWND, MOMENT_WIRE,
	};

	return gates[rng_below(r, net_is_gated(p->net) ? 6 : p->net == NET_VETH ? 3 : 2)];
}

/* Send everything. Then write, open the gate and read, all at the same time. */
static void script_race(struct plan *p, struct rng *r)
{
	enum moment was = p->moment;

	p->small_window |= rng_one_in(r, 2);
	p->moment = any_gate(p, r);
	close_gate(p, r);
	for (unsigned int i = 0; i < p->n_chunks; i++) {
		add(p, STEP_SEND, i, 0);
		reach(p, r, i + 1);
	}
	for (unsigned int i = 0; i + 1 < p->n_writes; i++)
		add(p, STEP_WRITE, i, 0);
	if (rng_one_in(r, 2)) {
		add(p, STEP_WRITE_START, p->n_writes - 1, 0);
		open_gate(p, r);
	} else {
		open_gate(p, r);
		add(p, STEP_WRITE_START, p->n_writes - 1, 0);
	}
	for (unsigned int i = rng_below(r, 4); i; i--)
		add(p, STEP_READ, rng_below(r, plan_stream(p)), 0);
	add(p, STEP_WRITE_JOIN, 0, 0);
	p->moment = was;
}

/* Send everything, then close one of the two sockets. */
static void script_gone(struct plan *p, struct rng *r)
{
	enum moment was = p->moment;

	p->moment = rng_one_in(r, 2) ? MOMENT_WINDOW : any_gate(p, r);
	p->small_window |= p->moment == MOMENT_WINDOW && rng_one_in(r, 2);
	close_gate(p, r);
	for (unsigned int i = 0; i < p->n_chunks; i++) {
		add(p, STEP_SEND, i, 0);
		reach(p, r, i + 1);
	}
	if (p->moment == MOMENT_RACE && rng_one_in(r, 2))
		add(p, STEP_READ, rng_below(r, plan_stream(p)), 0);
	add(p, was == MOMENT_QUIT ? STEP_QUIT : was == MOMENT_RESET ? STEP_RESET : STEP_CLOSE, 0, 0);
	for (unsigned int i = 0; i < p->n_writes; i++)
		add(p, STEP_WRITE, i, 0);
	open_gate(p, r);
	p->moment = was;
}

struct walk {
	bool plug, pause, hold, drop, acks, cork;
	unsigned int sent, written;
};

/* Toggle one gate, of those that this network has. */
static void walk_gate(struct plan *p, struct rng *r, struct walk *w)
{
	uint32_t all = plan_stream(p), from;

	switch (rng_below(r, net_is_gated(p->net) ? 6 : p->net == NET_VETH ? 2 : 1)) {
	case 0:
		w->cork = !w->cork;
		add(p, w->cork ? STEP_CORK : STEP_UNCORK, 0, 0);
		break;
	case 1:
		w->plug = !w->plug;
		add(p, w->plug ? STEP_PLUG : STEP_UNPLUG, 0, 0);
		break;
	case 2:
		w->pause = !w->pause;
		add(p, w->pause ? STEP_PAUSE : STEP_RESUME, 0, 0);
		break;
	case 3:
		w->hold = !w->hold;
		add(p, w->hold ? STEP_HOLD : STEP_RELEASE,
		    rng_below(r, p->eager ? ORDER_MAX : ORDER_DISCARD), 0);
		break;
	case 4:
		w->drop = !w->drop && p->eager;
		from = rng_below(r, all);
		if (w->drop)
			add(p, STEP_DROP, from, from + 1 + rng_below(r, all - from));
		else
			add(p, STEP_UNDROP, rng_below(r, 2), 0);
		break;
	case 5:
		w->acks = !w->acks;
		add(p, w->acks ? STEP_ACKHOLD : STEP_ACKPASS, 0, 0);
		break;
	}
}

/* Wait for a state that the flow reaches for sure with these gates closed. */
static void walk_wait(struct plan *p, const struct walk *w)
{
	if (w->plug || w->pause)
		return;
	if (net_is_gated(p->net))
		add(p, STEP_WAIT_OUT, 0, 0);
	else if (!w->cork)
		add(p, STEP_WAIT_BLOCKED, 0, 0);
}

static void script_walk(struct plan *p, struct rng *r)
{
	struct walk w = { 0 };

	for (unsigned int left = 6 + rng_below(r, 10); left; left--) {
		switch (rng_below(r, 8)) {
		case 0:
		case 1:
			if (w.sent < p->n_chunks)
				add(p, STEP_SEND, w.sent++, 0);
			break;
		case 2:
		case 3:		/* the last one can end the file: only behind the last chunk */
			if (w.sent && w.written + (w.sent < p->n_chunks) < p->n_writes)
				add(p, STEP_WRITE, w.written++, 0);
			break;
		case 4:
			walk_wait(p, &w);
			break;
		case 5:
			if (w.sent && !w.plug && !w.pause && !w.hold && !w.drop && !w.acks &&
			    !w.cork)
				add(p, STEP_READ, rng_below(r, stream_to(p, w.sent)), 0);
			break;
		default:
			walk_gate(p, r, &w);
			break;
		}
	}
	while (w.sent < p->n_chunks)
		add(p, STEP_SEND, w.sent++, 0);
	if (rng_one_in(r, 2))
		walk_wait(p, &w);
	while (w.written < p->n_writes)
		add(p, STEP_WRITE, w.written++, 0);
}

void script_make(struct plan *p, struct rng *r)
{
	if (p->moment == MOMENT_WALK)
		script_walk(p, r);
	else if (p->moment == MOMENT_RACE)
		script_race(p, r);
	else if (p->moment == MOMENT_CLOSED || p->moment == MOMENT_RESET ||
		 p->moment == MOMENT_QUIT)
		script_gone(p, r);
	else
		script_usual(p, r);
	/* Read the rest. flow.c first opens each gate that is still closed. */
	add(p, STEP_READ, ALL, 0);
}
