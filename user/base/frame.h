/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * frame - how two processes of ours talk: a head that says what and how many bytes,
 * and then the bytes. One process alone writes.
 */
#ifndef PAGEFLIGHT_FRAME_H
#define PAGEFLIGHT_FRAME_H

#include <stddef.h>
#include <linux/types.h>

#define FRAME_END 0u		/* there will be no more, of any kind */
#define FRAME_MAX (256u << 20)	/* bytes behind a head */

struct frame_head {
	__u32 kind;
	__u32 size;
};

struct frame {
	__u32 kind;
	__u32 size;
	const char *data;	/* aligned to nothing; valid until the next one is asked for */
};

struct frames;

/* Read from a socket. 0 or -ENOMEM. */
int frames_new(struct frames **ret_frames, int fd);

/*
 * The next frame. 1: there it is; 0: there is none yet; -EPIPE: there will be none,
 * since the other side has said so, or has ended; or another -errno. Never blocks.
 */
int frames_next(struct frames *f, struct frame *ret_frame);

/*
 * Take every frame from the socket fd, and wait for more, until there will be none. Returns why:
 * -EPIPE as above, or another -errno.
 */
int frames_take_all(struct frames *f, int fd, void (*take)(void *ctx, const struct frame *frame),
		    void *ctx);

/* NULL is allowed. */
void frames_free(struct frames *f);

#endif
