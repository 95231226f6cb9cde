// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* api.c - see pageflight_now.h. */
#include "pageflight_now.h"

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/err.h"
#include "wait.h"

struct pf_now {
	struct waiter *waiter;
};

int pf_now_open(struct pf_now **ret_now)
{
	struct pf_now *now = calloc(1, sizeof(*now));
	struct err why;
	int err;

	if (!now)
		return -ENOMEM;
	err = waiter_open(&now->waiter, false, &why);
	err = err ?: waiter_load_sockets(now->waiter, &why);
	if (err) {
		pf_now_close(now);
		return err;
	}
	*ret_now = now;
	return 0;
}

int pf_now_wait(struct pf_now *now, int fd, __u64 off, __u64 len, unsigned int flags,
		int timeout_ms)
{
	struct wait_state state;
	const struct wait_opts opts = {
		.fds = &fd,
		.n = 1,
		.from = off,
		.to = len && len < (__u64)-1 - off ? off + len : (__u64)-1,
		.timeout_ns = timeout_ms < 0 ? WAIT_FOR_EVER : timeout_ms * NSEC_PER_MSEC,
		.strict = flags & PF_NOW_STRICT,
	};

	if (flags & ~PF_NOW_STRICT || off == (__u64)-1)
		return -EINVAL;
	return wait_until_free(now->waiter, &opts, &state);
}

void pf_now_close(struct pf_now *now)
{
	if (!now)
		return;
	waiter_close(now->waiter);
	free(now);
}
