// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * cgroup_name.c - see cgroup_name.h. Identities of containers are 64 hexadecimal digits:
 *
 *	/system.slice/docker-ID.scope		Docker, by systemd
 *	/docker/ID				Docker, by itself
 *	/machine.slice/libpod-ID.scope		Podman; beside it libpod-conmon-ID.scope, its monitor
 *	/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podUID.slice/cri-containerd-ID.scope
 *	/kubepods/burstable/podUID/ID		the kubelet, by itself
 *	/lxc.payload.NAME			LXC
 *	/machine.slice/machine-NAME.scope	systemd-nspawn, libvirt
 */
#include "cgroup_name.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define ID_LEN 64
#define UID_LEN 36

static bool ends(const char *text, const char *end)
{
	size_t len = strlen(text), tail = strlen(end);

	return len > tail && !strcmp(text + len - tail, end);
}

/* So many hexadecimal digits, and '-' if that is allowed, alone. */
static bool is_id(const char *text, size_t len, bool dashes)
{
	size_t n = 0;

	while (isxdigit((unsigned char)text[n]) || (dashes && text[n] == '-'))
		n++;
	return n == len;
}

static bool is_unit(const char *name)
{
	return ends(name, ".service") || ends(name, ".scope") || ends(name, ".socket") ||
	       ends(name, ".mount") || ends(name, ".swap");
}

/*
 * A slice counts as long as nothing better is known. Below a unit it is only looked on in the
 * manager of a user, who has units of his own.
 */
static void take_unit(const char *name, struct cgroup_name *n)
{
	bool in_user = !strncmp(n->unit, "user@", 5);

	if (*n->unit && !ends(n->unit, ".slice") && !in_user)
		return;
	/* systemd puts '_' in front of a name that could be one of the kernel's. */
	name += *name == '_';
	if (is_unit(name) || (ends(name, ".slice") && !in_user))
		snprintf(n->unit, sizeof(n->unit), "%s", name);
}

static void take_container(const char *name, struct cgroup_name *n)
{
	if (strstr(name, "-conmon-"))	/* who looks after it */
		return;
	for (const char *at = name; *at; at++) {
		if ((at == name || !isxdigit((unsigned char)at[-1])) && is_id(at, ID_LEN, false)) {
			snprintf(n->container, sizeof(n->container), "%.*s", ID_LEN, at);
			return;
		}
	}
	if (!strncmp(name, "lxc.payload.", 12))
		snprintf(n->container, sizeof(n->container), "%s", name + 12);
	else if (!strncmp(name, "machine-", 8) && ends(name, ".scope"))
		snprintf(n->container, sizeof(n->container), "%.*s", (int)strlen(name + 8) - 6, name + 8);
}

/* systemd has '-' for a level, so the kubelet writes '_' in place of it. */
static void take_pod(const char *name, struct cgroup_name *n)
{
	const char *at = !strncmp(name, "pod", 3) ? name + 3 : strstr(name, "-pod");
	char uid[CGROUP_NAME_LEN];

	if (!at)
		return;
	snprintf(uid, sizeof(uid), "%s", *at == '-' ? at + 4 : at);
	for (char *c = uid; *c; c++)
		*c = *c == '_' ? '-' : *c;
	/* A pod of a file has a hash of that. */
	if (is_id(uid, UID_LEN, true) || is_id(uid, 32, false))
		snprintf(n->pod, sizeof(n->pod), "%.*s", uid[8] == '-' ? UID_LEN : 32, uid);
}

void cgroup_name(const char *path, struct cgroup_name *ret_name)
{
	struct cgroup_name name = { .unit = "" };
	char part[CGROUP_NAME_LEN];

	while (path && *path) {
		size_t len = strcspn(path, "/");

		if (len && len < sizeof(part)) {
			snprintf(part, sizeof(part), "%.*s", (int)len, path);
			take_unit(part, &name);
			take_container(part, &name);
			take_pod(part, &name);
		}
		path += len + (path[len] == '/');
	}
	*ret_name = name;
}
