// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* privileges.c - see privileges.h. */
#include "privileges.h"

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "base/err.h"
#include "base/log.h"


/* The kernel takes CAP_SYS_ADMIN for any of them. */
#define BPF (PRIVILEGE(CAP_BPF) | PRIVILEGE(CAP_SYS_ADMIN))
#define PERFMON (PRIVILEGE(CAP_PERFMON) | PRIVILEGE(CAP_SYS_ADMIN))

static const struct {
	__u64 any;		/* one of these is enough */
	const char *loss;
} optional[] = {
	{ PRIVILEGE(CAP_SYS_PTRACE),
	  "no CAP_SYS_PTRACE: who has a file mapped, and paths in other mount namespaces, are not known" },
	{ PRIVILEGE(CAP_SYSLOG),
	  "no CAP_SYSLOG: the functions of a writer's stack, and modules that send, are not known" },
	{ PRIVILEGE(CAP_SYSLOG) | PRIVILEGE(CAP_SYS_RAWIO),
	  "neither CAP_SYSLOG nor CAP_SYS_RAWIO: the kernel's memory is not found, so the content mode is off" },
	{ PRIVILEGE(CAP_DAC_READ_SEARCH) | PRIVILEGE(CAP_DAC_OVERRIDE),
	  "no CAP_DAC_READ_SEARCH: a filter does not find a path that this user may not search" },
	{ PRIVILEGE(CAP_SYS_ADMIN),
	  "no CAP_SYS_ADMIN: what functions of modules do is not seen" },
};

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

const char *privileges_loss(__u64 capabilities, unsigned int i, bool *ret_end)
{
	*ret_end = i >= sizeof(optional) / sizeof(optional[0]);
	return *ret_end || capabilities & optional[i].any ? NULL : optional[i].loss;
}

/* The kernel's form of three sets of capabilities: 32 bits of each, twice. */
struct sets {
	struct __user_cap_header_struct head;
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
};

#define SETS_INIT { .head.version = _LINUX_CAPABILITY_VERSION_3 }

/* None if the kernel does not say. */
static __u64 effective(void)
{
	struct sets sets = SETS_INIT;
	const struct __user_cap_data_struct *data = sets.data;

	if (syscall(SYS_capget, &sets.head, sets.data))
		return 0;
	return data[0].effective | (__u64)data[1].effective << 32;
}

bool privileges_have(int capability)
{
	return effective() & PRIVILEGE(capability);
}

int privileges_drop(__u64 keep)
{
	__u64 have = effective();
	struct sets sets = SETS_INIT;

	/* Without CAP_SETPCAP the bounding set stays, which counts for a program that is started. */
	for (int i = 0; i < 64 && have & PRIVILEGE(CAP_SETPCAP); i++)
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0))
			break;
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		sets.data[i].permitted = (have & keep) >> (32 * i);
		sets.data[i].effective = (have & keep) >> (32 * i);
	}
	/* With the inheritable ones gone, the kernel takes the ambient ones. */
	return syscall(SYS_capset, &sets.head, sets.data) ? -errno : 0;
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
	int err = privileges_judge(effective(), ret_err);

	return err ?: check_pidns(ret_err);
}

void privileges_say(void)
{
	__u64 capabilities = effective();
	bool end = false;

	for (unsigned int i = 0; !end; i++) {
		const char *loss = privileges_loss(capabilities, i, &end);

		if (loss)
			log_info("%s", loss);
	}
}
