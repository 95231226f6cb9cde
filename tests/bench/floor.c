// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* floor - see floor.h. */
#include "floor.h"

#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "lib/say.h"

#define HOOKS 128

struct hook {
	struct bpf_link_info link;
	char tracepoint[64];
};

static struct hook hooks[HOOKS];
static int n_hooks;
static int links[HOOKS];

static bool is_hook(const struct bpf_link_info *link)
{
	return link->type == BPF_LINK_TYPE_TRACING || link->type == BPF_LINK_TYPE_RAW_TRACEPOINT;
}

int floor_learn(void)
{
	__u32 id = 0;

	n_hooks = 0;
	while (!bpf_link_get_next_id(id, &id)) {
		__u32 len = sizeof(struct bpf_link_info);
		int fd = bpf_link_get_fd_by_id(id);
		struct hook *h = &hooks[n_hooks];

		if (fd < 0)
			continue;
		must(n_hooks < HOOKS, "more than %d hooks", HOOKS);
		*h = (struct hook){ 0 };
		h->link.raw_tracepoint.tp_name = (__u64)(unsigned long)h->tracepoint;
		h->link.raw_tracepoint.tp_name_len = sizeof(h->tracepoint);
		must(!bpf_obj_get_info_by_fd(fd, &h->link, &len), "a link's description");
		n_hooks += is_hook(&h->link);
		close(fd);
	}
	return n_hooks;
}

static int attach_one(const struct hook *hook)
{
	const struct bpf_insn empty[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	bool tracepoint = hook->link.type == BPF_LINK_TYPE_RAW_TRACEPOINT;
	LIBBPF_OPTS(bpf_prog_load_opts, opts);
	int prog, link, btf = 0;

	if (!tracepoint) {
		opts.expected_attach_type = hook->link.tracing.attach_type;
		opts.attach_btf_id = hook->link.tracing.target_btf_id;
		if (hook->link.tracing.target_obj_id) {
			btf = bpf_btf_get_fd_by_id(hook->link.tracing.target_obj_id);
			must(btf >= 0, "types of a module");
			opts.attach_btf_obj_fd = btf;
		}
	}
	prog = bpf_prog_load(tracepoint ? BPF_PROG_TYPE_RAW_TRACEPOINT : BPF_PROG_TYPE_TRACING,
			     "empty", "GPL", empty, 2, &opts);
	must(prog >= 0, "an empty program does not load");
	link = bpf_raw_tracepoint_open(tracepoint ? hook->tracepoint : NULL, prog);
	must(link >= 0, "an empty program cannot be attached");
	close(prog);
	if (btf)
		close(btf);
	return link;
}

void floor_attach(void)
{
	for (int i = 0; i < n_hooks; i++)
		links[i] = attach_one(&hooks[i]);
}

void floor_detach(void)
{
	for (int i = 0; i < n_hooks; i++)
		close(links[i]);
}
