// SPDX-License-Identifier: GPL-2.0-only
/* sender.bpf.c - see sender.bpf.h. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight/conn.bpf.h"
#include "sender.bpf.h"

__noinline int sender_keep(__u32 slot, __u64 began)
{
	struct pf_sender_who s = { .began = began };
	__u32 pid = bpf_get_current_pid_tgid() >> 32;
	struct pf_conn *c = conn_at(slot);

	task_who(&s.who);
	if (!c)
		return 0;
	c->exposed = 0;		/* that has the name of the sender before */
	if (!bpf_map_update_elem(&senders, &pid, &s, BPF_ANY))
		c->sender_began = began;
	return 0;
}
