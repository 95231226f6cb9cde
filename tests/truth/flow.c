// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * flow - the interpreter of a plan. A step that waits polls a condition. If the
 * condition does not come true in time, the flow notes that as its trouble, takes
 * the next step, and has failed.
 */
#include "flow.h"

#include <errno.h>
#include <netinet/ip.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "conn.h"
#include "content.h"
#include "lib/say.h"
#include "net.h"
#include "reality.h"
#include "relay.h"
#include "send.h"
#include "trace.h"
#include "write.h"

#define DEADLINE_S 20
#define STUCK_S 8

struct flow {
	const struct plan *p;
	struct file *f;
	struct conn c;
	struct truth *truth;
	struct rng rng;
	uint32_t sent, got;		/* bytes of the stream */
	bool aborted, quit, plugged, paused, held, dropping, acks_held, corked;
	uint32_t mark_resent, mark_retrans;
	uint32_t outq;			/* as it was seen last, and since when */
	uint64_t outq_since;
};

const char *const state_names[] = {
	"unsent", "in this host", "under way", "dropped", "unread here", "read",
};

static struct reality reality;

static struct gate_seen seen_now(void)
{
	struct gate_seen seen;

	relay_seen(&seen);
	return seen;
}

static struct conn_state state_now(const struct flow *w)
{
	struct conn_state state = { 0 };

	if (w->c.tx >= 0)
		conn_state(w->c.tx, &state);
	return state;
}

/* Nothing is acknowledged any more on a connection that one side has ended. */
static uint32_t outq_now(const struct flow *w)
{
	return w->c.tx >= 0 && !state_now(w).closed ? conn_outq(w->c.tx) : 0;
}

static bool is_out(struct flow *w)
{
	return seen_now().end >= w->sent - state_now(w).notsent;
}

/*
 * Small packets can fill a reader's memory before its window. The reader then
 * drops packets, and the sender retransmits them until it reads. That counts as
 * blocked, too.
 */
static bool is_stuck(struct flow *w)
{
	uint32_t outq = outq_now(w);

	if (outq != w->outq) {
		w->outq = outq;
		w->outq_since = now_us();
	}
	return now_us() - w->outq_since > STUCK_S * 1000000ull;
}

static bool is_blocked(struct flow *w)
{
	struct conn_state state = state_now(w);

	return (!state.unacked && (state.notsent || !outq_now(w))) || is_stuck(w);
}

static bool is_acked(struct flow *w)
{
	return !outq_now(w);
}

/* The segment may have been retransmitted and acknowledged before the mark. */
static bool is_resent(struct flow *w)
{
	return seen_now().resent > w->mark_resent || is_acked(w);
}

static bool is_retransmitted(struct flow *w)
{
	return state_now(w).retrans > w->mark_retrans || is_acked(w);
}

static bool is_over(struct flow *w)
{
	struct gate_seen seen = seen_now();

	return seen.over && !seen.waiting && (w->aborted || seen.acked >= w->sent);
}

static void trouble(struct flow *w, const char *what)
{
	if (!*w->truth->trouble)
		snprintf(w->truth->trouble, sizeof(w->truth->trouble), "%s", what);
	trace("    TROUBLE: %s", what);
}

static void wait_for(struct flow *w, bool (*done)(struct flow *w), const char *what)
{
	uint64_t until = now_us() + DEADLINE_S * 1000000ull;

	while (!done(w)) {
		if (now_us() > until) {
			trouble(w, what);
			return;
		}
		nap();
	}
}

static void send_chunk(struct flow *w, unsigned int i)
{
	const struct plan_range *r = &w->p->chunk[i];

	reality.place[i] = w->sent;
	memcpy(reality.meant + w->sent, w->f->model + r->off, r->len);
	send_range(w->p->sender, w->c.tx, w->f, r);
	w->sent += r->len;
}

static void send_header(struct flow *w)
{
	uint32_t left = w->p->header;
	ssize_t n;

	memset(reality.meant, 'H', left);
	for (; left; left -= n, w->sent += n) {
		n = send(w->c.tx, reality.meant, left, 0);
		must(n > 0, "send");
	}
}

static void read_up_to(struct flow *w, uint32_t most)
{
	uint32_t to = most < w->sent - w->got ? w->got + most : w->sent;

	while (w->got < to && !w->quit) {
		ssize_t n = conn_read(&w->c, w->p, reality.arrived + w->got, to - w->got);

		if (n <= 0 && w->aborted)
			return;
		if (n <= 0) {
			trouble(w, n ? "read: nothing comes" : "read: the stream ended early");
			return;
		}
		w->got += n;
	}
}

static void step(struct flow *w, const struct plan_step *s)
{
	switch (s->op) {
	case STEP_SEND:
		send_chunk(w, s->a);
		break;
	case STEP_WRITE:
	case STEP_WRITE_START:
		write_start(w->p, w->f, s->a);
		if (s->op == STEP_WRITE_START)
			break;
		/* fall through */
	case STEP_WRITE_JOIN:
		write_join();
		break;
	case STEP_READ:
		read_up_to(w, s->a);
		break;
	case STEP_PLUG:
	case STEP_UNPLUG:
		w->plugged = s->op == STEP_PLUG;
		net_plug(w->p->net, w->plugged);
		break;
	case STEP_PAUSE:
	case STEP_RESUME:
		w->paused = s->op == STEP_PAUSE;
		relay_pause(w->paused);
		break;
	case STEP_HOLD:
		w->held = true;
		relay_hold();
		break;
	case STEP_RELEASE:
		w->held = false;
		relay_release(s->a, &w->rng);
		break;
	case STEP_DROP:
		w->dropping = true;
		relay_drop(s->a, s->b);
		break;
	case STEP_UNDROP:
		w->dropping = false;
		relay_undrop(s->a);
		break;
	case STEP_ACKHOLD:
	case STEP_ACKPASS:
		w->acks_held = s->op == STEP_ACKHOLD;
		relay_hold_acks(w->acks_held);
		break;
	case STEP_CORK:
	case STEP_UNCORK:
		w->corked = s->op == STEP_CORK;
		if (w->c.tx >= 0)
			conn_cork(w->c.tx, w->corked);
		break;
	case STEP_CLOSE:
	case STEP_RESET:
		w->aborted = s->op == STEP_RESET;
		conn_close_sender(&w->c, w->aborted);
		break;
	case STEP_QUIT:
		w->aborted = w->quit = true;
		conn_close_reader(&w->c, w->p, true);
		break;
	case STEP_MARK:
		w->mark_resent = seen_now().resent;
		w->mark_retrans = state_now(w).retrans;
		break;
	case STEP_WAIT_OUT:
		wait_for(w, is_out, "all that was transmitted went by");
		break;
	case STEP_WAIT_BLOCKED:
		w->outq_since = now_us();
		wait_for(w, is_blocked, "all that may be sent is acknowledged");
		break;
	case STEP_WAIT_ACKED:
		wait_for(w, is_acked, "everything is acknowledged");
		break;
	case STEP_WAIT_RESENT:
		wait_for(w, is_resent, "a retransmission went by");
		break;
	case STEP_WAIT_RETRANS:
		wait_for(w, is_retransmitted, "the sender retransmitted");
		break;
	case STEP_MAX:
		break;
	}
}

/* Which states the flow has bytes in. */
static void note_states(struct flow *w)
{
	struct conn_state state = state_now(w);
	struct gate_seen seen = { 0 };
	bool in[STATE_MAX] = { 0 };

	if (net_is_gated(w->p->net))
		seen = seen_now();
	in[STATE_UNSENT] = state.notsent;
	in[STATE_IN_HOST] = net_is_gated(w->p->net) ? seen.end < w->sent - state.notsent :
						   w->plugged && state.unacked;
	in[STATE_UNDER_WAY] = seen.kept;
	in[STATE_DROPPED] = w->dropping && seen.dropped;
	in[STATE_UNREAD] = !net_is_gated(w->p->net) && conn_inq(w->c.rx);
	in[STATE_READ] = w->got;
	for (enum state i = 0; i < STATE_MAX; i++)
		w->truth->reached[i] += in[i];
}

static void step_traced(struct flow *w, const struct plan_step *s)
{
	if (s->op == STEP_WRITE || s->op == STEP_WRITE_START)
		note_states(w);
	if (trace_on) {
		struct gate_seen seen = seen_now();
		struct conn_state state = state_now(w);

		trace("sent %u got %u | outq %u notsent %u unacked %u cwnd %u retrans %u inq %u | "
		      "relay %u resent %u dropped %u", w->sent, w->got, outq_now(w),
		      state.notsent, state.unacked, state.cwnd, state.retrans, w->c.rx < 0 ? 0 : conn_inq(w->c.rx),
		      seen.end, seen.resent, seen.dropped);
		trace("%s %u %u", step_names[s->op], s->a, s->b);
	}
	step(w, s);
}

/* Open the gates that are still closed, from the sender to the reader. */
static void open_gates(struct flow *w)
{
	const struct { bool closed; struct plan_step open; } gates[] = {
		{ w->corked, { STEP_UNCORK, 0, 0 } },
		{ w->plugged, { STEP_UNPLUG, 0, 0 } },
		{ w->paused, { STEP_RESUME, 0, 0 } },
		{ w->held, { STEP_RELEASE, ORDER_SAME, 0 } },
		{ w->dropping, { STEP_UNDROP, 1, 0 } },
		{ w->acks_held, { STEP_ACKPASS, 0, 0 } },
	};

	for (unsigned int i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
		if (gates[i].closed)
			step_traced(w, &gates[i].open);
	}
}

void flow_init(enum net only)
{
	int here, there;

	content_init();
	net_make(&here, &there);
	if (only == NET_CARD)
		relay_use_card(net_make_card());
	else
		relay_start(here, there);
	file_init();
	write_init();
	send_init();
}

void flow_run(const struct plan *p, struct truth *ret)
{
	const int tos = IPTOS_THROUGHPUT;
	struct flow w = { .p = p, .truth = ret, .rng = { .state = p->seed ^ p->n } };

	*ret = (struct truth){ .n = p->n };
	w.f = file_fresh(p);
	relay_follow(PLAN_PORT + p->place);
	conn_open(&w.c, p);
	if (p->net == NET_CARD)
		relay_weather(p->weather, p->late, &w.rng);
	send_prepare(p->sender, w.c.tx);
	send_header(&w);
	/* The option lets the socket forget its route. It finds it again when it transmits. */
	if (p->no_route)
		must(!setsockopt(w.c.tx, IPPROTO_IP, IP_TOS, &tos, sizeof(tos)), "IP_TOS");
	for (unsigned int i = 0; i < p->n_steps; i++) {
		if (i + 1 == p->n_steps)
			open_gates(&w);
		step_traced(&w, &p->step[i]);
	}
	if (!*ret->trouble)
		wait_for(&w, is_acked, "everything is acknowledged at the end");
	/* Packets that are still in the ring can be later transmissions of bytes that arrived. */
	conn_close(&w.c, p);
	if (net_is_gated(p->net) && !*ret->trouble)
		wait_for(&w, is_over, "the end of the stream went by");
	if (w.got != w.sent && !w.aborted)
		trouble(&w, "not everything arrived");
	reality_find_runs(&reality, p, w.got, net_is_gated(p->net) ? relay_changes() : NULL, ret);
}
