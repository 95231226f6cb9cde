// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * demo_race.c - four processes: this one directs a reader, a sender and a writer,
 * which know nothing of each other. Pipes order their steps, and an alarm ends
 * each process should a step never come. The pages stay in flight because the
 * peer does not read, so no timing is involved.
 */
#include "demo_race.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"

#define TIMEOUT_S 15

struct stage {
	struct race *race;
	int listener;
	int read_now[2];	/* to the reader */
	int sent[2];		/* from the sender */
	int finish[2];		/* to the sender: closed when all is over */
};

unsigned char race_byte(size_t offset)
{
	return 'a' + offset % 26;
}

unsigned char race_new_byte(size_t offset)
{
	return 'A' + offset % 26;
}

/* The first failure is the cause of the others. */
static int failed(struct race *race, const char *what)
{
	struct race_result *result = race->result;

	if (!result->failed[0])
		snprintf(result->failed, sizeof(result->failed), "%s: %s", what, strerror(errno));
	return 1;
}

static int wait_byte(int fd)
{
	char c;

	return read(fd, &c, 1) == 1 ? 0 : -1;
}

static int run_reader(struct stage *stage)
{
	struct race_result *result = stage->race->result;
	struct sockaddr_in addr;
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || getsockname(stage->listener, (struct sockaddr *)&addr, &len))
		return failed(stage->race, "reader: socket");
	/* Only the sender keeps this open, so that its end is noticed. */
	close(stage->sent[1]);
	result->sender_port = ntohs(addr.sin_port);
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return failed(stage->race, "reader: connect to 127.0.0.1");
	if (getsockname(fd, (struct sockaddr *)&addr, &len))
		return failed(stage->race, "reader: getsockname");
	result->reader_port = ntohs(addr.sin_port);
	if (wait_byte(stage->read_now[0]))
		return 1;
	while (result->received < RACE_BYTES) {
		ssize_t n = read(fd, result->got + result->received,
				 RACE_BYTES - result->received);

		if (n < 0)
			return failed(stage->race, "reader: read");
		if (!n)
			break;
		result->received += n;
	}
	return 0;
}

static int run_sender(struct stage *stage)
{
	int file = open(stage->race->path, O_RDONLY | O_CLOEXEC);
	int fd = accept4(stage->listener, NULL, NULL, SOCK_CLOEXEC);
	int room = 4 * RACE_BYTES;
	off_t offset = 0;

	if (file < 0 || fd < 0)
		return failed(stage->race, "sender: open or accept");
	/* The socket must take all of the file although the peer does not read. */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	while (offset < RACE_BYTES) {
		if (sendfile(fd, file, &offset, RACE_BYTES - offset) <= 0)
			return failed(stage->race, "sender: sendfile");
	}
	if (write(stage->sent[1], "\n", 1) != 1)
		return failed(stage->race, "sender: write");
	/* The end of file of this pipe says that the reader has everything. */
	wait_byte(stage->finish[0]);
	return 0;
}

static int run_writer(struct stage *stage)
{
	unsigned char bytes[RACE_LENGTH];
	int file = open(stage->race->path, O_WRONLY | O_CLOEXEC);

	for (size_t i = 0; i < RACE_LENGTH; i++)
		bytes[i] = race_new_byte(RACE_OFFSET + i);
	if (file < 0 || pwrite(file, bytes, RACE_LENGTH, RACE_OFFSET) != RACE_LENGTH)
		return failed(stage->race, "writer: pwrite");
	return 0;
}

static void in_child(const char *comm)
{
	prctl(PR_SET_NAME, comm);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	alarm(TIMEOUT_S);
}

static pid_t spawn(struct stage *stage, const char *comm, int (*run)(struct stage *))
{
	pid_t pid = fork();

	if (pid)
		return pid;
	in_child(comm);
	/* A child that kept these open would never see its own pipe end. */
	close(stage->finish[1]);
	close(stage->read_now[1]);
	_exit(run(stage));
}

static int ended_well(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       !WEXITSTATUS(status);
}

static int direct(struct stage *stage)
{
	struct race_result *result = stage->race->result;
	bool ok;

	result->reader = spawn(stage, "demo-reader", run_reader);
	result->sender = spawn(stage, "demo-sender", run_sender);
	close(stage->sent[1]);
	if (result->reader < 0 || result->sender < 0 || wait_byte(stage->sent[0]))
		return failed(stage->race, "sender did not send");
	result->writer = spawn(stage, "demo-writer", run_writer);
	if (!ended_well(result->writer))
		return failed(stage->race, "writer did not write");
	if (write(stage->read_now[1], "\n", 1) != 1)
		return failed(stage->race, "reader is gone");
	ok = ended_well(result->reader);
	close(stage->finish[1]);
	if (!ended_well(result->sender) || !ok)
		return failed(stage->race, "reader did not read");
	return 0;
}

int race_run(void *ctx)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct stage stage = { .race = ctx };

	in_child("demo-race");
	stage.listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (stage.listener < 0 ||
	    bind(stage.listener, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(stage.listener, 1))
		return failed(ctx, "listen on 127.0.0.1");
	if (pipe2(stage.read_now, O_CLOEXEC) || pipe2(stage.sent, O_CLOEXEC) ||
	    pipe2(stage.finish, O_CLOEXEC))
		return failed(ctx, "pipe");
	return direct(&stage);
}

static int fill(int fd)
{
	unsigned char bytes[RACE_BYTES];

	for (size_t i = 0; i < RACE_BYTES; i++)
		bytes[i] = race_byte(i);
	errno = 0;
	if (write(fd, bytes, RACE_BYTES) != RACE_BYTES)
		return errno ? -errno : -ENOSPC;
	return 0;
}

/* Choose a name in a directory of its own. */
static int make_dir(struct race *race, char name[PATH_MAX])
{
	const char *tmp = getenv("TMPDIR");
	int n;

	n = snprintf(race->dir, sizeof(race->dir), "%s/pageflight-XXXXXX",
		     tmp && *tmp ? tmp : "/tmp");
	if (n >= PATH_MAX - 16) {
		race->dir[0] = '\0';
		return -ENAMETOOLONG;
	}
	if (!mkdtemp(race->dir)) {
		race->dir[0] = '\0';
		return -errno;
	}
	stpcpy(stpcpy(name, race->dir), "/served-file");
	return 0;
}

static int make_file(struct race *race, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600), err;
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!realpath(path, race->path) || fstat(fd, &st)) {
		err = -errno;
		/* What realpath() leaves behind must never be removed. */
		race->path[0] = '\0';
		unlink(path);
	} else {
		race->inode = st.st_ino;
		err = fill(fd);
	}
	close(fd);
	return err;
}

static int prepare(struct race *race, const char *path, struct err *ret_err)
{
	char made[PATH_MAX];
	int err;

	race->result = mmap(NULL, sizeof(*race->result), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (race->result == MAP_FAILED) {
		err = -errno;
		race->result = NULL;
		return err_set(ret_err, err, "cannot share memory: %s", strerror(-err));
	}
	err = path ? 0 : make_dir(race, made);
	if (err)
		return err_set(ret_err, err, "cannot make a directory: %s", strerror(-err));
	path = path ? path : made;
	err = make_file(race, path);
	return err ? err_set(ret_err, err, "cannot make %.100s: %s", path, strerror(-err)) : 0;
}

int race_new(struct race *race, const char *path, struct err *ret_err)
{
	int err;

	*race = (struct race){ 0 };
	err = prepare(race, path, ret_err);
	if (err)
		race_free(race);
	return err;
}

void race_free(struct race *race)
{
	if (race->path[0])
		unlink(race->path);
	if (race->dir[0])
		rmdir(race->dir);
	if (race->result)
		munmap(race->result, sizeof(*race->result));
	*race = (struct race){ 0 };
}
