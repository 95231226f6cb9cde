// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * vhost - see vhost.h. A message is a head, a body and up to eight file
 * descriptors. Of the protocol's extensions the card has none.
 */
#include "vhost.h"

#include <errno.h>
#include <linux/vhost.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/say.h"

#define BIT(n) (1ull << (n))
#define HAS_PROTOCOL_FEATURES BIT(30)
#define FEATURES (BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_NET_F_MRG_RXBUF) |		\
		  BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_HOST_TSO4) |		\
		  BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_GUEST_TSO4) |		\
		  HAS_PROTOCOL_FEATURES)
#define VERSION 1u
#define REPLY 4u
#define NO_FD BIT(8)		/* of a message that could bring a file descriptor */

enum {
	GET_FEATURES = 1, SET_FEATURES = 2, SET_OWNER = 3, SET_MEM_TABLE = 5,
	SET_VRING_NUM = 8, SET_VRING_ADDR = 9, SET_VRING_BASE = 10, GET_VRING_BASE = 11,
	SET_VRING_KICK = 12, SET_VRING_CALL = 13, SET_VRING_ERR = 14,
	GET_PROTOCOL_FEATURES = 15, SET_PROTOCOL_FEATURES = 16, SET_VRING_ENABLE = 18,
};

struct table {
	uint32_t n, unused;
	struct {
		uint64_t guest, size, owner, offset;
	} region[MEMORY_REGIONS];
};

struct message {
	struct {
		uint32_t what, flags, size;
	} head;
	union {
		uint64_t number;
		struct vhost_vring_state state;
		struct vhost_vring_addr addr;
		struct table table;
	} body;
	int fd[MEMORY_REGIONS];
	unsigned int n_fds;
};

static void take_fds(struct msghdr *msg, struct message *m)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
		return;
	m->n_fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	memcpy(m->fd, CMSG_DATA(c), m->n_fds * sizeof(int));
}

static bool receive(int sock, struct message *m)
{
	char control[CMSG_SPACE(sizeof(m->fd))];
	struct iovec iov = { &m->head, sizeof(m->head) };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n;

	memset(m, 0, sizeof(*m));
	n = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | MSG_WAITALL);
	if (n <= 0)
		return false;
	take_fds(&msg, m);
	errno = EPROTO;
	must(n == sizeof(m->head) && m->head.size <= sizeof(m->body), "message %u of %u bytes",
	     m->head.what, m->head.size);
	must(!m->head.size ||
	     recv(sock, &m->body, m->head.size, MSG_WAITALL) == (ssize_t)m->head.size,
	     "message %u", m->head.what);
	return true;
}

static void reply(int sock, struct message *m, uint32_t size)
{
	struct iovec iov[] = { { &m->head, sizeof(m->head) }, { &m->body, size } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

	m->head.flags = VERSION | REPLY;
	m->head.size = size;
	must(sendmsg(sock, &msg, MSG_NOSIGNAL) == (ssize_t)(sizeof(m->head) + size), "reply");
}

static void set_memory(struct memory *mem, const struct message *m)
{
	const struct table *t = &m->body.table;

	errno = EPROTO;
	must(t->n <= MEMORY_REGIONS && t->n == m->n_fds, "%u regions of memory", t->n);
	for (unsigned int i = 0; i < mem->n; i++)
		munmap(mem->region[i].here, mem->region[i].size);
	for (mem->n = 0; mem->n < t->n; mem->n++) {
		unsigned int i = mem->n;
		void *at = mmap(NULL, t->region[i].size, PROT_READ | PROT_WRITE, MAP_SHARED,
				m->fd[i], t->region[i].offset);

		must(at != MAP_FAILED, "memory of the guest");
		close(m->fd[i]);
		mem->region[i] = (struct region){
			.guest = t->region[i].guest, .owner = t->region[i].owner,
			.size = t->region[i].size, .here = at,
		};
	}
}

static unsigned int checked(uint64_t ring)
{
	errno = EPROTO;
	must(ring < NIC_RINGS, "ring %llu", (unsigned long long)ring);
	return ring;
}

static void set_rings(struct nic *c, const struct vhost_vring_addr *a)
{
	struct ring *r = &c->ring[checked(a->index)];
	size_t n = r->size;

	r->desc = memory_of_owner(&c->memory, a->desc_user_addr, n * sizeof(*r->desc));
	r->avail = memory_of_owner(&c->memory, a->avail_user_addr,
				   offsetof(struct vring_avail, ring[n]));
	r->used = memory_of_owner(&c->memory, a->used_user_addr,
				  offsetof(struct vring_used, ring[n]));
	must(r->desc && r->avail && r->used, "a ring outside of the guest's memory");
	c->used[a->index] = r->used->idx;
}

static void set_fd(int *fd, const struct message *m)
{
	if (*fd >= 0)
		close(*fd);
	*fd = m->body.number & NO_FD || !m->n_fds ? -1 : m->fd[0];
}

static void set_size(struct nic *c, const struct vhost_vring_state *s)
{
	errno = EPROTO;
	must(s->num && s->num <= RING_MAX && !(s->num & (s->num - 1)), "a ring of %u", s->num);
	c->ring[checked(s->index)].size = s->num;
}

bool vhost_message(int sock, struct nic *c)
{
	struct message m;
	unsigned int ring;

	if (!receive(sock, &m))
		return false;
	switch (m.head.what) {
	case GET_FEATURES:
		m.body.number = FEATURES;
		reply(sock, &m, sizeof(m.body.number));
		break;
	case GET_PROTOCOL_FEATURES:
		m.body.number = 0;
		reply(sock, &m, sizeof(m.body.number));
		break;
	case SET_MEM_TABLE:
		set_memory(&c->memory, &m);
		break;
	case SET_VRING_NUM:
		set_size(c, &m.body.state);
		break;
	case SET_VRING_ADDR:
		set_rings(c, &m.body.addr);
		break;
	case SET_VRING_BASE:
		c->ring[checked(m.body.state.index)].next = m.body.state.num;
		break;
	case GET_VRING_BASE:
		ring = checked(m.body.state.index);
		nic_stop(c, ring);
		m.body.state.num = c->ring[ring].next;
		reply(sock, &m, sizeof(m.body.state));
		break;
	case SET_VRING_KICK:
		ring = checked(m.body.number & 0xff);
		set_fd(&c->kick[ring], &m);
		c->started[ring] = c->ring[ring].used;
		break;
	case SET_VRING_CALL:
		set_fd(&c->call[checked(m.body.number & 0xff)], &m);
		break;
	case SET_VRING_ERR:
		if (m.n_fds)
			close(m.fd[0]);
		break;
	case SET_VRING_ENABLE:
		c->enabled[checked(m.body.state.index)] = m.body.state.num;
		break;
	case SET_FEATURES:
	case SET_OWNER:
	case SET_PROTOCOL_FEATURES:
		break;
	default:
		errno = EPROTO;
		must(false, "message %u", m.head.what);
	}
	return true;
}
