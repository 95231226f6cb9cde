// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* watch - see watch.h. */
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/say.h"

#define PROGRAM "build/pageflight"
#define TEXT(number) #number
#define TEXT_OF(macro) TEXT(macro)
#define SETTLE TEXT_OF(WATCH_SETTLE)

static FILE *out;
static pid_t pid;

static void become(const char *content, const char *netns, int ready)
{
	const char *args[16] = { PROGRAM, "watch", "-j", "--settle", SETTLE, "--ready-fd" };
	char number[16];
	int n = 6;

	snprintf(number, sizeof(number), "%d", ready);
	args[n++] = number;
	if (content) {
		args[n++] = "--content";
		args[n++] = content;
	}
	if (netns) {
		args[n++] = "--netns";
		args[n++] = netns;
	}
	args[n] = NULL;
	must(dup2(fileno(out), STDOUT_FILENO) >= 0, "dup2");
	execv(PROGRAM, (char **)args);
	must(false, PROGRAM);
}

void watch_start(const char *content, const char *netns)
{
	int ready[2];
	char byte;

	out = tmpfile();
	must(out && !pipe(ready), "tmpfile and pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (!pid) {
		close(ready[0]);
		become(content, netns, ready[1]);
	}
	close(ready[1]);
	errno = 0;
	must(read(ready[0], &byte, 1) == 1, "pageflight did not start");
	close(ready[0]);
}

FILE *watch_stop(void)
{
	int status;

	must(!kill(pid, SIGINT), "kill");
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	errno = 0;
	must(WIFEXITED(status) && !WEXITSTATUS(status), "pageflight ended with wait status %#x",
	     status);
	rewind(out);
	return out;
}
