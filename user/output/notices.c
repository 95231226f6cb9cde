// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* notices.c - hooks and losses in words; see notices.h. */
#include "notices.h"

#include <stdio.h>
#include <string.h>

#include "kernel/filter.h"
#include "kernel/hooks.h"
#include "kernel/loader.h"
#include "base/log.h"
#include "sink.h"

#define LINE_LEN 400

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

/* A session does not start without its required roles. */
static void notices_blind(const struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct hook *h = hooks_blind(hooks, n, i);

		if (h)
			log_info("not detected: %s [%s: %s]", h->blind_without, h->symbol,
				 hook_why_not(h));
	}
}

void notices_hooks(const struct hook *hooks, size_t n)
{
	char line[LINE_LEN] = "";
	const char *role = NULL;
	size_t len = 0, attached = 0;

	for (size_t i = 0; i < n; i++) {
		if (hooks[i].state != HOOK_ATTACHED)
			continue;
		attached++;
		if (same_text(role, hooks[i].role) || len >= sizeof(line))
			continue;
		len += snprintf(line + len, sizeof(line) - len, "%s%s", role ? ", " : "",
				hooks[i].role);
		role = hooks[i].role;
	}
	log_info("attached %zu hooks: %s ('pageflight probe' shows them)", attached, line);
	notices_blind(hooks, n);
}

void notices_content(int asked, int got)
{
	if (got < asked)
		log_info("content %s: %s", pf_content_name(got), got == PF_CONTENT_EDGES ?
			 "this host does not show what its devices are given" :
			 "this host does not show the bytes of pages");
}

void notices_filter(const struct filter *filter)
{
	char line[FILTER_TEXT_LEN];

	if (filter && *filter_text(filter, line, sizeof(line)))
		log_info("filters: %s; all else is left out", line);
}

/*
 * Whose share was used up: a user of this host, or a user namespace that root has made. The
 * inode numbers of namespaces begin where those of users have long ended.
 */
#define NAMESPACES_FROM 0xf0000000u

static const char *whose(enum pf_counter counter, __u32 user, char text[32])
{
	text[0] = '\0';
	if (user && (counter == PF_C_user_room || counter == PF_C_user_index ||
		     counter == PF_C_user_ring))
		snprintf(text, 32, " (%s %u)", user < NAMESPACES_FROM ? "user" : "namespace", user);
	return text;
}

void notices_losses(const struct pf_totals *before, const struct pf_totals *now)
{
	for (int i = PF_C_FIRST_LOSS; i < PF_C_MAX; i++) {
		__u64 more = now->stats.count[i] - before->stats.count[i];
		char user[32];

		if (more)
			log_info("lost: %s %llu: %s%s", sink_counter_names[i],
				 (unsigned long long)more, sink_counter_texts[i],
				 whose(i, now->refused_user, user));
	}
	if (now->missed != before->missed)
		log_info("lost: missed %llu: runs the kernel skipped: program already active on the CPU",
			 now->missed - before->missed);
}
