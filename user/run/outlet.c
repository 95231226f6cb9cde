// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* outlet.c - see outlet.h. */
#include "outlet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/frame.h"
#include "helpers.h"
#include "output/queue.h"

#define STDOUT_BYTES (1u << 20)

static int open_text(struct outlet *o)
{
	o->sink.out = open_memstream(&o->text, &o->text_len);
	return o->sink.out ? 0 : -ENOMEM;
}

int outlet_stdout(struct outlet *ret_outlet, const struct sink_ops *ops)
{
	struct outlet o = { .name = "standard output", .summary = true, .vital = true };
	int err;

	sink_init(&o.sink, ops);
	*ret_outlet = o;
	err = open_text(ret_outlet);
	return err ?: queue_new(&ret_outlet->queue, STDOUT_FILENO, STDOUT_BYTES);
}

int outlet_helper(struct outlet *ret_outlet, const char *name, const struct outlet_process *process)
{
	int err;

	*ret_outlet = (struct outlet){ .name = name, .texts = process->texts ?: "incidents",
				       .summary = process->summary,
				       .hold = process->hold,
				       .sink = { .ops = process->ops } };
	err = open_text(ret_outlet);
	err = err ?: helper_start_with(&ret_outlet->helper, process->name, process->run,
				       process->ctx, process->keep ?: -1);
	return err ?: queue_new(&ret_outlet->queue, ret_outlet->helper.fd, process->max_bytes);
}

bool outlet_frame(struct outlet *o, __u32 kind, const void *data, size_t len, bool last)
{
	const struct frame_head head = { .kind = kind, .size = len };
	bool kept = last ? queue_put_anyway(o->queue, (const char *)&head, sizeof(head)) :
			   queue_fits(o->queue, sizeof(head) + len) &&
			   queue_put(o->queue, (const char *)&head, sizeof(head));

	return kept && (!len || queue_put_anyway(o->queue, data, len));
}

static bool put_text(struct outlet *o, bool last)
{
	if (o->helper.pid)
		return outlet_frame(o, FRAME_TEXT, o->text, o->text_len, last);
	return last ? queue_put_anyway(o->queue, o->text, o->text_len) :
		      queue_put(o->queue, o->text, o->text_len);
}

/* Waking a process up for each frame would cost more than the frame. */
bool outlet_is_held(const struct outlet *o)
{
	return queue_waiting(o->queue) < o->hold;
}

int outlet_put(struct outlet *o, bool last, bool *ret_kept)
{
	bool kept = !o->text_len || put_text(o, last);

	rewind(o->sink.out);
	o->text_len = 0;
	if (last && !kept)
		return -ENOMEM;
	o->lost += !kept;
	if (ret_kept)
		*ret_kept = kept;
	return outlet_is_held(o) ? 0 : queue_write(o->queue);
}

int outlet_write(struct outlet *o)
{
	return queue_write(o->queue);
}

struct pollfd outlet_poll(const struct outlet *o)
{
	return (struct pollfd){ .fd = o->err ? -1 : queue_fd(o->queue),
				.events = outlet_is_held(o) ? 0 : queue_events(o->queue) };
}

/* An error or a hang-up says that nobody reads any more, even while there is nothing to write. */
int outlet_polled(struct outlet *o, short revents)
{
	if (revents & (POLLERR | POLLHUP | POLLNVAL))
		return -EPIPE;
	return revents ? queue_write(o->queue) : 0;
}

int outlet_flush(struct outlet *o, __u64 patience_ns, __u64 limit_ns, int stop_fd)
{
	return queue_flush(o->queue, patience_ns, limit_ns, stop_fd);
}

int outlet_end(struct outlet *o, __u64 limit_ns, int stop_fd)
{
	if (!o->helper.pid)
		return 0;
	return helper_end(&o->helper, limit_ns, stop_fd);
}

void outlet_fini(struct outlet *o)
{
	queue_free(o->queue);
	if (o->helper.pid)
		close(o->helper.fd);
	if (o->sink.out)
		fclose(o->sink.out);
	free(o->text);
}
