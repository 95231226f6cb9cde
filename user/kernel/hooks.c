// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * hooks.c - the choice among BPF programs. Pure: whether the kernel has something is
 * asked through a function.
 */
#include "hooks.h"

#include <string.h>

#include "wire.h"

/* What the kernel answers where functions cannot call programs. libc has no text for it. */
#define KERNEL_ENOTSUPP 524

const char *hook_error(const struct hook *h)
{
	return h->err == -KERNEL_ENOTSUPP ? "this kernel cannot call programs from functions"
					  : strerror(-h->err);
}

const char *hook_method_name(enum hook_method method)
{
	static const char *const names[] = {
		[HOOK_FENTRY] = "fentry",
		[HOOK_FEXIT] = "fexit",
		[HOOK_TP_BTF] = "tp_btf",
		[HOOK_ITER] = "iter",
	};

	return names[method];
}

const char *hook_state_name(enum hook_state state)
{
	static const char *const names[] = {
		[HOOK_UNTRIED] = "planned",
		[HOOK_ATTACHED] = "attached",
		[HOOK_ABSENT] = "absent",
		[HOOK_NOT_NEEDED] = "not needed",
		[HOOK_FAILED] = "failed",
	};

	return names[state];
}

enum hook_tie hooks_tie(const struct hook *a, const struct hook *b)
{
	if (strcmp(a->role, b->role) || strcmp(a->blind_without, b->blind_without))
		return HOOK_APART;
	return a->group && b->group && a->group != b->group ? HOOK_RIVALS : HOOK_PARTNERS;
}

/* A group is whole or absent, and not needed where a newer one has all it needs. */
static void plan_one(struct hook *h, const struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n && h->group; i++) {
		if (hooks_tie(h, &hooks[i]) == HOOK_PARTNERS &&
		    hooks[i].state == HOOK_ABSENT && h->state == HOOK_UNTRIED)
			h->state = HOOK_ABSENT;
	}
	for (size_t i = 0; i < n && h->group; i++) {
		if (hooks_tie(h, &hooks[i]) == HOOK_RIVALS && hooks[i].group < h->group &&
		    hooks[i].state == HOOK_UNTRIED && h->state == HOOK_UNTRIED)
			h->state = HOOK_NOT_NEEDED;
	}
}

void hooks_plan(struct hook *ret_hooks, int content, hook_exists_fn exists, void *ctx)
{
	memcpy(ret_hooks, hook_table, hooks_n * sizeof(*ret_hooks));
	for (size_t i = 0; i < hooks_n; i++)
		ret_hooks[i].state = hook_table[i].content > content ? HOOK_NOT_NEEDED :
				     exists(ctx, &ret_hooks[i]) ? HOOK_UNTRIED : HOOK_ABSENT;
	for (size_t i = 0; i < hooks_n; i++)
		plan_one(&ret_hooks[i], ret_hooks, hooks_n);
}

void hooks_stand_once(struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hooks[i].second && hooks[i].state == HOOK_UNTRIED)
			hooks[i].state = HOOK_NOT_NEEDED;
}

static bool is_hopeful(const struct hook *h)
{
	return h->state == HOOK_UNTRIED || h->state == HOOK_ATTACHED;
}

/* One that failed tells most, then one that takes something else, then one that is absent. */
static int tells(const struct hook *h)
{
	return h->state == HOOK_FAILED ? 2 : h->state == HOOK_ABSENT && h->why_absent[0];
}

/* Of the candidates for one thing, the one that tells most. */
static const struct hook *telling(const struct hook *hooks, size_t n, const struct hook *h)
{
	for (size_t i = 0; i < n; i++)
		if (hooks_tie(h, &hooks[i]) != HOOK_APART && tells(&hooks[i]) > tells(h))
			h = &hooks[i];
	return h;
}

const struct hook *hooks_missing_at(const struct hook *hooks, size_t n, size_t i)
{
	if (!hooks[i].required)
		return NULL;
	for (size_t k = 0; k < n; k++)
		if (hooks_tie(&hooks[i], &hooks[k]) != HOOK_APART &&
		    (k < i || is_hopeful(&hooks[k])))
			return NULL;
	return telling(hooks, n, &hooks[i]);
}

const struct hook *hooks_missing(const struct hook *hooks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (hooks_missing_at(hooks, n, i))
			return hooks_missing_at(hooks, n, i);
	return NULL;
}

/* One that failed is to blame though its partner is in use: half of a pair sees nothing. */
const struct hook *hooks_blind(const struct hook *hooks, size_t n, size_t i)
{
	const struct hook *failed = NULL;
	bool used = false;

	if (hooks[i].required || hooks[i].spares)
		return NULL;
	for (size_t k = 0; k < n; k++) {
		if (hooks_tie(&hooks[i], &hooks[k]) == HOOK_APART)
			continue;
		if (k < i)
			return NULL;
		used |= is_hopeful(&hooks[k]) || hooks[k].state == HOOK_NOT_NEEDED;
		if (hooks[k].state == HOOK_FAILED)
			failed = &hooks[k];
	}
	if (failed)
		return failed;
	return used ? NULL : &hooks[i];
}

static bool sees_transmissions(const struct hook *h)
{
	static const char role[] = "transmit";

	return !strncmp(h->role, role, sizeof(role) - 1);
}

int hooks_content(const struct hook *hooks, size_t n, int most)
{
	if (most < PF_CONTENT_WIRE)
		return most;
	for (size_t i = 0; i < n; i++)
		if (sees_transmissions(&hooks[i]) && !is_hopeful(&hooks[i]) &&
		    hooks[i].state != HOOK_NOT_NEEDED)
			return PF_CONTENT_EDGES;
	return PF_CONTENT_WIRE;
}

const char *hook_why_not(const struct hook *h)
{
	switch (h->state) {
	case HOOK_ABSENT:
		return h->why_absent[0] ? h->why_absent : "not in this kernel";
	case HOOK_NOT_NEEDED:
		return "another is enough on this kernel";
	case HOOK_FAILED:
		return hook_error(h);
	default:
		return "";
	}
}

#define ROLE_NAME(name) [PF_ROLE_##name] = #name,

const char *const hook_roles[] = { PF_ROLES(ROLE_NAME) };

enum pf_role hook_role(const struct hook *h)
{
	int role = 0;

	while (role < PF_ROLE_MAX && strncmp(h->role, hook_roles[role], strcspn(h->role, " ")))
		role++;
	return role;
}

/* The other copy of hooks[i], if both are attached; else i. */
static size_t copy_of(const struct hook *hooks, size_t n, size_t i)
{
	for (size_t k = 0; k < n; k++)
		if (hooks[k].second != hooks[i].second && hooks[k].state == HOOK_ATTACHED &&
		    hooks[k].method == hooks[i].method &&
		    !strcmp(hooks[k].symbol, hooks[i].symbol) &&
		    hooks_tie(&hooks[k], &hooks[i]) == HOOK_PARTNERS)
			return k;
	return i;
}

/*
 * Of two copies each acts where the other was skipped. In which invocations that was is not
 * known. Those in which both were skipped are at most as many as the lesser number.
 */
void hooks_count_missed(const struct hook *hooks, size_t n, const __u64 *skips,
			struct pf_totals *totals)
{
	for (size_t i = 0; i < n; i++) {
		enum pf_role role = hook_role(&hooks[i]);
		size_t copy = copy_of(hooks, n, i);
		__u64 missed = skips[i] < skips[copy] ? skips[i] : skips[copy];

		if (hooks[i].state != HOOK_ATTACHED || hooks[i].skips_ignored || copy < i)
			continue;
		totals->missed += missed;
		if (role < PF_ROLE_MAX)
			totals->missed_by[role] += missed;
	}
}
