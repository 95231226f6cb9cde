// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The network namespaces of the host that the test runs on: at least one, in which it is. */
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/netns.h"
#include "lib/test.h"

static __u64 own(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/self/ns/net", &st), 0);
	return st.st_ino;
}

TEST_FN(ours_is_the_first)
{
	struct netns_set set;

	assert_int_equal(netns_find(&set), 0);
	assert_true(set.n >= 1);
	assert_int_equal(set.at[0].fd, -1);
	assert_true(set.at[0].ino == own());
	assert_true(netns_has(&set, own()));
	assert_false(netns_has(&set, 1));
	for (size_t i = 1; i < set.n; i++)
		assert_true(set.at[i].fd >= 0 && set.at[i].ino != own());
	netns_close(&set);
	assert_int_equal(set.n, 0);
}

/* A process that makes a namespace, tells its number and waits. */
static pid_t make_namespace(int tell, int wait)
{
	pid_t pid = fork();
	__u64 ino = 0;

	if (pid)
		return pid;
	if (!unshare(CLONE_NEWNET))
		ino = own();
	if (write(tell, &ino, sizeof(ino)) == sizeof(ino) && read(wait, &ino, 1) == 0)
		_exit(0);
	_exit(1);
}

static __u64 with_namespace(int *ret_end, pid_t *ret_pid)
{
	int tell[2], wait[2];
	__u64 ino;

	assert_int_equal(pipe2(tell, O_CLOEXEC), 0);
	assert_int_equal(pipe2(wait, O_CLOEXEC), 0);
	*ret_end = wait[1];
	*ret_pid = fork();
	if (!*ret_pid) {
		close(wait[1]);
		_exit(waitpid(make_namespace(tell[1], wait[0]), NULL, 0) < 0);
	}
	close(wait[0]);
	assert_int_equal(read(tell[0], &ino, sizeof(ino)), sizeof(ino));
	close(tell[0]);
	close(tell[1]);
	return ino;
}

TEST_FN(that_of_another_process)
{
	struct netns_set set;
	pid_t pid;
	int end;
	__u64 ino = with_namespace(&end, &pid);

	if (ino) {	/* only root can make one */
		assert_int_equal(netns_find(&set), 0);
		assert_true(netns_has(&set, ino));
		netns_close(&set);
	}
	close(end);
	waitpid(pid, NULL, 0);
	if (!ino)
		skip();
}

/* Nobody lives in it, but a descriptor leads there. */
TEST_FN(that_of_a_descriptor)
{
	struct netns_set set;
	pid_t pid;
	int end, fd = -1;
	__u64 ino = with_namespace(&end, &pid);

	if (ino) {
		assert_int_equal(netns_find(&set), 0);
		for (size_t i = 0; i < set.n; i++)
			if (set.at[i].ino == ino)
				fd = fcntl(set.at[i].fd, F_DUPFD_CLOEXEC, 0);
		netns_close(&set);
		assert_true(fd >= 0);
	}
	close(end);
	waitpid(pid, NULL, 0);
	if (!ino)
		skip();
	assert_int_equal(netns_find(&set), 0);
	assert_false(netns_has(&set, ino));
	netns_find_in_files(&set, 0);		/* no time */
	assert_false(netns_has(&set, ino));
	netns_find_in_files(&set, clock_mono_ns() + 60 * NSEC_PER_SEC);
	assert_true(netns_has(&set, ino));
	netns_close(&set);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_is_the_first),
		cmocka_unit_test(that_of_another_process),
		cmocka_unit_test(that_of_a_descriptor),
	};

	return cmocka_run_group_tests_name("netns", tests, NULL, NULL);
}
