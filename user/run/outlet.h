/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * outlet - a sink and where its text goes: standard output, or a helper process. None
 * of them is waited for.
 */
#ifndef PAGEFLIGHT_OUTLET_H
#define PAGEFLIGHT_OUTLET_H

#include <poll.h>
#include <stdbool.h>

#include "base/helper.h"
#include "output/sink.h"

struct queue;

struct outlet {
	const char *name;	/* for messages: "standard output" */
	const char *texts;	/* and what it gets: "incidents" */
	struct sink sink;
	struct queue *queue;
	struct helper helper;	/* pid 0: the text goes to a descriptor as it is */
	size_t hold;		/* fewer bytes wait for outlet_write() */
	bool summary;		/* it gets the summary as well */
	bool vital;		/* without it there is no session */
	char *text;		/* what the sink has printed last */
	size_t text_len;
	__u64 lost;		/* texts that did not fit */
	__u64 lost_said;
	int err;		/* it does not work any more */
};

/* Standard output. 0 or -errno, as all functions here that return int. */
int outlet_stdout(struct outlet *ret_outlet, const struct sink_ops *ops);

/* What a helper gets, which is made here. */
struct outlet_process {
	const char *name;	/* of the process */
	int (*run)(void *ctx, int fd);
	void *ctx;
	const struct sink_ops *ops;
	const char *texts;	/* NULL: incidents */
	int keep;		/* a descriptor that it gets as well; 0: none */
	bool summary;
	size_t max_bytes;	/* of its queue */
	size_t hold;
};

int outlet_helper(struct outlet *ret_outlet, const char *name, const struct outlet_process *process);

/*
 * Queue what the sink has printed, if anything, and write what can be written now. A
 * text that is not last may be lost; ret_kept may be NULL.
 */
int outlet_put(struct outlet *o, bool last, bool *ret_kept);

/* Queue a frame of another kind. Returns whether it was queued. */
bool outlet_frame(struct outlet *o, __u32 kind, const void *data, size_t len, bool last);

/* Is there too little to be written yet? */
bool outlet_is_held(const struct outlet *o);

/* Write what can be written now, however little it is. */
int outlet_write(struct outlet *o);

/* What it has to be polled for, and what came of that. */
struct pollfd outlet_poll(const struct outlet *o);
int outlet_polled(struct outlet *o, short revents);

/* Write all, as queue_flush(). */
int outlet_flush(struct outlet *o, __u64 patience_ns, __u64 limit_ns, int stop_fd);

/* Let the helper end: its exit status, or as helper_end(). */
int outlet_end(struct outlet *o, __u64 limit_ns, int stop_fd);

void outlet_fini(struct outlet *o);

#endif
