// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* frame.c - see frame.h. */
#include "frame.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ROOM (256u << 10)

struct frames {
	int fd;
	char *data;
	size_t room, begin, end;	/* bytes that were read and not taken are between the two */
};

int frames_new(struct frames **ret_frames, int fd)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (!f)
		return -ENOMEM;
	*f = (struct frames){ .fd = fd, .room = ROOM };
	f->data = malloc(f->room);
	if (!f->data) {
		free(f);
		return -ENOMEM;
	}
	*ret_frames = f;
	return 0;
}

static int make_room(struct frames *f, size_t need)
{
	char *data;

	memmove(f->data, f->data + f->begin, f->end - f->begin);
	f->end -= f->begin;
	f->begin = 0;
	if (need <= f->room)
		return 0;
	data = realloc(f->data, need);
	if (!data)
		return -ENOMEM;
	f->data = data;
	f->room = need;
	return 0;
}

/* Whether need bytes are there: 1 or 0, or -errno. */
static int have(struct frames *f, size_t need)
{
	while (f->end - f->begin < need) {
		ssize_t n;
		int err = f->begin + need > f->room ? make_room(f, need) : 0;

		if (err)
			return err;
		n = recv(f->fd, f->data + f->end, f->room - f->end, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		if (!n)
			return -EPIPE;
		f->end += n;
	}
	return 1;
}

int frames_next(struct frames *f, struct frame *ret_frame)
{
	struct frame_head head;
	int there = have(f, sizeof(head));

	if (there <= 0)
		return there;
	memcpy(&head, f->data + f->begin, sizeof(head));
	if (head.kind == FRAME_END)
		return -EPIPE;
	if (head.size > FRAME_MAX)
		return -EBADMSG;
	there = have(f, sizeof(head) + head.size);
	if (there <= 0)
		return there;
	*ret_frame = (struct frame){ head.kind, head.size, f->data + f->begin + sizeof(head) };
	f->begin += sizeof(head) + head.size;
	return 1;
}

int frames_take_all(struct frames *f, int fd, void (*take)(void *ctx, const struct frame *frame),
		    void *ctx)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	struct frame frame;
	int there;

	while ((there = frames_next(f, &frame)) >= 0) {
		if (there)
			take(ctx, &frame);
		else if (poll(&poll_fd, 1, -1) < 0 && errno != EINTR)
			return -errno;
	}
	return there;
}

void frames_free(struct frames *f)
{
	if (!f)
		return;
	free(f->data);
	free(f);
}
