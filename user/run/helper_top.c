// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * helper_top.c - the process that has the terminal. It may be stopped or slow: then frames are
 * left out, and the session goes on. A session that ends, and be it that it is killed, closes
 * the socket, and the terminal is given back.
 */
#include "helpers.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "base/frame.h"
#include "base/log.h"
#include "confine.h"
#include "top/model.h"
#include "top/screen.h"
#include "top/view.h"

/* Of frames that are printed, unless the environment says otherwise. */
#define BATCH_WIDTH 120
#define BATCH_HEIGHT 50

struct state {
	const struct view_opts *opts;
	struct frames *frames;
	struct model model;
	struct canvas canvas;
	bool batch;
	bool ended;		/* no more frames will come */
	bool changed;
	int keys;		/* descriptor; -1: nobody types */
};

static unsigned int number_of_env(const char *name, unsigned int otherwise)
{
	const char *text = getenv(name);
	unsigned long n = text ? strtoul(text, NULL, 10) : 0;

	return n > 0 && n <= CANVAS_COLUMNS ? n : otherwise;
}

static int size_canvas(struct state *s)
{
	unsigned int width = number_of_env("COLUMNS", BATCH_WIDTH);
	unsigned int height = number_of_env("LINES", BATCH_HEIGHT);
	struct canvas canvas;

	if (!s->batch)
		screen_size(&width, &height);
	if (s->canvas.lines && s->canvas.width == width && s->canvas.height == height)
		return 0;
	if (canvas_init(&canvas, width, height))
		return -ENOMEM;
	canvas_fini(&s->canvas);
	s->canvas = canvas;
	return 0;
}

static void ask(const struct state *s, bool end)
{
	__atomic_store_n(&s->opts->asked->sort, s->model.sort, __ATOMIC_RELAXED);
	if (end)
		__atomic_store_n(&s->opts->asked->end, 1, __ATOMIC_RELAXED);
}

static void draw(struct state *s)
{
	if (size_canvas(s)) {
		ask(s, true);
		return;
	}
	model_draw(&s->model, &s->canvas);
	screen_show(&s->canvas);
}

static void print(struct state *s)
{
	if (size_canvas(s))
		return;
	model_draw(&s->model, &s->canvas);
	canvas_print(&s->canvas, stdout);
	putchar('\n');
	if (fflush(stdout) || ferror(stdout))
		ask(s, true);
}

static void take_snap(struct state *s, const struct frame *frame)
{
	static struct snap snap;	/* the frame is aligned to nothing */

	if (frame->size != sizeof(snap))
		return;
	memcpy(&snap, frame->data, sizeof(snap));
	model_snap(&s->model, &snap);
	if (s->batch)
		print(s);
}

static void take(struct state *s, const struct frame *frame)
{
	struct view_case c;

	s->changed = true;
	switch (frame->kind) {
	case FRAME_TEXT:
		if (!view_unpack(frame->data, frame->size, &c))
			model_case(&s->model, &c);
		break;
	case VIEW_SNAP:
		take_snap(s, frame);
		break;
	case VIEW_MESSAGE:
		model_message(&s->model, frame->data, frame->size);
		break;
	}
}

static void take_frames(struct state *s)
{
	struct frame frame;
	int there = 0;

	while (!s->ended && (there = frames_next(s->frames, &frame)) == 1)
		take(s, &frame);
	s->ended |= there < 0;
}

static void take_keys(struct state *s)
{
	int key;

	while ((key = screen_key()) != SCREEN_NO_KEY) {
		s->changed = true;
		if (key == '\f')
			screen_renew();
		else if (key != SCREEN_RESIZED)
			model_key(&s->model, key);
	}
	ask(s, s->model.end);
}

/* A terminal that has hung up ends the session. */
static void look_at_keys(struct state *s, short revents)
{
	if (s->keys < 0)
		return;
	take_keys(s);
	if (!(revents & (POLLHUP | POLLERR | POLLNVAL)))
		return;
	s->keys = -1;
	ask(s, true);
}

static void loop(struct state *s, int fd)
{
	while (!s->ended) {
		struct pollfd fds[] = {
			{ .fd = fd, .events = POLLIN },
			{ .fd = s->keys, .events = POLLIN },
		};

		/* A change of size interrupts it. */
		poll(fds, 2, -1);
		take_frames(s);
		look_at_keys(s, fds[1].revents);
		if (s->model.end) {
			screen_close();
			s->keys = -1;
		} else if (s->changed && !s->batch) {
			draw(s);
		}
		s->changed = false;
	}
}

/* What was said while the screen had the terminal. */
static void say_messages(const struct state *s)
{
	for (size_t i = 0; i < s->model.n_messages; i++)
		fprintf(stderr, "%s\n", s->model.messages[i]);
}

int helper_top(void *ctx, int fd)
{
	struct state s = { .opts = ctx, .keys = -1 };
	struct err text;

	if (frames_new(&s.frames, fd))
		return 1;
	model_init(&s.model, s.opts->sort);
	s.batch = s.opts->batch || !screen_open();
	s.model.no_keys = s.batch;
	if (!s.batch)
		s.keys = STDIN_FILENO;
	tzset();	/* reads a file, else at the first time of day */
	/* What it cannot give up it does not use. */
	confine_screen(&text);
	s.changed = true;
	if (!s.batch)
		draw(&s);
	loop(&s, fd);
	screen_close();
	say_messages(&s);
	model_fini(&s.model);
	canvas_fini(&s.canvas);
	frames_free(s.frames);
	return 0;
}
