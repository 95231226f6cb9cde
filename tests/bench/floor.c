// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* floor - see floor.h. */
#include "floor.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "say.h"

#define HOOKS 64

static struct bpf_link_info hooks[HOOKS];
static int n_hooks;
static int links[HOOKS];

int floor_learn(void)
{
	__u32 id = 0;

	n_hooks = 0;
	while (!bpf_link_get_next_id(id, &id)) {
		__u32 len = sizeof(hooks[0]);
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		must(n_hooks < HOOKS, "more than %d hooks", HOOKS);
		hooks[n_hooks] = (struct bpf_link_info){ 0 };
		must(!bpf_obj_get_info_by_fd(fd, &hooks[n_hooks], &len), "a link's description");
		n_hooks += hooks[n_hooks].type == BPF_LINK_TYPE_TRACING;
		close(fd);
	}
	return n_hooks;
}

static int attach_one(const struct bpf_link_info *hook)
{
	const struct bpf_insn empty[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		.expected_attach_type = hook->tracing.attach_type,
		.attach_btf_id = hook->tracing.target_btf_id);
	int prog, link, btf = 0;

	if (hook->tracing.target_obj_id) {
		btf = bpf_btf_get_fd_by_id(hook->tracing.target_obj_id);
		must(btf >= 0, "types of a module");
		opts.attach_btf_obj_fd = btf;
	}
	prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "empty", "GPL", empty, 2, &opts);
	must(prog >= 0, "an empty program does not load");
	link = bpf_raw_tracepoint_open(NULL, prog);
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
