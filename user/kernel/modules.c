// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* modules.c - see modules.h. */
#include "modules.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/procfile.h"

#define GOES 2	/* so often a module can go before it may not be hooked */

static bool has_types(const char *name)
{
	char path[96];

	snprintf(path, sizeof(path), "/sys/kernel/btf/%s", name);
	return !access(path, F_OK);
}

/* Types of a module, its parameters, or a file system of its name: a kernel with it has one. */
bool kernel_has_module(const char *name)
{
	char path[96], line[64], type[64];
	bool found = false;
	FILE *known;

	if (has_types(name))
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

/*
 * A number of a module that is loaded whole and that nobody removes yet; 0 if there is none. It
 * is that of its file in /sys, which the next module of that name does not get. The file is asked
 * for its number first. Otherwise the number could be that of the next module, which is not
 * loaded whole.
 */
static __u64 number_of(const char *name)
{
	char path[96], line[16];
	struct stat file;

	snprintf(path, sizeof(path), "/sys/module/%s/initstate", name);
	if (stat(path, &file) || procfile_line(path, line, sizeof(line)) || strcmp(line, "live"))
		return 0;
	return file.st_ino;
}

static struct module *module_of(struct modules *m, const char *name)
{
	for (size_t i = 0; i < m->n; i++)
		if (!strcmp(m->module[i].name, name))
			return &m->module[i];
	if (m->n == sizeof(m->module) / sizeof(m->module[0]))
		return NULL;
	m->module[m->n] = (struct module){ .name = name };
	return &m->module[m->n++];
}

bool modules_choose(struct modules *m, const char *name, const char **ret_why)
{
	struct module *module = module_of(m, name);
	__u64 number = number_of(name);

	*ret_why = "";
	if (!module)
		*ret_why = "too many modules are hooked";
	/* The kernel refuses programs on functions of one that begins or ends, though it has types. */
	else if (!number && (has_types(name) || !kernel_has_module(name)))
		*ret_why = "its module is not loaded";
	else if (number && module->went >= GOES)
		*ret_why = "its module went again and again while pageflight started";
	if (!number || **ret_why)
		return false;
	/* Another one may have been chosen for another function. */
	if (!module->number)
		module->number = number;
	return true;
}

bool modules_went(struct modules *m)
{
	bool found = false;

	for (size_t i = 0; i < m->n; i++) {
		struct module *module = &m->module[i];

		if (module->number && module->number != number_of(module->name)) {
			module->went++;
			found = true;
		}
		module->number = 0;
	}
	return found;
}
