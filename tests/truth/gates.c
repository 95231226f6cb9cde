// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* gates - see gates.h. Packets wait in lists. */
#include "gates.h"

#include <arpa/inet.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "trace.h"

#define DROPPED_MAX 100		/* copies of dropped packets */

/* A packet of the flow, parsed. */
struct look {
	bool ours, syn, end, reset, is_ack;
	uint32_t seq, ack;
	const uint8_t *data;
	uint32_t len;
};

/* Of a thousand packets, how many; and microseconds. */
static const struct {
	uint32_t lost, acks_lost, delay, hole;
} weathers[WEATHER_MAX] = {
	[WEATHER_CALM] = { 0 },
	[WEATHER_LOSS] = { .lost = 50, .acks_lost = 50 },
	[WEATHER_STORM] = { .lost = 200 },
	[WEATHER_DEAF] = { .acks_lost = 300 },
	[WEATHER_JITTER] = { .delay = 40000 },
	[WEATHER_HOLES] = { .hole = 30 },
};

static void look_at(const struct gates *g, const uint8_t *bytes, uint32_t len, bool to_there,
		    struct look *ret)
{
	const struct iphdr *ip = (const void *)(bytes + g->head);
	const struct tcphdr *tcp;
	uint32_t ip_len;

	*ret = (struct look){ .ours = false };
	if (len < g->head + sizeof(*ip) + sizeof(*tcp) || ip->version != 4 ||
	    ip->protocol != IPPROTO_TCP)
		return;
	ip_len = len - g->head;
	tcp = (const void *)((const uint8_t *)ip + ip->ihl * 4);
	if (ntohs(to_there ? tcp->source : tcp->dest) != g->port)
		return;
	ret->ours = true;
	ret->syn = tcp->syn;
	ret->end = tcp->fin || tcp->rst;
	ret->reset = tcp->rst;
	ret->is_ack = tcp->ack;
	ret->seq = ntohl(tcp->seq);
	ret->ack = ntohl(tcp->ack_seq);
	ret->data = (const uint8_t *)tcp + tcp->doff * 4;
	ret->len = ip_len - ip->ihl * 4 - tcp->doff * 4;
}

static void compare(struct gates *g, uint32_t off, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (!g->known[off + i]) {
			g->version[off + i] = data[i];
		} else if (g->version[off + i] != data[i] && !g->changes[off + i]) {
			g->changes[off + i] = 1;
			g->seen.changed++;
		}
	}
}

static void record(struct gates *g, uint32_t off, const uint8_t *data, uint32_t len)
{
	g->seen.packets++;
	if (off >= PLAN_STREAM)
		return;
	if (len > PLAN_STREAM - off)
		len = PLAN_STREAM - off;
	if (off < g->seen.end)
		g->seen.resent++;
	if (off == g->seen.end)	/* nearly always */
		memcpy(g->version + off, data, len);
	else
		compare(g, off, data, len);
	memset(g->known + off, 1, len);
	if (off + len > g->seen.end)
		g->seen.end = off + len;
}

static struct packet *packet_new(const uint8_t *bytes, uint32_t len)
{
	struct packet *p = malloc(sizeof(*p) + len);

	must(p, "memory for a packet");
	p->len = len;
	memcpy(p->bytes, bytes, len);
	return p;
}

void packet_keep(struct packets *list, const uint8_t *bytes, uint32_t len)
{
	struct packet *p = packet_new(bytes, len);

	STAILQ_INSERT_TAIL(list, p, entry);
}

/* Take all packets from a list, and call a function for each. */
static void flush(struct gates *g, struct packets *list,
		  void (*go_on)(struct gates *g, const uint8_t *bytes, uint32_t len))
{
	struct packet *p;

	while ((p = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, entry);
		if (go_on)
			go_on(g, p->bytes, p->len);
		free(p);
	}
}

static void deliver_there(struct gates *g, const uint8_t *bytes, uint32_t len)
{
	g->put(true, bytes, len);
}

static bool happens(struct gates *g, uint32_t per_mille)
{
	return per_mille && rng_below(&g->rng, 1000) < per_mille;
}

/* In the order of their due times. */
static void delay(struct gates *g, const uint8_t *bytes, uint32_t len, uint32_t most)
{
	struct packet *p = packet_new(bytes, len), *at, *before = NULL;

	p->due = g->now + rng_below(&g->rng, most);
	STAILQ_FOREACH(at, &g->delayed, entry) {
		if (at->due > p->due)
			break;
		before = at;
	}
	if (before)
		STAILQ_INSERT_AFTER(&g->delayed, before, p, entry);
	else
		STAILQ_INSERT_HEAD(&g->delayed, p, entry);
	g->seen.kept++;
}

/* Returns whether the weather took the data. */
static bool is_lost(struct gates *g)
{
	if (happens(g, weathers[g->weather].hole))
		g->hole_until = g->now + 150000 + rng_below(&g->rng, 300000);
	return g->now < g->hole_until || happens(g, weathers[g->weather].lost);
}

static void from_here(struct gates *g, const uint8_t *bytes, uint32_t len)
{
	struct look l;
	uint32_t off;

	look_at(g, bytes, len, true, &l);
	if (l.ours && l.syn)
		g->first = l.seq + 1;
	g->seen.over |= l.end;
	if (!l.ours || l.syn || !l.len) {
		g->put(true, bytes, len);
		return;
	}
	off = l.seq - g->first;
	record(g, off, l.data, l.len);
	if (trace_on)
		trace("    relay: %u+%u%s", off, l.len, g->drop && off < g->drop_to &&
		      off + l.len > g->drop_from ? " dropped" : g->hold ? " held" : "");
	if (g->drop && off < g->drop_to && off + l.len > g->drop_from) {
		g->seen.dropped++;
		if (g->seen.dropped < DROPPED_MAX)
			packet_keep(&g->dropped, bytes, len);
	} else if (g->hold) {
		packet_keep(&g->held, bytes, len);
		g->seen.kept++;
	} else if (is_lost(g)) {
		g->seen.dropped++;
	} else if (weathers[g->weather].delay) {
		delay(g, bytes, len, weathers[g->weather].delay);
	} else {
		g->put(true, bytes, len);
	}
}

static void answer(struct gates *g, const uint8_t *bytes, uint32_t len)
{
	struct look l;

	g->put(false, bytes, len);
	look_at(g, bytes, len, false, &l);
	g->seen.over |= l.reset;
	if (l.ours && l.is_ack && (int32_t)(l.ack - g->first - g->seen.acked) > 0)
		g->seen.acked = l.ack - g->first;
}

static void from_there(struct gates *g, const uint8_t *bytes, uint32_t len)
{
	struct look l;

	look_at(g, bytes, len, false, &l);
	if (l.ours && g->hold_acks)
		packet_keep(&g->acks, bytes, len);
	else if (!l.ours || l.syn || l.end || !happens(g, weathers[g->weather].acks_lost))
		answer(g, bytes, len);
}

void gates_pass(struct gates *g, uint64_t now, bool to_there, const uint8_t *bytes, uint32_t len)
{
	g->now = now;
	if (to_there)
		from_here(g, bytes, len);
	else
		from_there(g, bytes, len);
}

uint64_t gates_tick(struct gates *g, uint64_t now)
{
	struct packet *p;

	while ((p = STAILQ_FIRST(&g->delayed))) {
		if (p->due > now)
			return p->due;
		STAILQ_REMOVE_HEAD(&g->delayed, entry);
		g->put(true, p->bytes, p->len);
		g->seen.kept--;
		free(p);
	}
	return UINT64_MAX;
}

static void follow(struct gates *g, uint16_t port)
{
	g->port = port;
	g->pause = g->hold = g->drop = g->hold_acks = false;
	g->weather = WEATHER_CALM;
	g->late = LATE_NOT;
	g->hole_until = 0;
	flush(g, &g->held, NULL);
	flush(g, &g->dropped, NULL);
	flush(g, &g->acks, NULL);
	flush(g, &g->delayed, NULL);
	memset(g->known, 0, g->seen.end);
	memset(g->changes, 0, g->seen.end);
	g->seen = (struct gate_seen){ 0 };
}

/* A permutation of the kept packets, with each at most `twice` times. */
static void release(struct gates *g, enum order order, struct rng *r)
{
	struct packet *p, **all;
	unsigned int n = 0, i = 0;

	g->hold = false;
	STAILQ_FOREACH(p, &g->held, entry)
		n++;
	all = calloc(n + 1, sizeof(*all));
	must(all, "memory");
	STAILQ_FOREACH(p, &g->held, entry)
		all[order == ORDER_REVERSE ? n - 1 - i++ : i++] = p;
	for (i = n; order == ORDER_SHUFFLE && i > 1; i--) {
		unsigned int k = rng_below(r, i);

		p = all[i - 1];
		all[i - 1] = all[k];
		all[k] = p;
	}
	for (i = 0; order != ORDER_DISCARD && i < n; i++) {
		g->put(true, all[i]->bytes, all[i]->len);
		if (order == ORDER_TWICE)
			g->put(true, all[i]->bytes, all[i]->len);
	}
	free(all);
	g->seen.kept -= n;
	flush(g, &g->held, NULL);
}

static void act(struct gates *g, const struct gate_order *o, struct rng *r)
{
	switch ((enum gate_op)o->op) {
	case GATE_FOLLOW:
		follow(g, o->a);
		break;
	case GATE_PAUSE:
		g->pause = o->a;
		break;
	case GATE_HOLD:
		g->hold = true;
		break;
	case GATE_RELEASE:
		release(g, o->a, r);
		break;
	case GATE_DROP:
		g->drop = true;
		g->drop_from = o->a;
		g->drop_to = o->b;
		break;
	case GATE_UNDROP:
		g->drop = false;
		flush(g, &g->dropped, o->a ? deliver_there : NULL);
		break;
	case GATE_HOLD_ACKS:
		g->hold_acks = o->a;
		if (!g->hold_acks)
			flush(g, &g->acks, answer);
		break;
	case GATE_WEATHER:
		g->weather = o->a < WEATHER_MAX ? o->a : WEATHER_CALM;
		g->late = o->b;
		g->rng = *r;
		break;
	case GATE_LOOK:
	case GATE_CHANGES:
	case GATE_MAX:
		break;
	}
}

void gates_obey(struct gates *g, const struct gate_order *o, struct gate_answer *ret)
{
	struct rng rng = o->rng;

	act(g, o, &rng);
	ret->seen = g->seen;
	ret->rng = rng;
}

void gates_init(struct gates *g, uint32_t head,
		void (*put)(bool to_there, const uint8_t *bytes, uint32_t len))
{
	g->head = head;
	g->put = put;
	STAILQ_INIT(&g->held);
	STAILQ_INIT(&g->dropped);
	STAILQ_INIT(&g->acks);
	STAILQ_INIT(&g->delayed);
}
