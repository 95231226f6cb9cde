// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* features.c - see features.h. */
#include "features.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/capability.h>

#include "base/procfile.h"
#include "hooks.h"
#include "base/capabilities.h"

bool kernel_is_locked_down(void)
{
	char line[128];

	return !procfile_line("/sys/kernel/security/lockdown", line, sizeof(line)) &&
	       strstr(line, "[confidentiality]");
}

/* Is one of the parts of a type called that? Each part begins with the offset of its name. */
static bool has_part(const struct btf *btf, const struct btf_type *t, size_t part_size,
		     const char *name)
{
	const char *part = (const char *)(t + 1);

	for (int i = 0; i < btf_vlen(t); i++, part += part_size)
		if (!strcmp(btf__name_by_offset(btf, *(const __u32 *)part), name))
			return true;
	return false;
}

static bool func_has_param(const struct btf *btf, int func, const char *param)
{
	const struct btf_type *proto = btf__type_by_id(btf, btf__type_by_id(btf, func)->type);

	return has_part(btf, proto, sizeof(struct btf_param), param);
}

static bool struct_has(const struct btf *btf, const char *type, const char *field)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_STRUCT);

	return id > 0 && has_part(btf, btf__type_by_id(btf, id), sizeof(struct btf_member), field);
}

static bool enum_has(const struct btf *btf, const char *type, const char *value)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);

	return id > 0 && has_part(btf, btf__type_by_id(btf, id), sizeof(struct btf_enum), value);
}

static bool btf_has_func(const struct btf *btf, const struct hook *h)
{
	char name[128];
	int id;

	if (h->method == HOOK_TP_BTF) {
		snprintf(name, sizeof(name), "btf_trace_%s", h->symbol);
		return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
	}
	if (h->method == HOOK_ITER) {
		snprintf(name, sizeof(name), "bpf_iter__%s", h->symbol);
		return btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) > 0;
	}
	id = btf__find_by_name_kind(btf, h->symbol, BTF_KIND_FUNC);
	return id > 0 && (!h->param || func_has_param(btf, id, h->param));
}

bool kernel_has_hook(void *ctx, const struct hook *h)
{
	struct btf *vmlinux = ctx, *module;
	bool found;

	if (btf_has_func(vmlinux, h))
		return true;
	/* Without it libbpf may not look into modules. */
	if (!h->module || !capabilities_have(CAP_SYS_ADMIN))
		return false;
	module = btf__load_module_btf(h->module, vmlinux);
	if (!module)
		return false;
	found = btf_has_func(module, h);
	btf__free(module);
	return found;
}

bool kernel_has_atomic(const struct btf *btf)
{
	/* The verifier needs that field to allow global functions with preemption disabled. */
	return btf__find_by_name_kind(btf, "bpf_preempt_disable", BTF_KIND_FUNC) > 0 &&
	       btf__find_by_name_kind(btf, "bpf_local_irq_save", BTF_KIND_FUNC) > 0 &&
	       struct_has(btf, "bpf_subprog_info", "might_sleep");
}

bool kernel_has_huge_index(const struct btf *btf)
{
	/* 6.7: a08c7193e4f1 ("mm/filemap: remove hugetlb special casing in filemap.c") */
	return btf__find_by_name_kind(btf, "hugetlb_basepage_index", BTF_KIND_FUNC) > 0;
}

bool kernel_shows_writers(const struct btf *btf)
{
	return struct_has(btf, "rw_semaphore", "count");	/* not under PREEMPT_RT */
}

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

const char *kernel_lacks(const struct btf *btf)
{
	static const char *const helpers[] = {
		"BPF_FUNC_loop", "BPF_FUNC_get_func_ret", "BPF_FUNC_task_pt_regs",
	};

	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (!enum_has(btf, "bpf_func_id", helpers[i]))
			return helpers[i];
	return NULL;
}
