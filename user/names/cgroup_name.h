/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * cgroup_name - what the names of the directories on the way to a control group say, which
 * systemd, the kubelet and the tools for containers have given them. Pure.
 */
#ifndef PAGEFLIGHT_CGROUP_NAME_H
#define PAGEFLIGHT_CGROUP_NAME_H

#define CGROUP_NAME_LEN 256

/* Each is empty if nothing tells of it. */
struct cgroup_name {
	char unit[CGROUP_NAME_LEN];		/* of systemd: "nginx.service" */
	char container[CGROUP_NAME_LEN];	/* identity or name of a container */
	char pod[CGROUP_NAME_LEN];		/* identity of a pod */
};

/* NULL is allowed: nothing is known. */
void cgroup_name(const char *path, struct cgroup_name *ret_name);

#endif
