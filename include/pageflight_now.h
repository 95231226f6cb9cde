/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * pageflight_now.h - wait until no socket of this host holds pages of a file, for programs
 * in C: link with -lpageflight-now (pkg-config pageflight-now). It needs the privileges of
 * pageflight(8).
 *
 *	struct pf_now *now;
 *	int err = pf_now_open(&now);
 *
 *	...stop sending the file, then
 *	err = err ?: pf_now_wait(now, fd, 0, 0, 0, 5000);
 *	if (!err)
 *		pwrite(fd, ...);
 *	pf_now_close(now);
 *
 * It tells how things stand when it returns. Whoever goes on sending the file can put its
 * pages into a socket the moment after; see pageflight-wait(8).
 */
#ifndef PAGEFLIGHT_PAGEFLIGHT_NOW_H
#define PAGEFLIGHT_PAGEFLIGHT_NOW_H

#include <linux/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pf_now;

/*
 * Load what looks into sockets. That takes as long as hundreds of waits, so keep it. One
 * thread at a time may use it. libbpf's messages are turned off for all of the process. 0 or -errno: -EPERM without the privileges, -EOPNOTSUPP on a
 * kernel that is too old.
 */
int pf_now_open(struct pf_now **ret_now);

/* Wait for other references to the pages too: packets on their way, pipes, readers. */
#define PF_NOW_STRICT 1u

/*
 * Wait until no byte of [off, off + len) of an open file is in a socket; len 0: to the end,
 * wherever that is then. timeout_ms: 0 looks once, -1 waits for ever. 0, -ETIMEDOUT, or
 * another -errno.
 */
int pf_now_wait(struct pf_now *now, int fd, __u64 off, __u64 len, unsigned int flags,
		int timeout_ms);

/* NULL is allowed. */
void pf_now_close(struct pf_now *now);

#ifdef __cplusplus
}
#endif

#endif
