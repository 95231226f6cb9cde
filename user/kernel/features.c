// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* features.c - see features.h. */
#include "features.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <linux/capability.h>

#include "base/procfile.h"
#include "hooks.h"
#include "modules.h"
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

static const struct btf_type *plain(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (btf_is_mod(t) || btf_is_typedef(t))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The structure that a parameter points to. */
static const char *points_to(const struct btf *btf, __u32 type)
{
	const struct btf_type *t = plain(btf, type);

	if (!btf_is_ptr(t))
		return "no pointer";
	t = plain(btf, t->type);
	return btf_is_composite(t) || btf_is_fwd(t) ? btf__name_by_offset(btf, t->name_off) :
						      "no structure";
}

/* Do the parameters from the first one on point to what the program reads? */
static bool takes(const struct btf *btf, const struct btf_type *proto, int first, struct hook *h)
{
	const char *want = h->takes ? h->takes : "";

	for (int i = first; *want; i++) {
		int len = strcspn(want, " ");
		const char *is = i < btf_vlen(proto) ? points_to(btf, btf_params(proto)[i].type) :
						       "missing";

		if (*want != '-' && (strncmp(is, want, len) || is[len])) {
			snprintf(h->why_absent, sizeof(h->why_absent),
				 "parameter %d is %.30s, not %.*s", i - first + 1, is, len, want);
			return false;
		}
		want += len + (want[len] == ' ');
	}
	return true;
}

/* The first parameter of a tracepoint is that of who has attached to it. */
static bool has_tracepoint(const struct btf *btf, struct hook *h)
{
	char name[128];
	int id;

	snprintf(name, sizeof(name), "btf_trace_%s", h->symbol);
	id = btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF);
	return id > 0 && takes(btf, plain(btf, plain(btf, id)->type), 1, h);
}

static bool has_iterator(const struct btf *btf, const struct hook *h)
{
	char name[128];

	snprintf(name, sizeof(name), "bpf_iter__%s", h->symbol);
	return btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) > 0;
}

static bool has_function(const struct btf *btf, struct hook *h)
{
	int id = btf__find_by_name_kind(btf, h->symbol, BTF_KIND_FUNC);
	const struct btf_type *proto;

	if (id < 0)
		return false;
	proto = btf__type_by_id(btf, btf__type_by_id(btf, id)->type);
	return (!h->param || has_part(btf, proto, sizeof(struct btf_param), h->param)) &&
	       takes(btf, proto, 0, h);
}

static bool has_target(const struct btf *btf, struct hook *h)
{
	switch (h->method) {
	case HOOK_TP_BTF:
		return has_tracepoint(btf, h);
	case HOOK_ITER:
		return has_iterator(btf, h);
	default:
		return has_function(btf, h);
	}
}

/* The types of a module; NULL, and why, if they are not to be had. */
static struct btf *module_types(const struct kernel_types *types, const char *module,
				const char **ret_why)
{
	char path[512];

	if (types->folder) {
		*ret_why = "neither in it nor in types of its module beside it";
		snprintf(path, sizeof(path), "%s/%s", types->folder, module);
		return access(path, R_OK) ? NULL : btf__parse_split(path, types->vmlinux);
	}
	/* Without it libbpf may not look into modules. */
	if (!capabilities_have(CAP_SYS_ADMIN)) {
		*ret_why = "no CAP_SYS_ADMIN to look into modules";
		return NULL;
	}
	return modules_choose(types->modules, module, ret_why) ?
	       btf__load_module_btf(module, types->vmlinux) : NULL;
}

bool kernel_has_hook(void *ctx, struct hook *h)
{
	const struct kernel_types *types = ctx;
	struct btf *module;
	const char *why;
	bool found;

	if (has_target(types->vmlinux, h))
		return true;
	if (!h->module || h->why_absent[0])
		return false;
	module = module_types(types, h->module, &why);
	if (!module) {
		snprintf(h->why_absent, sizeof(h->why_absent), "%s", why);
		return false;
	}
	found = has_target(module, h);
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

const char *kernel_lacks(const struct btf *btf, unsigned int nth)
{
	static const char *const helpers[] = {
		"BPF_FUNC_loop", "BPF_FUNC_get_func_ret", "BPF_FUNC_task_pt_regs",
	};

	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (!enum_has(btf, "bpf_func_id", helpers[i]) && !nth--)
			return helpers[i];
	return NULL;
}
