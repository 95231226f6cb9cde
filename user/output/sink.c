// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * sink - what all sinks share: the names of counters and losses, the width of the
 * terminal, and the flush that tells how a write went.
 */
#include "sink.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define COUNTER_NAME(name, text) [PF_C_##name] = #name,
#define COUNTER_TEXT(name, text) [PF_C_##name] = text,

const char *const sink_counter_names[] = { PF_COUNTERS(COUNTER_NAME, COUNTER_NAME) };
const char *const sink_counter_texts[] = { PF_COUNTERS(COUNTER_TEXT, COUNTER_TEXT) };

int sink_flush(FILE *out)
{
	errno = 0;
	if (!fflush(out) && !ferror(out))
		return 0;
	return errno ? -errno : -EIO;
}

void sink_losses(const struct summary *sum, struct loss ret_losses[SINK_LOSSES])
{
	struct loss *loss = ret_losses;

	for (int i = PF_C_FIRST_LOSS; i < PF_C_MAX; i++)
		*loss++ = (struct loss){ sink_counter_names[i], sink_counter_texts[i],
					 sum->totals.stats.count[i] };
	*loss++ = (struct loss){
		.name = "missed",
		.text = "runs the kernel skipped: program already active on the CPU",
		.count = sum->totals.missed,
	};
	*loss++ = (struct loss){
		.name = "refused",
		.text = "records with a broken form",
		.count = sum->refused,
	};
	*loss++ = (struct loss){
		.name = "evicted",
		.text = "incidents reported before they were settled: too many at once",
		.count = sum->evicted,
	};
	*loss = (struct loss){
		.name = "output_lost",
		.text = "incidents counted but not printed: the output was not read in time",
		.count = sum->output_lost,
	};
}

static unsigned int columns_of_env(void)
{
	const char *text = getenv("COLUMNS");
	char *end;
	unsigned long n;

	if (!text || *text < '1' || *text > '9')
		return 0;
	n = strtoul(text, &end, 10);
	return *end || n > 10000 ? 0 : n;
}

void sink_init(struct sink *sink, const struct sink_ops *ops)
{
	const char *no_color = getenv("NO_COLOR");
	bool tty = isatty(STDOUT_FILENO);
	struct winsize size;

	*sink = (struct sink){
		.ops = ops,
		.out = stdout,
		.width = columns_of_env(),
		.colour = tty && !(no_color && *no_color),
	};
	if (!sink->width && tty && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &size))
		sink->width = size.ws_col;
	if (!sink->width) {
		sink->width = SINK_WIDTH;
		sink->whole_paths = !tty;
	}
}
