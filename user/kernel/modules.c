// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* modules.c - see modules.h. */
#include "modules.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Types of a module, its parameters, or a file system of its name: a kernel with it has one. */
bool kernel_has_module(const char *name)
{
	char path[96], line[64], type[64];
	bool found = false;
	FILE *known;

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	if (!access(path, F_OK))
		return true;
	snprintf(path, sizeof(path), "/sys/module/%s", name);
	if (!access(path, F_OK))
		return true;
	known = fopen("/proc/filesystems", "r");
	if (!known)
		return false;
	while (!found && fgets(line, sizeof(line), known))
		found = (sscanf(line, "nodev %63s", type) == 1 || sscanf(line, "%63s", type) == 1) &&
			!strcmp(type, name);
	fclose(known);
	return found;
}

unsigned int kernel_module_types(void)
{
	DIR *types = opendir("/sys/kernel/btf");
	const struct dirent *file;
	unsigned int n = 0;

	while (types && (file = readdir(types)))
		n += *file->d_name != '.' && strcmp(file->d_name, "vmlinux");
	if (types)
		closedir(types);
	return n;
}
