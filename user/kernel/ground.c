// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* ground.c - see ground.h. */
#include "ground.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <linux/capability.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/capabilities.h"
#include "base/err.h"
#include "features.h"
#include "modules.h"

/* libbpf's print callback takes no context. */
static bool print_all;
static FILE *messages;

static int on_libbpf_print(enum libbpf_print_level level, const char *format, va_list args)
{
	va_list again;

	if (level == LIBBPF_DEBUG)
		return 0;
	if (messages) {
		va_copy(again, args);
		vfprintf(messages, format, again);
		va_end(again);
	}
	return print_all ? vfprintf(stderr, format, args) : 0;
}

void ground_messages(FILE *out)
{
	messages = out;
}

static int check_lockdown(struct err *ret_err)
{
	if (!kernel_is_locked_down())
		return 0;
	return err_set(ret_err, -EPERM,
		       "kernel lockdown is in confidentiality mode, which forbids BPF tracing; boot without it");
}

/* Why the type information of the kernel was not loaded. */
static int no_types(struct err *ret_err)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";
	int err;

	if (!access(path, R_OK)) {
		/* The search through several places does not say why one was of no use. */
		btf__free(btf__parse(path, NULL));
		err = -errno;
		return err_set(ret_err, err, "%s cannot be loaded: %s", path, strerror(-err));
	}
	err = -errno;
	if (err != -ENOENT || access("/sys/kernel", F_OK))
		return err_set(ret_err, err, "/sys is needed, and %s cannot be read: %s", path,
			       strerror(-err));
	return err_set(ret_err, -EOPNOTSUPP,
		       "this kernel has no type information (%s): it needs CONFIG_DEBUG_INFO_BTF",
		       path);
}

static int check_kernel(const struct btf *btf, struct err *ret_err)
{
	const char *lacks;
	struct utsname u;

	if (!btf)
		return no_types(ret_err);
	lacks = kernel_lacks(btf, 0);
	if (!lacks)
		return 0;
	uname(&u);
	return err_set(ret_err, -EOPNOTSUPP,
		       "kernel %s is too old: it has no %s; Linux 6.1 or later is needed",
		       u.release, lacks);
}

/*
 * libbpf may open the types of each loaded module, all at the same time, and what it makes of
 * EMFILE there is EINVAL. So a limit that is too low is found here.
 */
static int check_descriptors(struct err *ret_err)
{
	const rlim_t least = 256 + kernel_module_types();	/* maps, programs and links */
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= least)
		return 0;
	return err_set(ret_err, -EMFILE,
		       "too few file descriptors: %llu are allowed, at least %llu are needed (ulimit -n)",
		       (unsigned long long)files.rlim_cur, (unsigned long long)least);
}

int ground_check(bool verbose, struct btf **ret_btf, struct err *ret_err)
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct btf *btf;
	int err;

	print_all = verbose;
	libbpf_set_print(on_libbpf_print);
	err = check_lockdown(ret_err);
	err = err ?: check_descriptors(ret_err);
	if (err)
		return err;
	setrlimit(RLIMIT_MEMLOCK, &unlimited);	/* maps count against it before 5.11 */
	btf = btf__load_vmlinux_btf();
	err = check_kernel(btf, ret_err);
	if (err) {
		btf__free(btf);
		return err;
	}
	*ret_btf = btf;
	return 0;
}

int ground_check_direct(bool direct, struct err *ret_err)
{
	/* libbpf takes any error while it looks for a function in modules for a failure to load. */
	if (direct || capabilities_have(CAP_SYS_ADMIN))
		return 0;
	return err_set(ret_err, -EPERM,
		       "on this kernel, which lacks bpf_rdonly_cast(), CAP_SYS_ADMIN is needed too: libbpf looks for it in the types of modules");
}

int ground_load_failed(int code, const char *smaller, struct err *ret_err)
{
	if (code == -EPERM)
		return err_set(ret_err, code,
			       "the kernel refuses BPF programs: run as root (CAP_BPF, CAP_PERFMON), with lockdown off");
	if (code == -EMFILE || code == -ENFILE)
		return err_set(ret_err, code, "too few file descriptors for the BPF programs: %s (ulimit -n)",
			       strerror(-code));
	if (code == -ENOMEM)
		return err_set(ret_err, code, "not enough memory for the maps: %s", smaller);
	return err_set(ret_err, code, "the kernel rejects the BPF programs: %s (-v shows its log)",
		       strerror(-code));
}
