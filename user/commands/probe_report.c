// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* probe_report.c - see probe_report.h. */
#include "probe_report.h"

#include <stdarg.h>
#include <string.h>

#include "kernel/lazy.h"
#include "output/blind_json.h"
#include "output/json.h"
#include "output/sink.h"

bool probe_works(const struct probe *p)
{
	if (p->plan)
		return !p->lacks[0] && !hooks_missing(p->hooks, p->n);
	return !p->test_err && p->passed;
}

/* A sentence, as far as it goes. */
struct sentence {
	char *text;
	size_t at;
	bool listed;	/* something of the list was said */
};

__attribute__((format(printf, 2, 3)))
static void say(struct sentence *s, const char *format, ...)
{
	size_t room = PROBE_SENTENCE_LEN - s->at;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(s->text + s->at, room, format, args);
	va_end(args);
	s->at += n < 0 ? 0 : (size_t)n < room ? (size_t)n : room - 1;
}

/* What stands before the next item of a list. */
static const char *next(struct sentence *s, const char *begin)
{
	const char *before = s->listed ? "; " : begin;

	s->listed = true;
	return before;
}

static void say_what_is_missing(struct sentence *s, const struct probe *p)
{
	for (size_t i = 0; p->lacks[i]; i++)
		say(s, "%sit has no %s", next(s, ": "), p->lacks[i]);
	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = hooks_missing_at(p->hooks, p->n, i);

		if (h)
			say(s, "%sno hook sees %s (%s: %s)", next(s, ": "), h->blind_without,
			    h->symbol, hook_why_not(h));
	}
}

static void say_what_is_blind(struct sentence *s, const struct probe *p)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = hooks_blind(p->hooks, p->n, i);

		if (h)
			say(s, "%s%s", next(s, ", but does not see: "), h->blind_without);
	}
	if (!s->listed)
		say(s, ", and nothing that it can see is missing");
}

char *probe_sentence(const struct probe *p, char ret_text[PROBE_SENTENCE_LEN])
{
	struct sentence s = { .text = ret_text };

	if (probe_works(p)) {
		say(&s, p->plan ? "By its types pageflight works on that kernel"
				: "pageflight works on this kernel");
		say_what_is_blind(&s, p);
	} else if (p->plan) {
		say(&s, "pageflight does not work on that kernel");
		say_what_is_missing(&s, p);
	} else if (p->test_err) {
		say(&s, "pageflight was not shown to work on this kernel: its self-test could not run (%s)",
		    strerror(-p->test_err));
	} else {
		say(&s, "pageflight does not work on this kernel: its self-test failed");
	}
	say(&s, ".");
	return ret_text;
}

static bool in_use(const struct hook *h)
{
	return h->state == HOOK_ATTACHED || h->state == HOOK_UNTRIED;
}

/* Programs on one function that belong together share a line. One in use speaks for them. */
static bool spoken_for(const struct probe *p, size_t i)
{
	const struct hook *h = &p->hooks[i];

	for (size_t k = 0; k < p->n; k++) {
		const struct hook *o = &p->hooks[k];
		bool better = in_use(o) && !in_use(h);

		if (k != i && hooks_tie(h, o) != HOOK_APART && !strcmp(h->symbol, o->symbol) &&
		    (better || (k < i && (in_use(o) || !in_use(h)))))
			return true;
	}
	return false;
}

static void print_blind(const struct probe *p, FILE *out)
{
	bool any = false;

	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = hooks_blind(p->hooks, p->n, i);

		if (!h)
			continue;
		fprintf(out, "%snot detected: %s [%s: %s]\n", any ? "" : "\n",
			h->blind_without, h->symbol, hook_why_not(h));
		any = true;
	}
}

/* Where pages cost little more than in mode off. */
static void print_waits(const struct probe *p, FILE *out)
{
	const char *name;

	fputs("fingerprints wait on:", out);
	for (unsigned int i = 0; (name = lazy_file_system_name(i)); i++)
		if (p->waits >> i & 1)
			fprintf(out, " %s", name);
	fputs(p->waits ? "\n" : " no file system\n", out);
}

static void print_test(const struct probe *p, FILE *out)
{
	if (p->test_err) {
		fprintf(out, "self-test could not run: %s\n", strerror(-p->test_err));
		return;
	}
	for (int i = 0; i < SELFTEST_RESULTS; i++) {
		const struct selftest_result *r = &p->results[i];

		fprintf(out, "%-17s %s: %u of %u\n", r->role, r->what, r->seen, r->expected);
	}
	fprintf(out, "self-test %s\n", p->passed ? "passed" : "FAILED");
}

int probe_print_text(const struct probe *p, FILE *out)
{
	char sentence[PROBE_SENTENCE_LEN];

	fprintf(out, "kernel %s\n\n%-17s %-35s %-11s %s\n", p->kernel, "ROLE", "HOOK", "STATE", "WHY");
	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = &p->hooks[i];
		char hook[64];

		if (spoken_for(p, i))
			continue;
		snprintf(hook, sizeof(hook), "%s/%s", hook_method_name(h->method), h->symbol);
		fprintf(out, "%-17s %-35s %-11s %s\n", h->role, hook, hook_state_name(h->state),
			hook_why_not(h));
	}
	print_blind(p, out);
	fprintf(out, "\nsharpest content mode: %s\n", pf_content_name(p->content));
	if (!p->plan)
		print_waits(p, out);
	fputc('\n', out);
	if (!p->plan) {
		print_test(p, out);
		fputc('\n', out);
	}
	fprintf(out, "%s\n", probe_sentence(p, sentence));
	return sink_flush(out);
}

static void put_hooks(struct json *j, const struct probe *p)
{
	json_array(j, "hooks");
	for (size_t i = 0; i < p->n; i++) {
		const struct hook *h = &p->hooks[i];

		json_object(j, NULL);
		json_text(j, "role", h->role);
		json_text(j, "method", hook_method_name(h->method));
		json_text(j, "symbol", h->symbol);
		json_bool(j, "required", h->required);
		json_text(j, "state", hook_state_name(h->state));
		json_text(j, "why", hook_why_not(h));
		json_text(j, "sees", h->blind_without);
		json_object_end(j);
	}
	json_array_end(j);
}

static void put_waits(struct json *j, const struct probe *p)
{
	const char *name;

	json_array(j, "waits");
	for (unsigned int i = 0; (name = lazy_file_system_name(i)); i++)
		if (p->waits >> i & 1)
			json_text(j, NULL, name);
	json_array_end(j);
}

static void put_lacks(struct json *j, const struct probe *p)
{
	json_array(j, "lacks");
	for (size_t i = 0; p->lacks[i]; i++)
		json_text(j, NULL, p->lacks[i]);
	json_array_end(j);
}

static void put_test(struct json *j, const struct probe *p)
{
	json_object(j, "selftest");
	json_bool(j, "passed", p->passed);
	if (p->test_err)
		json_text(j, "error", strerror(-p->test_err));
	json_array(j, "results");
	for (int i = 0; i < SELFTEST_RESULTS && !p->test_err; i++) {
		const struct selftest_result *r = &p->results[i];

		json_object(j, NULL);
		json_text(j, "role", r->role);
		json_text(j, "what", r->what);
		json_u64(j, "expected", r->expected);
		json_u64(j, "seen", r->seen);
		json_object_end(j);
	}
	json_array_end(j);
	json_object_end(j);
}

int probe_print_json(const struct probe *p, FILE *out)
{
	char sentence[PROBE_SENTENCE_LEN];
	struct json j;

	json_begin(&j);
	json_text(&j, "type", "probe");
	json_text(&j, "kernel", p->kernel);
	json_bool(&j, "plan", p->plan);
	put_hooks(&j, p);
	json_put_blind(&j, p->hooks, p->n);
	json_text(&j, "content", pf_content_name(p->content));
	if (p->plan) {
		put_lacks(&j, p);
	} else {
		put_waits(&j, p);
		put_test(&j, p);
	}
	json_bool(&j, "works", probe_works(p));
	json_text(&j, "sentence", probe_sentence(p, sentence));
	return json_end(&j, out);
}
