// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* watch - see watch.h. */
#include "watch.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/say.h"

#define PROGRAM "build/pageflight"
#define TEXT(number) #number
#define TEXT_OF(macro) TEXT(macro)
#define SETTLE TEXT_OF(WATCH_SETTLE)

static FILE *out;
static char record[] = "/tmp/pf-truth-XXXXXX/run.pf";
static pid_t pid;

static void become(const char *content, const char *netns, int ready)
{
	const char *args[20] = { PROGRAM, "watch", "-j", "--settle", SETTLE, "--record", record,
				 "--ready-fd" };
	char number[16];
	int n = 8;

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
	*strrchr(record, '/') = '\0';
	must(mkdtemp(record), "mkdtemp");
	record[strlen(record)] = '/';
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

/* What the recording says of the session is what the session said, byte for byte. */
static void check_replay(void)
{
	static const char program[] = PROGRAM " report -j ";
	char command[sizeof(program) + sizeof(record)];
	unsigned long long at = 0;
	FILE *again;
	int a, b;

	strcat(strcpy(command, program), record);
	again = popen(command, "r");
	must(again, "popen");
	rewind(out);
	do {
		a = getc(out);
		b = getc(again);
		errno = 0;
		must(a == b, "the replay differs from the session in byte %llu", at);
		at++;
	} while (a != EOF);
	must(!pclose(again), "pageflight report failed");
	printf("replay: %llu bytes, as they were printed\n", at - 1);
	unlink(record);
	*strrchr(record, '/') = '\0';
	rmdir(record);
}

FILE *watch_stop(void)
{
	int status;

	must(!kill(pid, SIGINT), "kill");
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	errno = 0;
	must(WIFEXITED(status) && !WEXITSTATUS(status), "pageflight ended with wait status %#x",
	     status);
	check_replay();
	rewind(out);
	return out;
}
