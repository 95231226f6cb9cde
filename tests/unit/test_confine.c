// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * test_confine.c - what a confined process can still do, and what it cannot. Each
 * case is a process of its own, since nothing leads back. The calls are made
 * directly: a C library may ask for more than its caller did.
 */
#include "lib/test.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/bpf.h>
#include <linux/capability.h>

#include "base/capabilities.h"
#include "base/err.h"
#include "run/confine.h"

#define NOT_CONFINED 1	/* as whatever else fails before the call ends */
#define ERRNO 100	/* status of a call that failed, less its errno */

static int proc_fd;	/* /proc */
static pid_t child;	/* may be ended */

static int as_session(struct err *ret_err)
{
	return confine(child, ret_err);
}

/* The status of a confined process that tries this. */
static int tried_as(int (*confined)(struct err *ret_err), long (*what)(void))
{
	struct err err;
	int status;
	pid_t pid;

	child = fork();
	if (!child) {
		pause();
		_exit(0);
	}
	pid = fork();
	if (!pid) {
		/* The sanitizer's _exit() asks for more. */
		syscall(SYS_exit_group, confined(&err) ? NOT_CONFINED :
					what() < 0 ? ERRNO + errno : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int tried(long (*what)(void))
{
	return tried_as(as_session, what);
}

#define TRY(name, call) static long name(void) { return call; }

TRY(start_program, syscall(SYS_execve, "/bin/true", NULL, NULL))
TRY(start_program_at, syscall(SYS_execveat, proc_fd, "self/exe", NULL, NULL, 0))
TRY(start_process, syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0))
TRY(open_socket, syscall(SYS_socket, AF_INET, SOCK_STREAM, 0))
TRY(write_file, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY))
TRY(change_file, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR))
TRY(make_file, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_CREAT, 0600))
TRY(cut_file, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY | O_TRUNC))
TRY(remove_file, syscall(SYS_unlinkat, AT_FDCWD, "/nonexistent/file", 0))
TRY(trace_process, syscall(SYS_ptrace, PTRACE_ATTACH, child, 0, 0))
TRY(read_process, syscall(SYS_process_vm_readv, child, NULL, 0, NULL, 0, 0))
TRY(mount_file_system, syscall(SYS_mount, "x", "/nonexistent", "proc", 0, NULL))
TRY(enter_namespace, syscall(SYS_setns, proc_fd, 0))
TRY(load_module, syscall(SYS_finit_module, proc_fd, "", 0))
TRY(become_user, syscall(SYS_setresuid, -1, -1, -1))
TRY(set_ring, syscall(SYS_io_uring_setup, 1, NULL))
TRY(run_bytes, (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
TRY(load_bpf, syscall(SYS_bpf, BPF_PROG_LOAD, NULL, 0))
TRY(make_map, syscall(SYS_bpf, BPF_MAP_CREATE, NULL, 0))
TRY(change_map, syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, NULL, 0))
TRY(attach_bpf, syscall(SYS_bpf, BPF_LINK_CREATE, NULL, 0))
TRY(end_other, syscall(SYS_kill, getppid(), 0))
TRY(kill_child, syscall(SYS_kill, child, SIGKILL))
TRY(push_to_terminal, syscall(SYS_ioctl, 0, 0x5412 /* TIOCSTI */, ""))

TEST_FN(nothing_to_work_with)
{
	static const struct {
		const char *name;
		long (*call)(void);
	} rows[] = {
#define ROW(call) { #call, call }
		ROW(start_program), ROW(start_program_at), ROW(start_process), ROW(open_socket),
		ROW(write_file), ROW(change_file), ROW(make_file), ROW(cut_file),
		ROW(remove_file), ROW(trace_process), ROW(read_process), ROW(mount_file_system),
		ROW(enter_namespace), ROW(load_module), ROW(become_user), ROW(set_ring),
		ROW(run_bytes), ROW(load_bpf), ROW(make_map), ROW(change_map), ROW(attach_bpf),
		ROW(end_other), ROW(kill_child), ROW(push_to_terminal),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int err = tried(rows[i].call);

		if (err != ERRNO + EPERM)
			fail_msg("%s: %d, not EPERM", rows[i].name, err - ERRNO);
	}
}

TRY(append_file, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CREAT | O_APPEND, 0600))
TRY(read_null, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY))

/* The process that writes the lines of --output. */
TEST_FN(file_writer_appends_alone)
{
	static long (*const refused[])(void) = {
		start_program, start_process, open_socket, change_file, cut_file, remove_file, read_null,
		trace_process, mount_file_system, enter_namespace, become_user, set_ring, run_bytes,
		load_bpf, end_other, kill_child, push_to_terminal,
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (tried_as(confine_file_writer, refused[i]) != ERRNO + EPERM)
			fail_msg("call %zu is not refused", i);
	assert_int_equal(tried_as(confine_file_writer, append_file), 0);
	assert_int_equal(tried(append_file), ERRNO + EPERM);
}

TRY(read_file, syscall(SYS_openat, proc_fd, "self/maps", O_RDONLY | O_CLOEXEC))
TRY(renew_file, syscall(SYS_openat, AT_FDCWD, "/nonexistent/file", O_WRONLY | O_CREAT | O_EXCL, 0644))
TRY(measure_bpf, syscall(SYS_bpf, BPF_ENABLE_STATS, NULL, 0))

TRY(connect_socket, syscall(SYS_connect, proc_fd, NULL, 0))

/* The processes that write the file of --metrics, that let the kernel measure, and that serve. */
TEST_FN(those_of_numbers_do_no_more)
{
	static long (*const refused[])(void) = {
		start_program, start_process, open_socket, change_file, cut_file, append_file, read_null,
		trace_process, mount_file_system, enter_namespace, become_user, set_ring, run_bytes,
		load_bpf, make_map, change_map, attach_bpf, end_other, kill_child, push_to_terminal,
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		if (tried_as(confine_file_renewer, refused[i]) != ERRNO + EPERM)
			fail_msg("call %zu is not refused to the one of the file", i);
		if (tried_as(confine_measurer, refused[i]) != ERRNO + EPERM)
			fail_msg("call %zu is not refused to the one that measures", i);
		if (tried_as(confine_http, refused[i]) != ERRNO + EPERM)
			fail_msg("call %zu is not refused to the one that serves", i);
	}
	assert_int_equal(tried_as(confine_http, connect_socket), ERRNO + EPERM);
	assert_int_equal(tried_as(confine_http, read_file), ERRNO + EPERM);
	assert_int_equal(tried_as(confine_http, renew_file), ERRNO + EPERM);
	assert_int_equal(tried_as(confine_http, measure_bpf), ERRNO + EPERM);
	assert_int_equal(tried_as(confine_file_renewer, renew_file), ERRNO + ENOENT);
	assert_int_equal(tried_as(confine_file_renewer, measure_bpf), ERRNO + EPERM);
	assert_int_equal(tried_as(confine_measurer, renew_file), ERRNO + EPERM);
	assert_int_equal(tried(renew_file), ERRNO + EPERM);
	assert_int_equal(tried(measure_bpf), ERRNO + EPERM);
}

/* The process that has the terminal. */
TEST_FN(screen_opens_nothing)
{
	static long (*const refused[])(void) = {
		start_program, start_process, open_socket, change_file, cut_file, append_file, remove_file,
		read_null, read_file, renew_file, connect_socket, trace_process, mount_file_system,
		enter_namespace, become_user, set_ring, run_bytes, load_bpf, make_map, change_map, attach_bpf,
		measure_bpf, end_other, kill_child, push_to_terminal,
	};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (tried_as(confine_screen, refused[i]) != ERRNO + EPERM)
			fail_msg("call %zu is not refused to the one that has the terminal", i);
}

TRY(read_directory, syscall(SYS_openat, AT_FDCWD, "/proc", O_RDONLY | O_DIRECTORY))
TRY(end_child, syscall(SYS_kill, child, SIGTERM))
TRY(list_directory, fdopendir((int)read_directory()) ? 0 : -1)
TRY(take_memory, (long)mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))

TEST_FN(what_a_session_needs)
{
	assert_int_equal(tried(read_file), 0);
	assert_int_equal(tried(read_directory), 0);
	assert_int_equal(tried(list_directory), 0);
	assert_int_equal(tried(end_child), 0);
	assert_int_equal(tried(take_memory), 0);
}

/* Effective and permitted capabilities and the bounding set, as /proc shows them. */
static long wrong_sets(void)
{
	const unsigned long long kept = CAPABILITY(CAP_KILL) | CAPABILITY(CAP_SYS_PTRACE) |
					CAPABILITY(CAP_SYSLOG);
	unsigned long long inherited, permitted, effective, bounding, ambient;
	char text[8192];
	int fd = openat(proc_fd, "self/status", O_RDONLY);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	errno = EINVAL;
	text[n > 0 ? n : 0] = '\0';
	if (!strstr(text, "\nCapInh:") ||
	    sscanf(strstr(text, "\nCapInh:"), " CapInh: %llx CapPrm: %llx CapEff: %llx CapBnd: %llx CapAmb: %llx",
		   &inherited, &permitted, &effective, &bounding, &ambient) != 5)
		return -1;
	if (!strstr(text, "\nNoNewPrivs:\t1\n") || !strstr(text, "\nSeccomp:\t2\n"))
		return -1;
	if (getenv("BOUNDED") && bounding)
		return -1;
	return inherited || ambient || permitted & ~kept || effective != permitted ? -1 : 0;
}

TEST_FN(capabilities_are_gone)
{
	if (capabilities_have(CAP_SETPCAP))
		setenv("BOUNDED", "1", 1);
	assert_int_equal(tried(wrong_sets), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_work_with),
		cmocka_unit_test(file_writer_appends_alone),
		cmocka_unit_test(those_of_numbers_do_no_more),
		cmocka_unit_test(screen_opens_nothing),
		cmocka_unit_test(what_a_session_needs),
		cmocka_unit_test(capabilities_are_gone),
	};

	proc_fd = open("/proc", O_RDONLY | O_DIRECTORY);
	return cmocka_run_group_tests_name("confine", tests, NULL, NULL);
}
