// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * init.c - process 1 of a machine that has nothing but pageflight. It runs the commands,
 * prints "alone: STATUS COMMAND" for each, and switches the machine off. Static.
 */
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PROGRAM
#define PROGRAM "/usr/sbin/pageflight"
#endif

#define WORDS 10

static char *const commands[][WORDS] = {
	{ PROGRAM, "--version" },
	{ PROGRAM, "probe", "--bundle", "/tmp/bundle" },
	{ PROGRAM, "demo" },
	/* 3: the race of the demo was seen from outside. */
	{ PROGRAM, "watch", "--fail-on", "corrupt", "--", PROGRAM, "demo" },
	{ PROGRAM, "record", "-o", "/tmp/run.pf", "--fail-on", "corrupt", "--", PROGRAM, "demo" },
	{ PROGRAM, "report", "-j", "/tmp/run.pf" },
	{ PROGRAM, "report", "--html", "/tmp/run.html", "/tmp/run.pf" },
};

static void set_up(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), console;

	mkdir("/proc", 0555);
	mkdir("/sys", 0555);
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	console = open("/dev/console", O_RDWR);
	for (int i = 0; i <= 2 && console >= 0; i++)
		dup2(console, i);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &lo))
		perror("alone: lo");
	close(fd);
}

static int run(char *const *argv)
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		execv(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(void)
{
	set_up();
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		int status = run(commands[i]);

		printf("alone: %d", status);
		for (int k = 1; commands[i][k]; k++)
			printf(" %s", commands[i][k]);
		printf("\n");
		fflush(stdout);
	}
	sync();
	reboot(RB_POWER_OFF);
	return 0;
}
