// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * crowd.c - many processes that preempt each other: all of them on one processor.
 *
 * usage: crowd write DIR N SECONDS
 *        crowd send DIR N CONNECTIONS
 *
 * write: each of N processes has a file whose path tells its letter, which is in flight to a
 * reader that does not read, and writes to it. Prints "LETTER INODE" for each, and how many
 * writes there were.
 *
 * send: each of N processes sends its file page by page on that many connections. When all is
 * sent, each file is overwritten as a whole, and only then the readers read. Prints
 * "PORT WRONG" for each connection: the sender's port, and how many bytes arrived wrong.
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE 4096
#define PAGES 8			/* of a file that is sent */
#define LEVELS 25		/* of directories above a file that is written to */
#define NAME 14			/* letters of a directory's name */
#define CROWD 26

static int listener;
static struct sockaddr_in address;

static void must(int good, const char *what)
{
	if (!good)
		err(1, "%s", what);
}

static void listen_here(void)
{
	socklen_t len = sizeof(address);

	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM, 0);
	must(!bind(listener, (struct sockaddr *)&address, len), "bind");
	must(!listen(listener, 4096), "listen");
	must(!getsockname(listener, (struct sockaddr *)&address, &len), "getsockname");
}

static int connect_there(void)
{
	int sock = socket(AF_INET, SOCK_STREAM, 0);

	must(sock >= 0 && !connect(sock, (struct sockaddr *)&address, sizeof(address)), "connect");
	return sock;
}

static void stay_on_one_processor(void)
{
	cpu_set_t one;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	must(!sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int file_of(const char *path, int pages)
{
	static char bytes[PAGES * PAGE];
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0644);

	memset(bytes, 'x', sizeof(bytes));
	must(fd >= 0 && pwrite(fd, bytes, pages * PAGE, 0) == pages * PAGE, path);
	return fd;
}

/* A file below directories that are all named by one letter. */
static int deep_file(const char *dir, char letter)
{
	char path[1024], name[NAME + 2] = "/";

	memset(name + 1, letter, NAME);
	snprintf(path, sizeof(path), "%s", dir);
	for (int i = 0; i < LEVELS; i++) {
		strcat(path, name);
		mkdir(path, 0755);
	}
	strcat(path, "/f");
	return file_of(path, 1);
}

static unsigned long write_for(int fd, double seconds)
{
	double end = now() + seconds;
	unsigned int n = 0;

	while (now() < end) {
		n++;
		must(pwrite(fd, &n, 4, n * 4 % (PAGE - 4)) == 4, "pwrite");
		if (n % 64 == 0)
			usleep(1000);
	}
	return n;
}

static int crowd_write(const char *dir, int crowd, double seconds)
{
	unsigned long *writes = mmap(NULL, sizeof(*writes), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct stat st;

	for (int i = 0; i < crowd; i++) {
		int fd = deep_file(dir, 'a' + i), sock = connect_there();
		off_t at = 0;

		must(accept(listener, NULL, NULL) >= 0, "accept");
		must(sendfile(sock, fd, &at, PAGE) == PAGE, "sendfile");
		must(!fstat(fd, &st), "fstat");
		printf("%c %lu\n", 'a' + i, (unsigned long)st.st_ino);
		fflush(stdout);
		if (fork())
			continue;
		stay_on_one_processor();
		__sync_fetch_and_add(writes, write_for(fd, seconds));
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	printf("%lu writes\n", *writes);
	return 0;
}

static void send_on(int fd, int connections, int ready)
{
	char byte;

	stay_on_one_processor();
	must(read(ready, &byte, 1) == 0, "start");	/* all begin at once */
	for (int i = 0; i < connections; i++) {
		int sock = connect_there();
		off_t at = 0;

		while (at < PAGES * PAGE)
			must(sendfile(sock, fd, &at, PAGE) > 0, "sendfile");
		/* The socket is still open when the file is overwritten: it is left to the child. */
	}
}

static void read_one(int sock)
{
	static char bytes[PAGES * PAGE];
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	size_t got = 0, wrong = 0;

	must(!getpeername(sock, (struct sockaddr *)&from, &len), "getpeername");
	while (got < sizeof(bytes)) {
		ssize_t n = read(sock, bytes + got, sizeof(bytes) - got);

		must(n > 0, "read");
		got += n;
	}
	for (size_t i = 0; i < sizeof(bytes); i++)
		wrong += bytes[i] != 'x';
	printf("%u %zu\n", ntohs(from.sin_port), wrong);
	close(sock);
}

static int crowd_send(const char *dir, int crowd, int connections)
{
	static char other[PAGES * PAGE];
	int files[CROWD], *socks = calloc(crowd * connections, sizeof(*socks));
	int start[2], done[2];
	pid_t children[CROWD];
	char path[1024], byte;

	must(socks && !pipe(start) && !pipe(done), "pipe");
	for (int i = 0; i < crowd; i++) {
		snprintf(path, sizeof(path), "%s/sent-%d", dir, i);
		files[i] = file_of(path, PAGES);
		children[i] = fork();
		if (children[i])
			continue;
		close(start[1]);
		send_on(files[i], connections, start[0]);
		must(write(done[1], "", 1) == 1, "done");
		pause();
	}
	close(start[1]);
	for (int i = 0; i < crowd * connections; i++) {
		socks[i] = accept(listener, NULL, NULL);
		must(socks[i] >= 0, "accept");
	}
	for (int i = 0; i < crowd; i++)
		must(read(done[0], &byte, 1) == 1, "end");
	memset(other, 'y', sizeof(other));
	for (int i = 0; i < crowd; i++)
		must(pwrite(files[i], other, sizeof(other), 0) == sizeof(other), "pwrite");
	for (int i = 0; i < crowd * connections; i++)
		read_one(socks[i]);
	for (int i = 0; i < crowd; i++)
		kill(children[i], SIGKILL);
	return 0;
}

int main(int argc, char **argv)
{
	int crowd = argc == 5 ? atoi(argv[3]) : 0;

	if (crowd < 1 || crowd > CROWD)
		errx(2, "usage: crowd write|send DIR N SECONDS|CONNECTIONS");
	listen_here();
	if (!strcmp(argv[1], "write"))
		return crowd_write(argv[2], crowd, atof(argv[4]));
	return crowd_send(argv[2], crowd, atoi(argv[4]));
}
