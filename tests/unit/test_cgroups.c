// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* The paths of control groups by their numbers, and what the names on the way say. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/test.h"
#include "names/cgroup_name.h"
#include "names/cgroups.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define POD_UID "01234567-89ab-cdef-0123-456789abcdef"

TEST_FN(names_tell_unit_container_and_pod)
{
	static const struct {
		const char *path, *unit, *container, *pod;
	} rows[] = {
		{ NULL, "", "", "" },
		{ "/", "", "", "" },
		{ "/some/where", "", "", "" },
		{ "/init.scope", "init.scope", "", "" },
		{ "/system.slice/nginx.service", "nginx.service", "", "" },
		{ "/system.slice/nginx.service/worker", "nginx.service", "", "" },
		{ "/system.slice/a.service/b.service", "a.service", "", "" },
		{ "/system.slice", "system.slice", "", "" },
		{ "/system.slice/_cpu.service", "cpu.service", "", "" },
		{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", "", "" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service", "", "" },
		{ "/user.slice/user-1000.slice/user@1000.service/app.slice", "user@1000.service", "", "" },
		{ "/system.slice/docker-" ID ".scope", "docker-" ID ".scope", ID, "" },
		{ "/docker/" ID, "", ID, "" },
		{ "/docker/" ID "/init", "", ID, "" },
		{ "/docker/" ID "0", "", "", "" },
		{ "/machine.slice/libpod-" ID ".scope/container", "libpod-" ID ".scope", ID, "" },
		{ "/machine.slice/libpod-conmon-" ID ".scope", "libpod-conmon-" ID ".scope", "", "" },
		{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
		  "01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-" ID ".scope",
		  "cri-containerd-" ID ".scope", ID, POD_UID },
		{ "/kubepods/besteffort/pod" POD_UID "/" ID, "", ID, POD_UID },
		{ "/kubepods/pod0123456789abcdef0123456789abcdef/" ID, "", ID, "0123456789abcdef0123456789abcdef" },
		{ "/podcast/x", "", "", "" },
		{ "/lxc.payload.web", "", "web", "" },
		{ "/machine.slice/machine-web.scope/payload", "machine-web.scope", "web", "" },
		{ "/machine.slice/machine-.scope", "machine-.scope", "", "" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cgroup_name name;

		cgroup_name(rows[i].path, &name);
		if (strcmp(name.unit, rows[i].unit) || strcmp(name.container, rows[i].container) ||
		    strcmp(name.pod, rows[i].pod))
			fail_msg("%s: unit '%s', container '%s', pod '%s'", rows[i].path, name.unit,
				 name.container, name.pod);
	}
}

/* A directory name is anybody's: as long as it may be, and of any bytes. */
TEST_FN(names_of_any_length)
{
	char path[2000] = "/";
	struct cgroup_name name;

	for (size_t len = 1; len < 1990; len++) {
		path[len] = len % 300 ? 'a' : '/';
		cgroup_name(path, &name);
		assert_true(strlen(name.container) == 0 || strlen(name.container) == 64);
	}
}

static char root[32];

static int make(void **state)
{
	(void)state;
	strcpy(root, "/tmp/pf-cgroups-XXXXXX");
	return !mkdtemp(root);
}

static int unmake(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", root);
	return system(command);
}

static __u64 make_dir(const char *path)
{
	char whole[256];
	struct stat st;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	mkdir(whole, 0755);
	assert_int_equal(stat(whole, &st), 0);
	return st.st_ino;
}

static void write_file(const char *path, const char *text)
{
	char whole[256];
	FILE *out;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	out = fopen(whole, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void expect(struct cgroups *c, __u64 id, __u32 pid, const char *path)
{
	cgroups_learn(c, id, pid);
	if (path)
		assert_string_equal(cgroups_path(c, id), path);
	else
		assert_null(cgroups_path(c, id));
}

TEST_FN(what_is_there_is_found)
{
	__u64 top = make_dir("/"), a = make_dir("/a"), b = make_dir("/a/b"), later;
	struct cgroups *c;

	assert_int_equal(cgroups_new_in(&c, root, "/nonexistent"), 0);
	expect(c, top, 1, "/");
	expect(c, a, 1, "/a");
	expect(c, b, 1, "/a/b");
	expect(c, 0, 1, NULL);
	later = make_dir("/a/later");
	/* It may have looked just now. */
	while (!cgroups_path(c, later))
		cgroups_learn(c, later, 1);
	expect(c, later, 1, "/a/later");
	cgroups_free(c);
}

/* What was there once is known when it is gone, and a process tells without a look at all. */
TEST_FN(a_process_tells_its_own)
{
	__u64 gone = make_dir("/gone"), own;
	char proc[48], from[64], to[64];
	struct cgroups *c;

	make_dir("/proc");
	make_dir("/proc/7");
	make_dir("/proc/8");
	snprintf(proc, sizeof(proc), "%s/proc", root);
	assert_int_equal(cgroups_new_in(&c, root, proc), 0);
	/* Other than those of the kernel, these numbers are used again. So it is only moved. */
	snprintf(from, sizeof(from), "%s/gone", root);
	snprintf(to, sizeof(to), "%s/elsewhere", proc);
	assert_int_equal(rename(from, to), 0);
	expect(c, gone, 7, "/gone");
	own = make_dir("/own");
	make_dir("/other");
	write_file("/proc/7/cgroup", "4:memory:/x\n0::/own\n");
	write_file("/proc/8/cgroup", "0::/../other\n");
	expect(c, own, 7, "/own");
	/* Another process has the number now, or it is of a namespace that is not ours. */
	expect(c, (__u64)-2, 7, NULL);
	expect(c, (__u64)-2, 8, NULL);
	cgroups_free(c);
}

TEST_FN(without_them_nothing_is_found)
{
	struct cgroups *c;

	assert_int_equal(cgroups_new_in(&c, "/nonexistent", "/proc"), 0);
	expect(c, 1, 1, NULL);
	cgroups_free(c);
	cgroups_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_tell_unit_container_and_pod),
		cmocka_unit_test(names_of_any_length),
		cmocka_unit_test_setup_teardown(what_is_there_is_found, make, unmake),
		cmocka_unit_test_setup_teardown(a_process_tells_its_own, make, unmake),
		cmocka_unit_test(without_them_nothing_is_found),
	};

	return cmocka_run_group_tests_name("cgroups", tests, NULL, NULL);
}
