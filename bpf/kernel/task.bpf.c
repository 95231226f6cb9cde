// SPDX-License-Identifier: GPL-2.0-only
/* task.bpf.c - see task.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include "task.bpf.h"

/* A kernel without control groups has no such field. */
static __always_inline __u64 task_cgroup(struct task_struct *task)
{
	if (!bpf_core_field_exists(task->cgroups))
		return 0;
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

__noinline int task_who(struct pf_who *ret_who)
{
	struct task_struct *task = bpf_get_current_task_btf(), *parent;
	const unsigned char *name;

	if (!ret_who)
		return 0;
	__builtin_memset(ret_who, 0, sizeof(*ret_who));
	parent = BPF_CORE_READ(task, group_leader, real_parent, group_leader);
	ret_who->cgroup = task_cgroup(task);
	ret_who->uid = bpf_get_current_uid_gid();
	ret_who->ppid = BPF_CORE_READ(parent, tgid);
	if (ret_who->ppid)	/* the parent of process 1 is the idle task */
		BPF_CORE_READ_STR_INTO(&ret_who->parent, parent, comm);
	name = BPF_CORE_READ(task, mm, exe_file, f_path.dentry, d_name.name);
	if (name)
		bpf_probe_read_kernel_str(ret_who->exe, sizeof(ret_who->exe), name);
	return 0;
}
