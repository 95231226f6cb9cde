// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* fingerprint - see fingerprint.h. */
#include "fingerprint.h"

#include <bpf/bpf.h>

#include "print.skel.h"
#include "say.h"

void fingerprint_time(struct fingerprint *ret_times)
{
	struct print *skel = print__open_and_load();
	LIBBPF_OPTS(bpf_test_run_opts, opts);

	must(skel, "print.bpf.c does not load");
	for (int i = 0; i < 3; i++)	/* the first one fills caches of the emulator */
		must(!bpf_prog_test_run_opts(bpf_program__fd(skel->progs.time_print), &opts),
		     "print.bpf.c does not run");
	*ret_times = (struct fingerprint){
		.both = skel->bss->both,
		.read_blocks = skel->bss->read_blocks,
		.read_whole = skel->bss->read_whole,
		.hash = skel->bss->hash,
	};
	print__destroy(skel);
}
