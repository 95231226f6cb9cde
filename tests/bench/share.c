// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * share - see share.h. A user who may read a file puts one page of it into sockets of his own
 * as often as they take it. Others send the same page, and write to it.
 */
#include "share.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>
#include <netinet/in.h>

#include "lib/say.h"
#include "load.h"
#include "net.h"
#include "progs.h"
#include "watcher.h"

#define HOSTILE	   1000		/* users */
#define HONEST	   1001
#define FLIGHTS	   60000
#define PAIRS_MAX  4096
#define FIRST	   20		/* writes: the first of them are told apart */
#define WRITES	   1000
#define HITS	   16		/* of an honest connection */
#define BESIDE	   200		/* bytes of the page that no honest connection has */
#define AT	   100		/* the byte that is written */
#define TIMES_MOST 20

/* A process of the hostile user. It obeys bytes of one pipe and answers through another. */
struct hostile {
	pid_t pid;
	int tell, hear;
};

static int wrong;

static void count_is(const char *what, uint64_t is, uint64_t should)
{
	printf("  %-52s %12llu  %s\n", what, (unsigned long long)is,
	       is == should ? "exact" : "WRONG");
	wrong += is != should;
}

static struct pair pairs[PAIRS_MAX];
static int n_pairs;

static void fill_pair(struct pair *p, int file, size_t bytes, int *flights)
{
	must(!fcntl(p->tx, F_SETFL, O_NONBLOCK), "O_NONBLOCK");
	for (; *flights < FLIGHTS; ++*flights) {
		off_t at = 0;

		if (sendfile(p->tx, file, &at, bytes) <= 0)
			break;
	}
}

/* Open a pair as any user can: with the buffers that the host gives everybody. */
static bool plain_pair(struct pair *p)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	p->tx = socket(AF_INET, SOCK_STREAM, 0);
	if (listener < 0 || p->tx < 0)
		return false;
	must(!bind(listener, (void *)&addr, len) && !listen(listener, 1), "listen");
	must(!getsockname(listener, (void *)&addr, &len), "getsockname");
	must(!connect(p->tx, (void *)&addr, len), "connect");
	p->rx = accept(listener, NULL, NULL);
	close(listener);
	return p->rx >= 0;
}

static int fill(int file, size_t bytes)
{
	int flights = 0;

	while (flights < FLIGHTS && n_pairs < PAIRS_MAX && plain_pair(&pairs[n_pairs]))
		fill_pair(&pairs[n_pairs++], file, bytes, &flights);
	return flights;
}

static void read_all(void)
{
	static char data[1 << 20];

	for (int i = 0; i < n_pairs; i++)
		while (recv(pairs[i].rx, data, sizeof(data), MSG_DONTWAIT) > 0)
			continue;
}

static void leave_all(void)
{
	for (int i = 0; i < n_pairs; i++)
		pair_close(&pairs[i]);
	n_pairs = 0;
}

static void obey(struct hostile *h, int file, size_t bytes, rlim_t files)
{
	const struct rlimit limit = { files, files };
	char order;

	must(!setrlimit(RLIMIT_NOFILE, &limit), "RLIMIT_NOFILE");
	must(!setgid(HOSTILE) && !setuid(HOSTILE), "setuid");
	while (read(h->tell, &order, 1) == 1) {
		int result = 0;

		if (order == 'f')
			result = fill(file, bytes);
		else if (order == 'r')
			read_all();
		else
			leave_all();
		must(write(h->hear, &result, sizeof(result)) == sizeof(result), "write");
	}
	_exit(0);
}

static void hostile_start(struct hostile *h, int file, size_t bytes, rlim_t files)
{
	int tell[2], hear[2];

	must(!pipe(tell) && !pipe(hear), "pipe");
	fflush(stdout);
	h->pid = fork();
	must(h->pid >= 0, "fork");
	if (!h->pid) {
		close(tell[1]);
		obey(&(struct hostile){ .tell = tell[0], .hear = hear[1] }, file, bytes, files);
	}
	close(tell[0]);
	close(hear[1]);
	h->tell = tell[1];
	h->hear = hear[0];
}

static int hostile_do(struct hostile *h, char order)
{
	int result;

	must(write(h->tell, &order, 1) == 1, "write");
	must(read(h->hear, &result, sizeof(result)) == sizeof(result), "the hostile user is gone");
	return result;
}

static void hostile_end(struct hostile *h)
{
	close(h->tell);
	close(h->hear);
	must(waitpid(h->pid, NULL, 0) == h->pid, "waitpid");
}

struct writes {
	double first, all, worst;	/* instructions: of the first, on average, the worst */
};

/* One byte, as a log or a status file is written. */
static struct writes write_often(int file, off_t at)
{
	struct writes w = { 0 };
	double sum = 0;

	for (int i = 0; i < WRITES; i++) {
		uint64_t took = now_ns(CLOCK_THREAD_CPUTIME_ID);

		must(pwrite(file, i & 1 ? "c" : "d", 1, at) == 1, "pwrite");
		took = now_ns(CLOCK_THREAD_CPUTIME_ID) - took;
		sum += took;
		if (took > w.worst)
			w.worst = took;
		if (i == FIRST - 1)
			w.first = sum / FIRST;
	}
	w.all = sum / WRITES;
	return w;
}

static void honest_open(struct pair *p, int file, size_t off)
{
	setfsuid(HONEST);
	pair_open(p, 64 * PAGE);
	setfsuid(0);
	pair_send(p, file, off, PAGE - BESIDE);
}

static void goal(const char *what, double times)
{
	printf("goal  %-56s at most %7d %9.3g  %s\n", what, TIMES_MOST, times,
	       times <= TIMES_MOST ? "met" : "not met");
}

/*
 * Another user writes to the page, or beside it. Two honest connections, one with the same
 * page, are overwritten meanwhile.
 */
static void crowd(const struct watcher *watch, const struct writes *plain, bool beside)
{
	int file = file_new(8 * PAGE), flights;
	struct json_object *summary;
	struct hostile hostile;
	struct pair near, far;
	struct writes w;

	watcher_start(watch);
	hostile_start(&hostile, file, PAGE, 1 << 20);
	flights = hostile_do(&hostile, 'f');
	honest_open(&near, file, BESIDE);
	honest_open(&far, file, 4 * PAGE + BESIDE);
	printf("\none page in flight %d times in sockets of one user, %s written, --content %s\n",
	       flights, beside ? "the next is" : "it is", watch->name);
	w = write_often(file, beside ? PAGE : AT);
	for (int i = 0; i < HITS; i++) {
		must(pwrite(file, "\0", 1, BESIDE + i) == 1, "pwrite");
		must(pwrite(file, "\0", 1, 4 * PAGE + BESIDE + i) == 1, "pwrite");
	}
	printf("  %-52s %12.0f\n", "instructions of a write by another user, unwatched", plain->all);
	printf("  %-52s %12.0f\n", "the first 20 on average", w.first);
	printf("  %-52s %12.0f\n", "1,000 on average", w.all);
	printf("  %-52s %12.0f\n", "the worst", w.worst);
	goal("1,000 on average, times unwatched", w.all / plain->all);
	pair_discard(&near, PAGE - BESIDE);
	pair_discard(&far, PAGE - BESIDE);
	hostile_do(&hostile, 'c');
	hostile_end(&hostile);
	pair_close(&near);
	pair_close(&far);
	load_settle();
	summary = watcher_stop();
	count_is("incidents of the honest connections", watcher_own_incidents, 2 * HITS);
	count_is("records lost", summary_get(summary, "losses/events_lost"), 0);
	count_is("pages in flight", summary_get(summary, "in_flight"), 0);
	json_object_put(summary);
	close(file);
}

/* The programs that took longest for one run, on average of a step, in any of the steps. */
static struct progs dearest;

static void note_step(const struct progs *step)
{
	for (int i = 0; i < step->n; i++) {
		const struct prog *p = &step->prog[i];
		int k = 0;

		while (k < dearest.n && strcmp(dearest.prog[k].name, p->name))
			k++;
		if (k == dearest.n)
			dearest.prog[dearest.n++] = *p;
		else if (p->ns * dearest.prog[k].runs > dearest.prog[k].ns * p->runs)
			dearest.prog[k] = *p;
	}
}

static int step(struct hostile *h, char order)
{
	struct progs before, after;
	int result;

	progs_read(&before);
	result = hostile_do(h, order);
	load_settle();
	progs_read(&after);
	progs_between(&before, &after);
	note_step(&after);
	return result;
}

static void write_step(int file)
{
	struct progs before, after;

	progs_read(&before);
	must(pwrite(file, "x", 1, 0) == 1, "pwrite");
	progs_read(&after);
	progs_between(&before, &after);
	note_step(&after);
}

/* What one run of a program costs at worst, if the user has 1,000 descriptors. */
static void worst(const struct watcher *watch, size_t bytes)
{
	int file = file_new(8 * PAGE), flights;
	struct hostile hostile;

	memset(&dearest, 0, sizeof(dearest));
	watcher_start(watch);
	progs_count();
	hostile_start(&hostile, file, bytes, 1000);
	flights = step(&hostile, 'f');
	write_step(file);
	step(&hostile, 'r');
	step(&hostile, 'f');
	write_step(file);
	step(&hostile, 'c');
	hostile_end(&hostile);
	progs_uncount();
	json_object_put(watcher_stop());
	printf("\na user with 1,000 descriptors, %d pieces of %zu bytes in flight, --content %s\n",
	       flights, bytes, watch->name);
	for (int i = 0; i < dearest.n; i++)
		printf("  %-18s %12.0f instructions a run, of %llu\n", dearest.prog[i].name,
		       (double)dearest.prog[i].ns / dearest.prog[i].runs,
		       (unsigned long long)dearest.prog[i].runs);
	close(file);
}

int share_run(void)
{
	static const struct watcher modes[] = {
		{ .name = "off", .kind = WATCHER_PAGEFLIGHT,
		  .args = { "--content", "off", "--max-pages", "131071" } },
		{ .name = "edges", .kind = WATCHER_PAGEFLIGHT, .args = { "--max-pages", "131071" } },
	};
	int file = file_new(8 * PAGE);
	struct writes plain;

	write_often(file, AT);	/* warm */
	plain = write_often(file, AT);
	close(file);
	for (int i = 0; i < 2; i++) {
		crowd(&modes[i], &plain, false);
		crowd(&modes[i], &plain, true);
	}
	for (int i = 0; i < 2; i++) {
		worst(&modes[i], PAGE);
		worst(&modes[i], 1);
	}
	return wrong;
}
