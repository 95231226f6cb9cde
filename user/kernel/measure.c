// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* measure.c - see measure.h. */
#include "measure.h"

#include <bpf/bpf.h>

int measure_programs(void)
{
	return bpf_enable_stats(BPF_STATS_RUN_TIME);
}
