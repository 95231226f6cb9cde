// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* plan.c - see plan.h. */
#include "plan.h"

#include <errno.h>
#include <libgen.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/err.h"
#include "features.h"
#include "hooks.h"

static int say_nothing(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static void plan_for(struct plan *plan, struct kernel_types *types)
{
	hooks_plan(plan->hooks, PF_CONTENT_WIRE, kernel_has_hook, types);
	for (unsigned int i = 0; i < PLAN_LACKS - 1; i++)
		plan->lacks[i] = kernel_lacks(types->vmlinux, i);
}

int plan_read(struct plan *ret_plan, const char *path, struct err *ret_err)
{
	char *copy = strdup(path);
	struct plan plan = { .hooks = calloc(hooks_n, sizeof(*plan.hooks)) };
	struct kernel_types types = { 0 };
	char why[128];
	int err = 0;

	libbpf_set_print(say_nothing);
	if (copy && plan.hooks) {
		types.vmlinux = btf__parse(path, NULL);
		err = types.vmlinux ? 0 : -errno;
	} else {
		err = -ENOMEM;
	}
	if (!err && btf__find_by_name_kind(types.vmlinux, "task_struct", BTF_KIND_STRUCT) < 0)
		err = -EINVAL;
	if (!err) {
		types.folder = dirname(copy);
		plan_for(&plan, &types);
		*ret_plan = plan;
	} else {
		plan_free(&plan);
		libbpf_strerror(err, why, sizeof(why));	/* it has errors of its own */
		err_set(ret_err, err, "%s has no types of a kernel: %s", path, why);
	}
	btf__free(types.vmlinux);
	free(copy);
	return err;
}

void plan_free(struct plan *plan)
{
	free(plan->hooks);
}
