// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* relay - see relay.h. All state is under one mutex; packets wait in lists. */
#include "relay.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "lib/say.h"
#include "trace.h"

#define HEAD sizeof(struct virtio_net_hdr)
#define PACKET_MAX (HEAD + 65536)
#define BATCH 64		/* packets of one side before the other has a turn */

struct packet {
	STAILQ_ENTRY(packet) entry;
	uint32_t len;
	uint8_t bytes[];
};
STAILQ_HEAD(packets, packet);

/* A packet of the flow, parsed. */
struct look {
	bool ours, syn, end, is_ack;
	uint32_t seq, ack;
	const uint8_t *data;
	uint32_t len;
};

static struct {
	pthread_mutex_t lock;
	int here, there, bell;
	uint16_t port;
	uint32_t first;		/* sequence number of the stream's first byte */
	bool pause, hold, drop, hold_acks;
	uint32_t drop_from, drop_to;
	struct packets held, dropped, acks;
	struct relay_seen seen;
	uint8_t version[PLAN_STREAM];
	uint8_t known[PLAN_STREAM];
	uint8_t changes[PLAN_STREAM];
} relay = { .lock = PTHREAD_MUTEX_INITIALIZER };

static void look_at(const uint8_t *bytes, uint32_t len, bool to_there, struct look *ret)
{
	const struct iphdr *ip = (const void *)(bytes + HEAD);
	const struct tcphdr *tcp;
	uint32_t ip_len;

	*ret = (struct look){ .ours = false };
	if (len < HEAD + sizeof(*ip) + sizeof(*tcp) || ip->version != 4 ||
	    ip->protocol != IPPROTO_TCP)
		return;
	ip_len = len - HEAD;
	tcp = (const void *)((const uint8_t *)ip + ip->ihl * 4);
	if (ntohs(to_there ? tcp->source : tcp->dest) != relay.port)
		return;
	ret->ours = true;
	ret->syn = tcp->syn;
	ret->end = tcp->fin || tcp->rst;
	ret->is_ack = tcp->ack;
	ret->seq = ntohl(tcp->seq);
	ret->ack = ntohl(tcp->ack_seq);
	ret->data = (const uint8_t *)tcp + tcp->doff * 4;
	ret->len = ip_len - ip->ihl * 4 - tcp->doff * 4;
}

static void compare(uint32_t off, const uint8_t *data, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++) {
		if (!relay.known[off + i])
			relay.version[off + i] = data[i];
		else if (relay.version[off + i] != data[i])
			relay.changes[off + i] = 1;
	}
}

static void record(uint32_t off, const uint8_t *data, uint32_t len)
{
	relay.seen.packets++;
	if (off >= PLAN_STREAM)
		return;
	if (len > PLAN_STREAM - off)
		len = PLAN_STREAM - off;
	if (off < relay.seen.end)
		relay.seen.resent++;
	if (off == relay.seen.end)	/* nearly always */
		memcpy(relay.version + off, data, len);
	else
		compare(off, data, len);
	memset(relay.known + off, 1, len);
	if (off + len > relay.seen.end)
		relay.seen.end = off + len;
}

static void keep(struct packets *list, const uint8_t *bytes, uint32_t len)
{
	struct packet *p = malloc(sizeof(*p) + len);

	must(p, "memory for a packet");
	p->len = len;
	memcpy(p->bytes, bytes, len);
	STAILQ_INSERT_TAIL(list, p, entry);
}

/* If the queue of the device is full, the packet is lost. Any network may do that. */
static void forward(int fd, const uint8_t *bytes, uint32_t len)
{
	must(write(fd, bytes, len) >= 0 || errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM,
	     "write to a tun device");
}

/* Take all packets from a list, and call a function for each. */
static void flush(struct packets *list, void (*go_on)(const uint8_t *bytes, uint32_t len))
{
	struct packet *p;

	while ((p = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, entry);
		if (go_on)
			go_on(p->bytes, p->len);
		free(p);
	}
}

static void deliver_there(const uint8_t *bytes, uint32_t len)
{
	forward(relay.there, bytes, len);
}

static void from_here(const uint8_t *bytes, uint32_t len)
{
	struct look l;
	uint32_t off;

	look_at(bytes, len, true, &l);
	if (l.ours && l.syn)
		relay.first = l.seq + 1;
	relay.seen.over |= l.end;
	if (!l.ours || l.syn || !l.len) {
		forward(relay.there, bytes, len);
		return;
	}
	off = l.seq - relay.first;
	record(off, l.data, l.len);
	if (trace_on)
		trace("    relay: %u+%u%s", off, l.len, relay.drop && off < relay.drop_to &&
		      off + l.len > relay.drop_from ? " dropped" : relay.hold ? " held" : "");
	if (relay.drop && off < relay.drop_to && off + l.len > relay.drop_from) {
		relay.seen.dropped++;
		if (relay.seen.dropped < 100)
			keep(&relay.dropped, bytes, len);
	} else if (relay.hold) {
		keep(&relay.held, bytes, len);
		relay.seen.kept++;
	} else {
		forward(relay.there, bytes, len);
	}
}

static void answer(const uint8_t *bytes, uint32_t len)
{
	struct look l;

	forward(relay.here, bytes, len);
	look_at(bytes, len, false, &l);
	if (l.ours && l.is_ack && (int32_t)(l.ack - relay.first - relay.seen.acked) > 0)
		relay.seen.acked = l.ack - relay.first;
}

static void from_there(const uint8_t *bytes, uint32_t len)
{
	struct look l;

	look_at(bytes, len, false, &l);
	if (l.ours && relay.hold_acks)
		keep(&relay.acks, bytes, len);
	else
		answer(bytes, len);
}

/* The rest of an skb's data behind what was copied stays where it is, unread. */
static bool take(int fd, void (*go_on)(const uint8_t *bytes, uint32_t len))
{
	static uint8_t bytes[PACKET_MAX];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	must(n >= 0 || errno == EAGAIN, "read from a tun device");
	if (n <= 0)
		return false;
	go_on(bytes, n);
	return true;
}

static void *run(void *arg)
{
	struct pollfd fds[3] = {
		{ .events = POLLIN, .fd = relay.bell },
		{ .events = POLLIN, .fd = relay.there },
		{ .events = POLLIN },
	};
	uint64_t rung;

	for (;;) {
		pthread_mutex_lock(&relay.lock);
		for (int i = 0; i < BATCH && !relay.pause && take(relay.here, from_here); i++)
			;
		for (int i = 0; i < BATCH && take(relay.there, from_there); i++)
			;
		fds[2].fd = relay.pause ? -1 : relay.here;
		pthread_mutex_unlock(&relay.lock);
		poll(fds, 3, -1);
		if (fds[0].revents && read(relay.bell, &rung, sizeof(rung)) < 0)
			return arg;
	}
}

static void begin(void)
{
	pthread_mutex_lock(&relay.lock);
}

static void end(void)
{
	const uint64_t one = 1;

	pthread_mutex_unlock(&relay.lock);
	must(write(relay.bell, &one, sizeof(one)) == sizeof(one), "eventfd");
}

void relay_start(int tun_here, int tun_there)
{
	pthread_t thread;

	relay.here = tun_here;
	relay.there = tun_there;
	relay.bell = eventfd(0, EFD_CLOEXEC);
	must(relay.bell >= 0, "eventfd");
	STAILQ_INIT(&relay.held);
	STAILQ_INIT(&relay.dropped);
	STAILQ_INIT(&relay.acks);
	errno = pthread_create(&thread, NULL, run, NULL);
	must(!errno, "thread");
	pthread_setname_np(thread, "relay");
}

void relay_follow(uint16_t port)
{
	begin();
	relay.port = port;
	relay.pause = relay.hold = relay.drop = relay.hold_acks = false;
	flush(&relay.held, NULL);
	flush(&relay.dropped, NULL);
	flush(&relay.acks, NULL);
	memset(relay.known, 0, relay.seen.end);
	memset(relay.changes, 0, relay.seen.end);
	relay.seen = (struct relay_seen){ 0 };
	end();
}

void relay_pause(bool pause)
{
	begin();
	relay.pause = pause;
	end();
}

void relay_hold(void)
{
	begin();
	relay.hold = true;
	end();
}

/* A permutation of the kept packets, with each at most `twice` times. */
void relay_release(enum order order, struct rng *r)
{
	struct packet *p, **all;
	unsigned int n = 0, i = 0;

	begin();
	relay.hold = false;
	STAILQ_FOREACH(p, &relay.held, entry)
		n++;
	all = calloc(n + 1, sizeof(*all));
	must(all, "memory");
	STAILQ_FOREACH(p, &relay.held, entry)
		all[order == ORDER_REVERSE ? n - 1 - i++ : i++] = p;
	for (i = n; order == ORDER_SHUFFLE && i > 1; i--) {
		unsigned int k = rng_below(r, i);

		p = all[i - 1];
		all[i - 1] = all[k];
		all[k] = p;
	}
	for (i = 0; order != ORDER_DISCARD && i < n; i++) {
		forward(relay.there, all[i]->bytes, all[i]->len);
		if (order == ORDER_TWICE)
			forward(relay.there, all[i]->bytes, all[i]->len);
	}
	free(all);
	relay.seen.kept = 0;
	flush(&relay.held, NULL);
	end();
}

void relay_drop(uint32_t from, uint32_t to)
{
	begin();
	relay.drop = true;
	relay.drop_from = from;
	relay.drop_to = to;
	end();
}

void relay_undrop(bool deliver)
{
	begin();
	relay.drop = false;
	flush(&relay.dropped, deliver ? deliver_there : NULL);
	end();
}

void relay_hold_acks(bool hold)
{
	begin();
	relay.hold_acks = hold;
	if (!hold)
		flush(&relay.acks, answer);
	end();
}

void relay_seen(struct relay_seen *ret)
{
	pthread_mutex_lock(&relay.lock);
	*ret = relay.seen;
	pthread_mutex_unlock(&relay.lock);
}

const uint8_t *relay_changes(void)
{
	return relay.changes;
}
