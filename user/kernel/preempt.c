// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * preempt.c - see preempt.h. Root can change the mode in debugfs while we run.
 * Invocations that are skipped because of that are counted as missed.
 */
#include "preempt.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/procfile.h"

enum preempt preempt_of_mode(const char *line)
{
	if (strstr(line, "(none)") || strstr(line, "(voluntary)"))
		return PREEMPT_NO;
	return strchr(line, '(') ? PREEMPT_YES : PREEMPT_UNKNOWN;
}

enum preempt preempt_of_version(const char *version)
{
	if (strstr(version, "PREEMPT_DYNAMIC"))
		return PREEMPT_UNKNOWN;
	return strstr(version, "PREEMPT") ? PREEMPT_YES : PREEMPT_NO;
}

static enum preempt ask_debugfs(void)
{
	char line[128];

	return procfile_line("/sys/kernel/debug/sched/preempt", line, sizeof(line)) ?
	       PREEMPT_UNKNOWN : preempt_of_mode(line);
}

bool preempt_possible(void)
{
	struct utsname u;

	uname(&u);
	/* The version is asked first, since it needs no debugfs. */
	if (preempt_of_version(u.version) != PREEMPT_UNKNOWN)
		return preempt_of_version(u.version) == PREEMPT_YES;
	return ask_debugfs() != PREEMPT_NO;
}
