// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* probe_bundle.c - see probe_bundle.h. */
#include "probe_bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/capabilities.h"
#include "base/err.h"
#include "base/procfile.h"
#include "base/version.h"
#include "kernel/modules.h"
#include "kernel/plan.h"
#include "probe_report.h"

/* One value each. Nobody's data is among them. */
static const char *const settings[] = {
	"/proc/sys/kernel/ftrace_enabled",
	"/proc/sys/kernel/kptr_restrict",
	"/proc/sys/kernel/perf_event_paranoid",
	"/proc/sys/kernel/tainted",
	"/proc/sys/kernel/unprivileged_bpf_disabled",
	"/proc/sys/net/core/bpf_jit_enable",
	"/proc/sys/net/core/bpf_jit_harden",
	"/sys/devices/system/cpu/online",
	"/sys/devices/system/cpu/possible",
	"/sys/kernel/debug/sched/preempt",
	"/sys/kernel/mm/transparent_hugepage/enabled",
	"/sys/kernel/security/lockdown",
	"/sys/kernel/security/lsm",
};

FILE *bundle_open(const char *path, struct err *ret_err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out = fd < 0 ? NULL : fdopen(fd, "w");

	if (!out)
		err_set(ret_err, -errno, "%s cannot be made: %s", path, strerror(errno));
	return out;
}

/* The name of the distribution, and the line of its version. */
static void put_system(FILE *out)
{
	FILE *in = fopen("/etc/os-release", "re");
	char line[256];

	while (in && fgets(line, sizeof(line), in))
		if (!strncmp(line, "PRETTY_NAME=", 12))
			fprintf(out, "%-45s %s", "system", line + 12);
	if (in)
		fclose(in);
}

static void put_settings(FILE *out)
{
	char line[256];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		int err = procfile_line(settings[i], line, sizeof(line));

		fprintf(out, "%-45s %s\n", settings[i], err ? strerror(-err) : line);
	}
}

static void put_privileges(FILE *out)
{
	char link[64] = "";

	if (readlink("/proc/self/ns/pid", link, sizeof(link) - 1) < 0)
		snprintf(link, sizeof(link), "%s", strerror(errno));
	fprintf(out, "%-45s %s\n", "pid namespace", link);
	fprintf(out, "%-45s %s\n", "root", geteuid() ? "no" : "yes");
	fprintf(out, "%-45s %016llx\n", "capabilities in effect",
		(unsigned long long)capabilities_effective());
}

void bundle_host(FILE *out)
{
	struct stat types;
	struct utsname u;

	uname(&u);	/* the name of the host is in it, too */
	fprintf(out, "%-45s %s\n", "pageflight", version_text);
	fprintf(out, "%-45s %s %s %s\n", "kernel", u.release, u.machine, u.version);
	put_system(out);
	fprintf(out, "%-45s %ld MiB in pages of %ld\n", "memory",
		sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) >> 10) >> 10, sysconf(_SC_PAGESIZE));
	fprintf(out, "%-45s %lld\n", "bytes of /sys/kernel/btf/vmlinux",
		stat("/sys/kernel/btf/vmlinux", &types) ? -1ll : (long long)types.st_size);
	put_privileges(out);
	put_settings(out);
	fprintf(out, "\nMessages of libbpf:\n");
}

/* A name of a symbol, or the one that a compiler gives to a part or a copy of the function. */
static bool is_of(const char *name, const char *symbol)
{
	size_t len = strlen(symbol);

	return !strncmp(name, symbol, len) && (!name[len] || name[len] == '.');
}

/* One that the compiler cut or copied cannot be hooked, though the kernel has its name. */
static void put_functions(FILE *out, const struct probe *p)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	char line[512], name[256];

	fprintf(out, "\nFunctions of the kernel:\n");
	while (in && fgets(line, sizeof(line), in)) {
		if (sscanf(line, "%*s %*s %255s", name) != 1)
			continue;
		for (size_t i = 0; i < p->n; i++) {
			if (!is_of(name, p->hooks[i].symbol))
				continue;
			fprintf(out, "%s\n", name);
			break;
		}
	}
	if (in)
		fclose(in);
}

static bool was_before(const struct probe *p, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (p->hooks[k].module && !strcmp(p->hooks[k].module, p->hooks[i].module))
			return true;
	return false;
}

static void put_modules(FILE *out, const struct probe *p)
{
	fprintf(out, "\nModules that have hooks:\n");
	for (size_t i = 0; i < p->n; i++) {
		const char *module = p->hooks[i].module;

		if (module && !was_before(p, i))
			fprintf(out, "%-17s %s\n", module,
				kernel_has_module(module) ? "there" : "not there");
	}
}

void bundle_probe(FILE *out, const struct probe *p)
{
	fprintf(out, "\nProbe:\n");
	probe_print_text(p, out);
	put_modules(out, p);
	put_functions(out, p);
}

void bundle_failure(FILE *out, const struct err *why)
{
	static const char types[] = "/sys/kernel/btf/vmlinux";
	struct probe p = { .kernel = types, .plan = true };
	struct plan plan;
	struct err err;

	fprintf(out, "\nProbe failed: %s\n", why->text);
	if (plan_read(&plan, types, &err)) {
		fprintf(out, "%s\n", err.text);
		return;
	}
	p.hooks = plan.hooks;
	p.n = hooks_n;
	p.lacks = plan.lacks;
	bundle_probe(out, &p);
	plan_free(&plan);
}

int bundle_close(FILE *out)
{
	int err = ferror(out) ? -EIO : 0;

	return fclose(out) && !err ? -errno : err;
}
