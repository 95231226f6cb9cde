// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* relay - see relay.h. All state is under one mutex. */
#include "relay.h"

#include <errno.h>
#include <linux/virtio_net.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/say.h"
#include "port.h"

#define HEAD sizeof(struct virtio_net_hdr)
#define PACKET_MAX (HEAD + 65536)
#define BATCH 64		/* packets of one side before the other has a turn */

static struct {
	pthread_mutex_t lock;
	int here, there, bell;
	int card;		/* the port of the card, or -1 */
	struct gates gates;
} relay = { .lock = PTHREAD_MUTEX_INITIALIZER, .card = -1 };

/* If the queue of the device is full, the packet is lost. Any network may do that. */
static void forward(bool to_there, const uint8_t *bytes, uint32_t len)
{
	int fd = to_there ? relay.there : relay.here;

	must(write(fd, bytes, len) >= 0 || errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM,
	     "write to a tun device");
}

/* The rest of an skb's data behind what was copied stays where it is, unread. */
static bool take(bool to_there)
{
	static uint8_t bytes[PACKET_MAX];
	ssize_t n = read(to_there ? relay.here : relay.there, bytes, sizeof(bytes));

	must(n >= 0 || errno == EAGAIN, "read from a tun device");
	if (n <= 0)
		return false;
	gates_pass(&relay.gates, 0, to_there, bytes, n);
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
		for (int i = 0; i < BATCH && !relay.gates.pause && take(true); i++)
			;
		for (int i = 0; i < BATCH && take(false); i++)
			;
		fds[2].fd = relay.gates.pause ? -1 : relay.here;
		pthread_mutex_unlock(&relay.lock);
		poll(fds, 3, -1);
		if (fds[0].revents && read(relay.bell, &rung, sizeof(rung)) < 0)
			return arg;
	}
}

void relay_start(int tun_here, int tun_there)
{
	pthread_t thread;

	relay.here = tun_here;
	relay.there = tun_there;
	relay.bell = eventfd(0, EFD_CLOEXEC);
	must(relay.bell >= 0, "eventfd");
	gates_init(&relay.gates, HEAD, forward);
	errno = pthread_create(&thread, NULL, run, NULL);
	must(!errno, "thread");
	pthread_setname_np(thread, "relay");
}

void relay_use_card(int port)
{
	relay.card = port;
}

static void obey(const struct gate_order *o, struct gate_answer *ret)
{
	const uint64_t one = 1;

	if (relay.card >= 0) {
		port_write(relay.card, o, sizeof(*o));
		port_read(relay.card, ret, sizeof(*ret));
		return;
	}
	pthread_mutex_lock(&relay.lock);
	gates_obey(&relay.gates, o, ret);
	pthread_mutex_unlock(&relay.lock);
	if (o->op != GATE_LOOK)
		must(write(relay.bell, &one, sizeof(one)) == sizeof(one), "eventfd");
}

static void order(enum gate_op op, uint32_t a, uint32_t b)
{
	struct gate_order o = { .op = op, .a = a, .b = b };
	struct gate_answer answer;

	obey(&o, &answer);
}

/* An order that draws numbers. */
static void order_random(enum gate_op op, uint32_t a, uint32_t b, struct rng *r)
{
	struct gate_order o = { .op = op, .a = a, .b = b, .rng = *r };
	struct gate_answer answer;

	obey(&o, &answer);
	*r = answer.rng;
}

void relay_follow(uint16_t port)
{
	order(GATE_FOLLOW, port, 0);
}

void relay_weather(enum weather weather, enum late late, struct rng *r)
{
	order_random(GATE_WEATHER, weather, late, r);
}

void relay_pause(bool pause)
{
	order(GATE_PAUSE, pause, 0);
}

void relay_hold(void)
{
	order(GATE_HOLD, 0, 0);
}

void relay_release(enum order how, struct rng *r)
{
	order_random(GATE_RELEASE, how, 0, r);
}

void relay_drop(uint32_t from, uint32_t to)
{
	order(GATE_DROP, from, to);
}

void relay_undrop(bool deliver)
{
	order(GATE_UNDROP, deliver, 0);
}

void relay_hold_acks(bool hold)
{
	order(GATE_HOLD_ACKS, hold, 0);
}

void relay_seen(struct gate_seen *ret)
{
	struct gate_order o = { .op = GATE_LOOK };
	struct gate_answer answer;

	obey(&o, &answer);
	*ret = answer.seen;
}

const uint8_t *relay_changes(void)
{
	struct gate_order o = { .op = GATE_CHANGES };
	struct gate_answer answer;

	if (relay.card < 0)
		return relay.gates.changes;
	obey(&o, &answer);
	memset(relay.gates.changes, 0, sizeof(relay.gates.changes));
	if (answer.seen.changed)
		port_read(relay.card, relay.gates.changes, answer.seen.end);
	return relay.gates.changes;
}
