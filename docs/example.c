// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * example.c - the engine without pageflight. Two records made by hand: process 7
 * writes 4096 bytes of a file, which a connection had queued and not transmitted.
 *
 *   cc example.c $(pkg-config --cflags --libs pageflight) && ./a.out
 */
#include <pageflight.h>
#include <stdio.h>

static void on_incident(void *ctx, const struct pf_incident *inc)
{
	(void)ctx;
	printf("%s, %s: %s\n", pf_verdict_name(inc->answer.verdict),
	       pf_reason_name(inc->answer.reason), inc->answer.rule);
	for (size_t i = 0; i < inc->n_ranges; i++) {
		char text[PF_EVIDENCE_LEN];

		printf("  %s[%u] wrote %llu bytes at %llu of %s: %s\n", inc->writer.comm,
		       inc->writer.pid, inc->ranges[i].len, inc->ranges[i].file_off,
		       pf_op_path(inc->op_rec),
		       pf_range_evidence(&inc->ranges[i], text, sizeof(text)));
	}
}

int main(void)
{
	const struct pf_engine_config cfg = { .on_incident = on_incident };
	const struct pf_progress stand = { .una = 1000, .nxt = 1000 };
	const struct pf_ev_hit hit = {
		.h = { .ts = 1, .type = PF_EV_HIT, .size = sizeof(hit) },
		.op = 1, .conn = 1,
		.writer = { .pid = 7, .tid = 7, .how = PF_WRITE_WRITE, .comm = "writer" },
		.count = 4096, .seq = 1000, .len = 4096,
		.before = stand, .after = stand,
	};
	const struct pf_ev_op op = {
		.h = { .ts = 2, .type = PF_EV_OP, .size = sizeof(op) },
		.op = 1, .hits = 1, .count = 4096, .path = "/served-file",
	};
	struct pf_engine *engine;
	int err;

	if (pf_engine_new(&engine, &cfg))
		return 1;
	err = pf_engine_feed(engine, &hit, sizeof(hit));
	if (!err)
		err = pf_engine_feed(engine, &op, sizeof(op));
	if (!err)
		err = pf_engine_flush(engine);
	if (err)
		fprintf(stderr, "example: %s\n", pf_engine_refusal(engine));
	pf_engine_free(engine);
	return err != 0;
}
