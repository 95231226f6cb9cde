// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* fp_cost - see fp_cost.h. */
#include "fp_cost.h"

#include <bpf/bpf.h>

#include "fingerprint.skel.h"
#include "lib/say.h"

void fingerprint_time(struct fingerprint *ret_times)
{
	struct fingerprint_bpf *skel = fingerprint_bpf__open_and_load();
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	must(skel, "fingerprint.bpf.c does not load");
	for (int i = 0; i < 3; i++)	/* the first one fills caches of the emulator */
		must(!bpf_prog_test_run_opts(bpf_program__fd(skel->progs.time_fp), &opts),
		     "fingerprint.bpf.c does not run");
	*ret_times = (struct fingerprint){
		.both = skel->bss->both,
		.read_blocks = skel->bss->read_blocks,
		.read_whole = skel->bss->read_whole,
		.hash = skel->bss->hash,
	};
	fingerprint_bpf__destroy(skel);
}
