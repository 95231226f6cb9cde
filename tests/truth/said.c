// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* said - see said.h. A line that cannot be understood ends the bench. */
#include "said.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/say.h"
#include "plan.h"
#include "trace.h"
#include "write.h"

const char *const said_verdict_names[] = {
	[SAID_IDENTICAL] = "identical",
	[SAID_NEAR_MISS] = "near-miss",
	[SAID_POSSIBLE] = "possible",
	[SAID_MIXED] = "mixed",
	[SAID_CORRUPT] = "corrupt",
};

static struct json_object *get(struct json_object *obj, const char *key)
{
	struct json_object *value = NULL;

	errno = 0;
	must(json_object_object_get_ex(obj, key, &value), "pageflight: no \"%s\" in %s", key,
	     json_object_to_json_string(obj));
	return value;
}

static const char *get_text(struct json_object *obj, const char *key)
{
	const char *text = json_object_get_string(get(obj, key));

	return text ? text : "";
}

static enum said_verdict get_verdict(struct json_object *obj)
{
	const char *name = get_text(obj, "verdict");
	enum said_verdict v = 0;

	while (v < SAID_MAX && strcmp(name, said_verdict_names[v]))
		v++;
	errno = 0;
	must(v < SAID_MAX, "pageflight: verdict '%s'", name);
	return v;
}

/* The sender's port is the flow's place. */
static bool get_flow(struct json_object *obj, uint32_t *ret_flow)
{
	const char *src = get_text(get(obj, "connection"), "src"), *colon = strrchr(src, ':');
	unsigned long port = colon ? strtoul(colon + 1, NULL, 10) : 0;

	if (port < PLAN_PORT || port >= PLAN_PORT + PLAN_FLOWS)
		return false;
	*ret_flow = port - PLAN_PORT;
	return true;
}

static int get_write(struct json_object *obj, uint32_t flow)
{
	const char *comm = get_text(get(obj, "writer"), "comm");
	unsigned int n, k;

	if (sscanf(comm, WRITE_NAME, &n, &k) != 2 || n != flow || k >= PLAN_WRITES)
		return -1;
	return k;
}

static void get_ranges(struct json_object *obj, struct said_incident *inc)
{
	struct json_object *ranges = get(obj, "ranges");

	inc->n_ranges = json_object_array_length(ranges);
	inc->ranges = calloc(inc->n_ranges, sizeof(*inc->ranges));
	must(inc->ranges, "memory");
	for (unsigned int i = 0; i < inc->n_ranges; i++) {
		struct json_object *range = json_object_array_get_idx(ranges, i);
		struct said_range *r = &inc->ranges[i];

		r->off = json_object_get_uint64(get(range, "stream_offset"));
		r->file_off = json_object_get_uint64(get(range, "file_offset"));
		r->len = json_object_get_uint64(get(range, "length"));
		r->verdict = get_verdict(range);
		snprintf(r->reason, sizeof(r->reason), "%s", get_text(range, "reason"));
	}
}

static void on_incident(struct json_object *obj, struct said *ret)
{
	struct said_incident inc = { 0 };
	const char *how;

	if (!get_flow(obj, &inc.flow)) {
		ret->strays++;
		return;
	}
	inc.write = get_write(obj, inc.flow);
	inc.verdict = get_verdict(obj);
	snprintf(inc.reason, sizeof(inc.reason), "%s", get_text(obj, "reason"));
	how = get_text(get(obj, "writer"), "how");
	inc.by_page = !strcmp(how, "unknown") || !strcmp(how, "mmap");
	inc.lost = json_object_get_boolean(get(obj, "evidence_lost"));
	get_ranges(obj, &inc);
	if (!(ret->n & (ret->n - 1))) {
		ret->all = realloc(ret->all, (ret->n ? 2 * ret->n : 1) * sizeof(*ret->all));
		must(ret->all, "memory");
	}
	ret->all[ret->n++] = inc;
}

static void note_loss(struct said *ret, const char *name, uint64_t count)
{
	size_t n = strlen(ret->loss);

	if (!count)
		return;
	/* A preemptible kernel may skip invocations. That is no fault of pageflight. */
	ret->lossy |= strcmp(name, "missed") != 0;
	snprintf(ret->loss + n, sizeof(ret->loss) - n, " %s %llu", name, (unsigned long long)count);
}

/* Of skipped invocations, those whose role can hide a flow's wrong bytes. */
static void note_hidden(struct said *ret, struct json_object *missed_by)
{
	static const char *const hiding[] = { "attach", "write", "peer" };
	size_t n = strlen(ret->loss);
	uint64_t sum = 0;

	for (size_t i = 0; i < sizeof(hiding) / sizeof(hiding[0]); i++)
		sum += json_object_get_uint64(get(missed_by, hiding[i]));
	if (sum)
		snprintf(ret->loss + n, sizeof(ret->loss) - n, " (%llu can hide bytes)",
			 (unsigned long long)sum);
}

static void on_summary(struct json_object *obj, struct said *ret)
{
	struct json_object *counters = get(obj, "counters");
	uint64_t ended = json_object_get_uint64(get(counters, "released")) +
			 json_object_get_uint64(get(counters, "aborted"));
	struct json_object *content;
	struct json_object_iter it;

	if (json_object_object_get_ex(obj, "content", &content))
		snprintf(ret->content, sizeof(ret->content), "%s",
			 json_object_get_string(content));
	ret->summary = true;
	json_object_object_foreachC(get(obj, "losses"), it)
		note_loss(ret, it.key, json_object_get_uint64(it.val));
	note_hidden(ret, get(obj, "missed_by"));
	note_loss(ret, "in_flight", json_object_get_uint64(get(obj, "in_flight")));
	note_loss(ret, "attached-ended",
		  json_object_get_uint64(get(counters, "attached")) - ended);
}

static int by_flow(const void *a, const void *b)
{
	const struct said_incident *x = a, *y = b;

	return (x->flow > y->flow) - (x->flow < y->flow);
}

void said_read(FILE *in, struct said *ret)
{
	char *line = NULL;
	size_t room = 0;

	*ret = (struct said){ 0 };
	while (getline(&line, &room, in) > 0) {
		struct json_object *obj = json_tokener_parse(line);
		const char *type;

		errno = 0;
		must(obj, "pageflight: not JSON: %s", line);
		type = get_text(obj, "type");
		if (!strcmp(type, "incident"))
			on_incident(obj, ret);
		else if (!strcmp(type, "summary"))
			on_summary(obj, ret);
		if (trace_on)
			fprintf(stderr, "%s", line);
		json_object_put(obj);
	}
	free(line);
	if (ret->n)
		qsort(ret->all, ret->n, sizeof(*ret->all), by_flow);
}

const struct said_incident *said_of(const struct said *all, uint32_t flow,
				    unsigned int *ret_n)
{
	unsigned int from = 0, to = all->n, mid;

	while (from < to) {
		mid = (from + to) / 2;
		if (all->all[mid].flow < flow)
			from = mid + 1;
		else
			to = mid;
	}
	for (to = from; to < all->n && all->all[to].flow == flow; to++)
		;
	*ret_n = to - from;
	return all->all + from;
}
