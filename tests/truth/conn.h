/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/* conn - the connection of a flow: its two ends, and what the kernel tells of them. */
#ifndef TRUTH_CONN_H
#define TRUTH_CONN_H

#include <sys/types.h>

#include "plan.h"

struct conn {
	int tx, rx;		/* rx of another machine: -1 */
};

/* Configure the sender's device as planned, and connect. */
void conn_open(struct conn *c, const struct plan *p);
void conn_close_sender(struct conn *c, bool reset);
void conn_close_reader(struct conn *c, const struct plan *p, bool reset);
void conn_close(struct conn *c, const struct plan *p);

/* Read as the reader does. Returns what recv() would. */
ssize_t conn_read(const struct conn *c, const struct plan *p, uint8_t *to, uint32_t len);

uint32_t conn_outq(int sock);		/* SIOCOUTQ: not acknowledged, sent or not */
uint32_t conn_inq(int sock);		/* SIOCINQ: arrived, not read */

struct conn_state {
	uint32_t unacked;		/* segments */
	uint32_t notsent;		/* bytes */
	uint32_t retrans;		/* segments, since the connection began */
	uint32_t cwnd;
	bool closed;			/* the reader has reset it */
};
void conn_state(int sock, struct conn_state *ret);

void conn_cork(int sock, bool cork);

#endif
