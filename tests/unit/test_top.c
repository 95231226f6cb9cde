// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* top: frames as text, and what keys do. A frame that differs is printed as it should be by the file, and as it is. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lib/test.h"
#include "sample.h"
#include "top/model.h"

#define FOLDER "tests/unit/top/"

static char *contents(const char *path)
{
	FILE *in = fopen(path, "r");
	char *text = NULL;
	size_t room = 0;

	if (!in)
		return strdup("");
	if (getdelim(&text, &room, '\0', in) < 0)
		text = strdup("");
	fclose(in);
	return text;
}

static char *frame(struct model *m, unsigned int width, unsigned int height)
{
	struct canvas canvas;
	char *text;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(canvas_init(&canvas, width, height), 0);
	model_draw(m, &canvas);
	canvas_print(&canvas, out);
	canvas_fini(&canvas);
	fclose(out);
	return text;
}

/* With GOLDEN_NEW in the environment it is written anew. A wide frame has no more lines and columns than it may have. */
static void check(struct model *m, unsigned int width, unsigned int height, const char *name)
{
	char path[128], *is = frame(m, width, height), *should;
	unsigned int lines = 0;

	snprintf(path, sizeof(path), FOLDER "%s", name);
	if (getenv("GOLDEN_NEW")) {
		FILE *out = fopen(path, "w");

		assert_non_null(out);
		fputs(is, out);
		fclose(out);
	}
	should = contents(path);
	if (strcmp(is, should))
		fail_msg("%s should be\n%sand is\n%s", name, should, is);
	for (const char *at = is; *at; at += strcspn(at, "\n") + 1, lines++)
		assert_in_range(strcspn(at, "\n"), 0, 4 * width);
	assert_in_range(lines, 1, height);
	free(is);
	free(should);
}

static void address(__u8 to[16], const char *text)
{
	memset(to, 0, 16);
	to[10] = to[11] = 0xff;
	assert_int_equal(inet_pton(AF_INET, text, to + 12), 1);
}

static struct pf_top_conn conn(unsigned int i)
{
	struct pf_top_conn c = {
		.id = i + 1, .oldest = (100 - i) * NSEC_PER_SEC, .unsent = i * 4096ull, .unacked = 4096,
		.unread = i % 3 * 1000, .pages = i + 2, .resends = 7 * i % 5,
		.tuple = { .lport = 80, .rport = 40000 + i },
		.sender = { .pid = 200 + i, .comm = "nginx" },
	};

	address(c.tuple.laddr, "192.0.2.1");
	address(c.tuple.raddr, "198.51.100.7");
	return c;
}

static struct snap_file file(unsigned int i, const char *path)
{
	struct snap_file f = {
		.sum = { .mapping = 0x1000 * (i + 1), .bytes = (9 - i) * 100000ull, .pages = 30 - i,
			 .conns = i + 1, .oldest = (90 + i) * NSEC_PER_SEC },
		.dev = 8 << 20 | 1, .ino = 12 + i,
	};

	snprintf(f.path, sizeof(f.path), "%s", path);
	return f;
}

static void fill(struct snap *snap, unsigned int conns)
{
	memset(snap, 0, sizeof(*snap));
	snap->mono = 101 * NSEC_PER_SEC;
	snap->wall_ns = 1767225600ull * NSEC_PER_SEC;
	snap->every_ns = NSEC_PER_SEC;
	snap->incidents[PF_VERDICT_CORRUPT] = 2;
	snap->said = (struct pf_top_said){ .pages = 5000, .bytes = 20480000, .conns = 1000, .n_conns = conns, .n_files = 4 };
	for (unsigned int i = 0; i < conns; i++)
		snap->conns[i] = conn(i);
	snap->files[0] = file(0, "/srv/www/image.iso");
	snap->files[1] = file(1, "/srv/www/odd\033[2Jname\n");
	snap->files[2] = file(2, "");
	snap->files[3] = file(3, "");
	snap->files[3].sum.mapping = 0;
}

/* As a session gives it. */
static void add(struct model *m, struct sample sample)
{
	struct sink sink = { .ops = &sink_view };
	struct view_case c;
	char *data;
	size_t len;

	sink.out = open_memstream(&data, &len);
	assert_non_null(sink.out);
	sample.inc.ts = 50 * NSEC_PER_SEC;
	sample_give(&sink, &sample, 0);
	fclose(sink.out);
	assert_int_equal(view_unpack(data, len, &c), 0);
	model_case(m, &c);
	free(data);
}

static struct snap snap;

static void start(struct model *m, unsigned int conns)
{
	model_init(m, PF_TOP_BYTES);
	fill(&snap, conns);
	model_snap(m, &snap);
	add(m, sample_incident());
	add(m, sample_odd());
}

static void keys(struct model *m, const char *text)
{
	for (; *text; text++)
		model_key(m, *text);
}

TEST_FN(frames_of_two_sizes)
{
	struct model m;

	start(&m, 64);
	check(&m, 80, 24, "80x24");
	check(&m, 160, 50, "160x50");
	m.no_keys = true;
	check(&m, 80, 24, "batch");
	model_fini(&m);
}

TEST_FN(nothing_is_there)
{
	struct model m;

	model_init(&m, PF_TOP_BYTES);
	check(&m, 80, 24, "before");
	memset(&snap, 0, sizeof(snap));
	snap.every_ns = NSEC_PER_SEC;
	model_snap(&m, &snap);
	check(&m, 80, 24, "empty");
	keys(&m, "\n\tjjkk\n\t\n");
	check(&m, 80, 24, "empty");
	model_fini(&m);
}

/* However small a terminal gets, and whatever is chosen. */
TEST_FN(any_size)
{
	struct model m;

	start(&m, 64);
	for (unsigned int pane = 0;; pane++) {
		for (unsigned int height = 1; height < 30; height++)
			for (unsigned int width = 1; width < 100; width += 7)
				free(frame(&m, width, height));
		if (pane == 3)
			break;
		keys(&m, pane == 0 ? "h" : pane == 1 ? "m" : "m\t\t\n");
	}
	assert_int_equal(m.pane, MODEL_CASE);
	model_fini(&m);
}

TEST_FN(an_incident_is_opened)
{
	struct model m;

	start(&m, 3);
	keys(&m, "\t\tj\n");
	check(&m, 80, 40, "case");
	keys(&m, "\033");
	assert_int_equal(m.pane, MODEL_LISTS);
	model_fini(&m);
}

static size_t conns(const struct model *m, struct model_list *list)
{
	model_list(m, MODEL_CONNS, list);
	return list->n;
}

static const struct pf_top_conn *first(const struct model_list *list)
{
	return list->rows[0];
}

TEST_FN(order_and_find)
{
	struct model_list list;
	struct model m;

	start(&m, 64);
	assert_int_equal(conns(&m, &list), 64);
	assert_int_equal(first(&list)->id, 64);
	keys(&m, "s");
	assert_int_equal(m.sort, PF_TOP_AGE);
	conns(&m, &list);
	assert_int_equal(first(&list)->oldest, 37 * NSEC_PER_SEC);
	keys(&m, "SS");
	assert_int_equal(m.sort, PF_TOP_RESENDS);
	conns(&m, &list);
	assert_int_equal(first(&list)->resends, 4);
	keys(&m, "/:40017\n");
	assert_int_equal(conns(&m, &list), 1);
	assert_int_equal(first(&list)->id, 18);
	check(&m, 80, 24, "find");
	keys(&m, "/q\177\033");		/* a letter is a letter there, and nothing was taken */
	assert_false(m.end);
	assert_int_equal(conns(&m, &list), 1);
	keys(&m, "\033");
	assert_int_equal(conns(&m, &list), 64);
	model_fini(&m);
}

/* What is chosen stays so when another incident comes. */
TEST_FN(pause_and_choice)
{
	const struct view_case *c;
	struct model_list list;
	struct model m;

	start(&m, 64);
	keys(&m, "p");
	snap.said.n_conns = 1;
	model_snap(&m, &snap);
	assert_int_equal(m.snap.said.n_conns, 64);
	keys(&m, "p\t\tj");
	model_snap(&m, &snap);
	assert_int_equal(m.snap.said.n_conns, 1);
	assert_int_equal(m.chosen[MODEL_CASES_PART], 1);
	add(&m, sample_bare());
	model_list(&m, MODEL_CASES_PART, &list);
	c = list.rows[m.chosen[MODEL_CASES_PART]];
	assert_int_equal(c->kase.n, 1);
	for (int i = 0; i < MODEL_CASES + 5; i++)
		add(&m, sample_incident());
	assert_int_equal(m.n_cases, MODEL_CASES);
	keys(&m, "q");
	assert_true(m.end);
	model_fini(&m);
}

TEST_FN(messages)
{
	struct model m;
	char text[32];

	start(&m, 1);
	for (int i = 0; i < MODEL_MESSAGES + 5; i++)
		model_message(&m, text, snprintf(text, sizeof(text), "message %d\n", i));
	assert_int_equal(m.n_messages, MODEL_MESSAGES);
	assert_string_equal(m.messages[MODEL_MESSAGES - 1], "message 54");
	keys(&m, "m");
	check(&m, 80, 10, "messages");
	keys(&m, "mh");
	check(&m, 80, 24, "help");
	model_fini(&m);
}

/* Half of an incident is none. */
TEST_FN(what_was_cut_is_refused)
{
	struct sink sink = { .ops = &sink_view };
	struct sample sample = sample_incident();
	struct view_case c;
	char *data;
	size_t len;

	sink.out = open_memstream(&data, &len);
	sample_give(&sink, &sample, 0);
	fclose(sink.out);
	for (size_t n = 0; n < len; n++) {
		char *part = malloc(n ?: 1);

		memcpy(part, data, n);
		assert_int_not_equal(view_unpack(part, n, &c), 0);
		free(part);
	}
	free(data);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(frames_of_two_sizes),
	cmocka_unit_test(nothing_is_there),
	cmocka_unit_test(any_size),
	cmocka_unit_test(an_incident_is_opened),
	cmocka_unit_test(order_and_find),
	cmocka_unit_test(pause_and_choice),
	cmocka_unit_test(messages),
	cmocka_unit_test(what_was_cut_is_refused),
};

int main(void)
{
	return cmocka_run_group_tests_name("test_top", tests, NULL, NULL);
}
