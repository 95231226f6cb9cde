// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * confine.c - see confine.h. A call that nobody foresaw fails, and does not kill:
 * another C library may try it and go on without, and a session that ends without
 * its summary would be a loss. The kernel logs the call, so the guest tests, which
 * take that line for a fault, find what is missing here.
 *
 * Weak spot: every file that this user may read can still be read. Landlock could
 * forbid that, but it also forbids to look at processes outside of it.
 */
#include "confine.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <seccomp.h>

#include "base/capabilities.h"
#include "base/err.h"

#define WHOLE_INT 0xffffffffu

static const int whatever[] = {
	/* descriptors that are open */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(lseek), SCMP_SYS(close),
	SCMP_SYS(fstat), SCMP_SYS(newfstatat), SCMP_SYS(statx), SCMP_SYS(getdents64),
	SCMP_SYS(write), SCMP_SYS(writev),
	SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait),
	/* memory */
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	/* time, which is a call where the vDSO cannot tell it */
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	/* signals, the child, the end */
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),	/* the latter of sanitizers */
	SCMP_SYS(restart_syscall), SCMP_SYS(wait4),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),	/* of qsort() */
};

/* One argument of a call must be equal to a value, in the bits of the mask. */
struct rule {
	int call;
	unsigned int arg;
	scmp_datum_t mask, value;
};

/* Several rules for one call: one of them must hold. */
static const struct rule rules[] = {
	{ SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
	{ SCMP_SYS(open), 1, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(sendto), 4, ~0ull, 0 },	/* of a socket that is connected */
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_GETFL },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_SETFD },	/* of fdopendir() */
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, TCGETS },
	{ SCMP_SYS(bpf), 0, WHOLE_INT, BPF_MAP_LOOKUP_ELEM },
	{ SCMP_SYS(bpf), 0, WHOLE_INT, BPF_OBJ_GET_INFO_BY_FD },
	{ SCMP_SYS(bpf), 0, WHOLE_INT, BPF_ITER_CREATE },
};

/* What a process that appends to a file needs, which may be opened again. */
static const int appends[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(ftruncate), SCMP_SYS(recvfrom), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
};

static const struct rule append_rules[] = {
	{ SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND, O_WRONLY | O_CREAT | O_APPEND },
	{ SCMP_SYS(open), 1, O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND, O_WRONLY | O_CREAT | O_APPEND },
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_GETFL },
};

/* A call that this architecture does not have is left out by the library. */
static int allow(scmp_filter_ctx filter, int call, unsigned int n, const struct scmp_arg_cmp *args)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, n, args);
}

/* What the database needs beyond that, which keeps its log beside the file. */
static const int records[] = {
	SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(fsync), SCMP_SYS(fdatasync),
	SCMP_SYS(fchmod), SCMP_SYS(fchown), SCMP_SYS(unlink), SCMP_SYS(unlinkat), SCMP_SYS(access),
	SCMP_SYS(faccessat), SCMP_SYS(faccessat2), SCMP_SYS(stat), SCMP_SYS(lstat), SCMP_SYS(statx),
	SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd), SCMP_SYS(geteuid), SCMP_SYS(uname),
};

static const struct rule record_rules[] = {
	{ SCMP_SYS(openat), 2, O_TRUNC, 0 },
	{ SCMP_SYS(open), 1, O_TRUNC, 0 },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_SETLK },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_GETLK },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_GETFD },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_SETFD },
};

/* What a process that renews a file needs: it makes one beside it, and opens none that is there. */
static const int renews[] = {
	SCMP_SYS(rename), SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
};

static const struct rule renew_rules[] = {
	{ SCMP_SYS(openat), 2, O_ACCMODE | O_CREAT | O_EXCL, O_WRONLY | O_CREAT | O_EXCL },
	{ SCMP_SYS(open), 1, O_ACCMODE | O_CREAT | O_EXCL, O_WRONLY | O_CREAT | O_EXCL },
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
};

/* What a process needs that answers at a socket which listens already. */
static const int serves[] = {
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(recvfrom), SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg), SCMP_SYS(shutdown), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(epoll_ctl), SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
};

static const struct rule serve_rules[] = {
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(sendto), 4, ~0ull, 0 },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_GETFL },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_SETFL },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_GETFD },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_SETFD },
};

/* What the process needs that has the terminal. */
static const int shows[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(close), SCMP_SYS(recvfrom), SCMP_SYS(fstat),
	SCMP_SYS(newfstatat), SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(nanosleep), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(futex),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
	SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(sysinfo),
	SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
};

static const struct rule show_rules[] = {
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, TCGETS },
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, TCSETS },
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, TCSETSW },
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, TCSETSF },
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, TCFLSH },
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, TIOCGWINSZ },
	{ SCMP_SYS(ioctl), 1, WHOLE_INT, FIONREAD },
	{ SCMP_SYS(fcntl), 1, WHOLE_INT, F_GETFL },
};

/* What the process needs that lets the kernel measure programs, now and then. */
static const int measures[] = {
	SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(close), SCMP_SYS(poll), SCMP_SYS(ppoll),
	SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall),
	SCMP_SYS(exit), SCMP_SYS(exit_group),
};

static const struct rule measure_rules[] = {
	{ SCMP_SYS(bpf), 0, WHOLE_INT, BPF_ENABLE_STATS },
};

static int allow_calls(scmp_filter_ctx filter, const int *calls, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n; i++)
		err = err ?: allow(filter, calls[i], 0, NULL);
	return err;
}

static int allow_rules(scmp_filter_ctx filter, const struct rule *r, size_t n)
{
	int err = 0;

	for (; n--; r++) {
		const struct scmp_arg_cmp arg = {
			.arg = r->arg, .op = SCMP_CMP_MASKED_EQ,
			.datum_a = r->mask, .datum_b = r->value,
		};

		err = err ?: allow(filter, r->call, 1, &arg);
	}
	return err;
}

static int allow_end_of(scmp_filter_ctx filter, pid_t child)
{
	const struct scmp_arg_cmp end_child[] = {
		SCMP_A0_32(SCMP_CMP_EQ, child), SCMP_A1_32(SCMP_CMP_EQ, SIGTERM),
	};

	return child ? allow(filter, SCMP_SYS(kill), 2, end_child) : 0;
}

#define ARRAY(a) (a), sizeof(a) / sizeof((a)[0])

static int allow_session(scmp_filter_ctx filter, pid_t child)
{
	return allow_calls(filter, ARRAY(whatever)) ?: allow_rules(filter, ARRAY(rules)) ?:
	       allow_end_of(filter, child);
}

static int allow_file_writer(scmp_filter_ctx filter, pid_t child)
{
	(void)child;
	return allow_calls(filter, ARRAY(appends)) ?: allow_rules(filter, ARRAY(append_rules));
}

static int allow_file_renewer(scmp_filter_ctx filter, pid_t child)
{
	(void)child;
	return allow_calls(filter, ARRAY(appends)) ?: allow_calls(filter, ARRAY(renews)) ?:
	       allow_rules(filter, ARRAY(renew_rules));
}

static int allow_http(scmp_filter_ctx filter, pid_t child)
{
	(void)child;
	return allow_calls(filter, ARRAY(serves)) ?: allow_rules(filter, ARRAY(serve_rules));
}

static int allow_measurer(scmp_filter_ctx filter, pid_t child)
{
	(void)child;
	return allow_calls(filter, ARRAY(measures)) ?: allow_rules(filter, ARRAY(measure_rules));
}

static int allow_screen(scmp_filter_ctx filter, pid_t child)
{
	(void)child;
	return allow_calls(filter, ARRAY(shows)) ?: allow_rules(filter, ARRAY(show_rules));
}

static int allow_record_writer(scmp_filter_ctx filter, pid_t child)
{
	return allow_file_writer(filter, child) ?: allow_calls(filter, ARRAY(records)) ?:
	       allow_rules(filter, ARRAY(record_rules));
}

static int filter_calls(int (*allow_all)(scmp_filter_ctx filter, pid_t child), pid_t child)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!filter)
		return -ENOMEM;
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);
	err = err ?: seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);	/* all threads */
	err = err ?: allow_all(filter, child);
	err = err ?: seccomp_load(filter);
	seccomp_release(filter);
	return err;
}

static int confine_with(__u64 capabilities, int (*allow_all)(scmp_filter_ctx filter, pid_t child),
			pid_t child, struct err *ret_err)
{
	int err = capabilities_keep(capabilities);

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	err = err ?: filter_calls(allow_all, child);
	return err ? err_set(ret_err, err, "%s", strerror(-err)) : 0;
}

int confine(pid_t child, struct err *ret_err)
{
	/* A child that has become another user's needs the first; names need the others. */
	return confine_with((child ? CAPABILITY(CAP_KILL) : 0) | CAPABILITY(CAP_SYS_PTRACE) |
			    CAPABILITY(CAP_SYSLOG), allow_session, child, ret_err);
}

/* Root writes to the directories of others by a capability. */
int confine_file_writer(struct err *ret_err)
{
	return confine_with(CAPABILITY(CAP_DAC_OVERRIDE), allow_file_writer, 0, ret_err);
}

int confine_file_renewer(struct err *ret_err)
{
	return confine_with(CAPABILITY(CAP_DAC_OVERRIDE), allow_file_renewer, 0, ret_err);
}

int confine_http(struct err *ret_err)
{
	return confine_with(0, allow_http, 0, ret_err);
}

int confine_measurer(struct err *ret_err)
{
	return confine_with(CAPABILITY(CAP_SYS_ADMIN), allow_measurer, 0, ret_err);
}

int confine_screen(struct err *ret_err)
{
	return confine_with(0, allow_screen, 0, ret_err);
}

int confine_record_writer(struct err *ret_err)
{
	return confine_with(CAPABILITY(CAP_DAC_OVERRIDE), allow_record_writer, 0, ret_err);
}
