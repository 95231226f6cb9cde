// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* pack.c - an incident on its way to the process that shows it; see view.h. */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/kallsyms.h"
#include "record/pack.h"

const char *const view_sort_names[] = {
	[PF_TOP_BYTES] = "bytes", [PF_TOP_AGE] = "age", [PF_TOP_UNSENT] = "unsent",
	[PF_TOP_UNACKED] = "unacked", [PF_TOP_UNREAD] = "unread", [PF_TOP_RESENDS] = "resent",
};

static int pack_open(struct sink *sink)
{
	(void)sink;
	return 0;
}

static void pack_stack(FILE *out, const struct shown *shown)
{
	size_t n;
	const __u64 *stack = shown_stack(shown, &n);
	char lines[PF_STACK_DEPTH * (KALLSYMS_TEXT_LEN + 1)], *at = lines;

	*at = '\0';
	for (size_t i = 0; i < n && i < PF_STACK_DEPTH; i++) {
		at += i ? sprintf(at, "\n") : 0;
		at += strlen(kallsyms_text(at, shown->kallsyms, stack[i]));
	}
	pack_text(out, lines);
}

static int pack_incident(struct sink *sink, const struct shown *shown)
{
	FILE *out = sink->out;
	struct kase c;
	int err = kase_new(&c, 0, shown);

	if (err)
		return err;
	pack_bytes(out, &c, sizeof(c));
	pack_text(out, c.path);
	pack_text(out, c.writer_cgroup);
	pack_text(out, c.sender_cgroup);
	pack_text(out, c.module);
	pack_text(out, c.evidence);
	pack_text(out, c.suspects);
	pack_stack(out, shown);
	pack_text(out, c.inc.answer.rule);
	pack_bytes(out, c.inc.ranges, c.inc.n_ranges * sizeof(*c.inc.ranges));
	kase_free(&c);
	return sink_flush(out);
}

static int pack_summary(struct sink *sink, const struct summary *sum)
{
	(void)sink;
	(void)sum;
	return 0;
}

const struct sink_ops sink_view = {
	.open = pack_open,
	.incident = pack_incident,
	.summary = pack_summary,
};

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* It comes from ourselves, but half of it is worth nothing. */
int view_unpack(const char *data, size_t len, struct view_case *ret_case)
{
	struct unpack u = { .at = data, .left = len };
	struct pf_range *ranges;
	struct view_case c = { 0 };

	unpack_bytes(&u, &c.kase, sizeof(c.kase));
	c.kase.path = copy(unpack_text(&u));
	c.kase.writer_cgroup = copy(unpack_text(&u));
	c.kase.sender_cgroup = copy(unpack_text(&u));
	c.kase.module = copy(unpack_text(&u));
	c.kase.evidence = copy(unpack_text(&u));
	c.kase.suspects = copy(unpack_text(&u));
	c.stack = copy(unpack_text(&u));
	c.kase.inc.answer.rule = copy(unpack_text(&u));
	c.kase.inc.ranges = NULL;
	if (u.bad || c.kase.inc.n_ranges > u.left / sizeof(*ranges)) {
		view_case_free(&c);
		return -EBADMSG;
	}
	ranges = calloc(c.kase.inc.n_ranges, sizeof(*ranges));
	if (!ranges || !c.stack || !c.kase.inc.answer.rule) {
		free(ranges);
		view_case_free(&c);
		return -ENOMEM;
	}
	unpack_bytes(&u, ranges, c.kase.inc.n_ranges * sizeof(*ranges));
	for (size_t i = 0; i < c.kase.inc.n_ranges; i++) {
		ranges[i].source = NULL;
		ranges[i].answer.rule = NULL;
	}
	c.kase.inc.ranges = ranges;
	*ret_case = c;
	return 0;
}

void view_case_free(struct view_case *c)
{
	free((void *)c->kase.inc.answer.rule);
	free(c->stack);
	kase_free(&c->kase);
}
