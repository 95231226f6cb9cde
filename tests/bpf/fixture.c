// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* fixture - see fixture.h. */
#include "fixture.h"

#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "lib/say.h"

/*
 * The loader that tests share stays open. A test that fails leaves descriptors open,
 * which would disturb the next test: flow_clean() closes them.
 */
int fixture_setup(void **state)
{
	const struct plan *plan = *state;

	if (plan->loader) {
		counts_close();
		flow_mark();
		counts_open(plan->loader);
	} else {
		if (!counts_loader())
			counts_open(&(struct loader_opts){ 0 });
		flow_mark();
	}
	return 0;
}

int fixture_teardown(void **state)
{
	const struct plan *plan = *state;

	if (plan->loader)
		counts_close();
	flow_clean();
	return 0;
}

static void ignore_record(void *ctx, const void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
}

static unsigned int flows_of(const struct plan *plan)
{
	return plan->flows ?: 1;
}

static void begin(struct fixture *t)
{
	const struct plan *plan = t->plan;

	if (plan->pages)
		t->file = plan->named ? flow_named_file(PAGES(plan->pages), t->path) :
					flow_file(PAGES(plan->pages));
	if (plan->before)
		plan->before();
	counts_start();
	/* A test that failed may have left records unread. */
	assert_true(loader_consume(counts_loader(), ignore_record, NULL) >= 0);
	assert_in_range(flows_of(plan), 1, FIXTURE_FLOWS);
	for (unsigned int i = 0; i < flows_of(plan); i++)
		flow_open(&t->flow[i], &plan->flow);
}

void fixture_end(struct fixture *t)
{
	const struct plan *plan = t->plan;

	if (t->ended)
		return;
	t->ended = true;
	for (unsigned int i = 0; i < flows_of(plan); i++)
		flow_close(&t->flow[i]);
	counts_all_gone(plan->skips);
	if (!plan->loses)
		counts_nothing_lost();
	for (const struct count *c = plan->ends; c < plan->ends + FIXTURE_COUNTS && c->line; c++)
		if (!c->or_more || counts_get(c->c) < c->n)
			counts_check(c->c, c->n, plan->source, c->line);
	if (plan->after)
		plan->after();
	if (plan->named)
		unlink(t->path);
	if (plan->pages)
		close(t->file);
}

void fixture_run(const struct plan *plan, void (*body)(struct fixture *t))
{
	struct fixture t = { .plan = plan, .file = -1 };

	begin(&t);
	body(&t);
	fixture_end(&t);
}

int fixture_group(const char *group, const struct CMUnitTest *tests, size_t n)
{
	int failed;

	must_end = _fail;
	/* The lines of cmocka and the messages of the tests stay in order. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	failed = _cmocka_run_group_tests(group, tests, n, NULL, NULL);
	counts_close();
	return failed;
}

struct bpf_prog_info fixture_program(__u32 id)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	assert_true(fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
	close(fd);
	return info;
}
