// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* watcher - see watcher.h. */
#include "watcher.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "floor.h"
#include "lib/say.h"

#define PAGEFLIGHT "build/pageflight"
#define SELF	   "build/tests/bench/bench"
#define SPLICE_FN  "skb_splice_from_iter"	/* 6.5 and later */

static const struct watcher *now;
static pid_t pid;
static FILE *out, *said;	/* its standard output and error */

static bool kernel_splices(void)
{
	char line[512];
	bool found = false;
	FILE *f = fopen("/proc/kallsyms", "re");

	must(f, "/proc/kallsyms");
	while (!found && fgets(line, sizeof(line), f))
		found = strstr(line, " " SPLICE_FN "\n");
	fclose(f);
	return found;
}

const char *watcher_missing(const struct watcher *w)
{
	return w->kind == WATCHER_BPFTRACE && access("/usr/bin/bpftrace", X_OK) ?
	       "bpftrace is not installed" : NULL;
}

static void become_pageflight(int ready)
{
	const char *args[32] = { PAGEFLIGHT, "watch", "-j", "--ready-fd" };
	char number[16];
	int n = 4;

	snprintf(number, sizeof(number), "%d", ready);
	args[n++] = number;
	for (int i = 0; now->args[i]; i++)
		args[n++] = now->args[i];
	execv(PAGEFLIGHT, (char **)args);
	must(false, PAGEFLIGHT);
}

/* bpftrace runs a command once it is attached. This one tells the bench, and waits. */
static void become_bpftrace(int ready)
{
	char hold[64];

	setenv("BPFTRACE_MAP_KEYS_MAX", "262144", 1);
	snprintf(hold, sizeof(hold), SELF " --hold %d", ready);
	execl("/usr/bin/bpftrace", "bpftrace", "-q", "-c", hold,
	      kernel_splices() ? "tests/bench/splice.bt" : "tests/bench/sendpage.bt", NULL);
	must(false, "bpftrace");
}

int watcher_hold(const char *fd)
{
	int ready = atoi(fd);

	must(write(ready, "\n", 1) == 1, "write");
	close(ready);
	pause();
	return 0;
}

static void become(int ready)
{
	must(dup2(fileno(out), STDOUT_FILENO) >= 0 && dup2(fileno(said), STDERR_FILENO) >= 0,
	     "dup2");
	if (now->kind == WATCHER_PAGEFLIGHT)
		become_pageflight(ready);
	become_bpftrace(ready);
}

int watcher_said(const char *word, FILE *to)
{
	char line[512];
	FILE *f;
	int n = 0;

	/* Open the file anew: the watcher writes at the offset of our descriptor. */
	snprintf(line, sizeof(line), "/proc/self/fd/%d", fileno(said));
	f = fopen(line, "re");
	must(f, "%s", line);
	while (fgets(line, sizeof(line), f)) {
		if (!strstr(line, word))
			continue;
		fputs(line, to);
		n++;
	}
	fclose(f);
	return n;
}

static void start_process(void)
{
	int ready[2];
	char byte;

	out = tmpfile();
	said = tmpfile();
	must(out && said && !pipe(ready), "tmpfile and pipe");
	fflush(stdout);
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		close(ready[0]);
		become(ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1) {
		watcher_said("", stderr);
		errno = 0;
		must(false, "%s did not start", now->name);
	}
	close(ready[0]);
}

void watcher_start(const struct watcher *w)
{
	now = w;
	if (w->kind == WATCHER_FLOOR)
		floor_attach();
	else if (w->kind != WATCHER_NONE)
		start_process();
}

uint64_t watcher_cpu_ns(void)
{
	clockid_t clock;

	if (!pid || clock_getcpuclockid(pid, &clock))
		return 0;
	return now_ns(clock);
}

uint64_t watcher_own_incidents;

static bool is_own(const char *line)
{
	char sender[64];

	snprintf(sender, sizeof(sender), "\"sender\":{\"pid\":%d,", getpid());
	return strstr(line, "\"type\":\"incident\"") && strstr(line, sender);
}

/* The last line that the watcher printed. */
static struct json_object *last_line(void)
{
	struct json_object *summary;
	char *line = NULL, *last = NULL;
	size_t size = 0;

	rewind(out);
	watcher_own_incidents = 0;
	while (getline(&line, &size, out) > 0) {
		watcher_own_incidents += is_own(line);
		free(last);
		last = line;
		line = NULL;
		size = 0;
	}
	free(line);
	summary = last ? json_tokener_parse(last) : NULL;
	free(last);
	return summary;
}

struct json_object *watcher_stop(void)
{
	struct json_object *summary = NULL;
	int status;

	if (now->kind == WATCHER_FLOOR)
		floor_detach();
	if (!pid)
		return NULL;
	must(!kill(pid, SIGINT) && waitpid(pid, &status, 0) == pid, "waitpid");
	pid = 0;
	errno = 0;
	must(WIFEXITED(status) && !WEXITSTATUS(status), "%s ended with wait status %#x",
	     now->name, status);
	if (now->kind == WATCHER_PAGEFLIGHT) {
		summary = last_line();
		must(summary, "%s left no summary", now->name);
	}
	fclose(out);
	fclose(said);
	return summary;
}

uint64_t summary_get(struct json_object *summary, const char *path)
{
	char name[64];
	const char *end;

	for (; summary && *path; path = *end ? end + 1 : end) {
		end = strchrnul(path, '/');
		snprintf(name, sizeof(name), "%.*s", (int)(end - path), path);
		summary = json_object_object_get(summary, name);
	}
	return json_object_get_int64(summary);
}

uint64_t summary_lost(struct json_object *summary)
{
	uint64_t sum = 0;

	json_object_object_foreach(json_object_object_get(summary, "losses"), name, value) {
		(void)name;
		sum += json_object_get_int64(value);
	}
	return sum;
}
