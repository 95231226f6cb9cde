// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* privileges.c - see privileges.h. */
#include "privileges.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/capabilities.h"
#include "base/err.h"
#include "base/log.h"


/* The kernel takes CAP_SYS_ADMIN for any of them. */
#define BPF (CAPABILITY(CAP_BPF) | CAPABILITY(CAP_SYS_ADMIN))
#define PERFMON (CAPABILITY(CAP_PERFMON) | CAPABILITY(CAP_SYS_ADMIN))

struct optional {
	__u64 any;		/* one of these is enough */
	const char *loss;
};

static const struct optional of_watch[] = {
	{ CAPABILITY(CAP_SYS_PTRACE),
	  "no CAP_SYS_PTRACE: who has a file mapped or open, and paths in other mount namespaces, are not known" },
	{ CAPABILITY(CAP_SYSLOG),
	  "no CAP_SYSLOG: the functions of a writer's stack, and modules that send, are not known" },
	{ CAPABILITY(CAP_SYSLOG) | CAPABILITY(CAP_SYS_RAWIO),
	  "neither CAP_SYSLOG nor CAP_SYS_RAWIO: the kernel's memory is not found, so the content mode is off" },
	{ CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_DAC_OVERRIDE),
	  "no CAP_DAC_READ_SEARCH: a filter does not find a path that this user may not search" },
	{ CAPABILITY(CAP_SYS_ADMIN),
	  "no CAP_SYS_ADMIN: what functions of modules do is not seen" },
};

static const struct optional of_look[] = {
	{ CAPABILITY(CAP_SYS_ADMIN),
	  "no CAP_SYS_ADMIN: sockets of other network namespaces are not looked at" },
	{ CAPABILITY(CAP_SYS_PTRACE),
	  "no CAP_SYS_PTRACE: which processes own a socket, and paths in other mount namespaces, are not known" },
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

bool privileges_first_pidns(const char *link)
{
	return !strcmp(link, "pid:[4026531836]");	/* PROC_PID_INIT_INO of the kernel */
}

int privileges_judge(__u64 capabilities, struct err *ret_err)
{
	bool bpf = capabilities & BPF, perfmon = capabilities & PERFMON;

	if (bpf && perfmon)
		return 0;
	return err_set(ret_err, -EPERM, "BPF tracing needs the privileges of root: no %s%s%s",
		       bpf ? "" : "CAP_BPF", bpf || perfmon ? "" : " and no ",
		       perfmon ? "" : "CAP_PERFMON");
}

static const char *loss(const struct optional *table, size_t n, __u64 capabilities,
			unsigned int i, bool *ret_end)
{
	*ret_end = i >= n;
	return *ret_end || capabilities & table[i].any ? NULL : table[i].loss;
}

const char *privileges_loss(__u64 capabilities, unsigned int i, bool *ret_end)
{
	return loss(of_watch, COUNT(of_watch), capabilities, i, ret_end);
}

const char *privileges_look_loss(__u64 capabilities, unsigned int i, bool *ret_end)
{
	return loss(of_look, COUNT(of_look), capabilities, i, ret_end);
}

static int check_pidns(struct err *ret_err)
{
	static const char path[] = "/proc/self/ns/pid";
	char link[64];
	ssize_t n = readlink(path, link, sizeof(link) - 1);

	if (n < 0) {
		n = -errno;
		return err_set(ret_err, n, "/proc is needed, and %s cannot be read: %s", path,
			       strerror(-n));
	}
	link[n] = '\0';
	if (privileges_first_pidns(link))
		return 0;
	return err_set(ret_err, -EOPNOTSUPP,
		       "this is a pid namespace of its own (%s), where the kernel's process numbers mean nothing: run it in the first one",
		       link);
}

int privileges_check(struct err *ret_err)
{
	int err = privileges_judge(capabilities_effective(), ret_err);

	return err ?: check_pidns(ret_err);
}

static void say(const char *(*loss_of)(__u64 capabilities, unsigned int i, bool *ret_end))
{
	__u64 capabilities = capabilities_effective();
	bool end = false;

	for (unsigned int i = 0; !end; i++) {
		const char *text = loss_of(capabilities, i, &end);

		if (text)
			log_info("%s", text);
	}
}

void privileges_say(void)
{
	say(privileges_loss);
}

void privileges_look_say(void)
{
	say(privileges_look_loss);
}
