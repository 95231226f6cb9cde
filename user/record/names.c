// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* names.c - see names.h. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

struct names {
	struct reader *r;
	sqlite3_stmt *find, *suspects;
	__u64 last;			/* the number of the incident before */
	struct suspect found[SUSPECTS_MAX];
	char *lines;			/* the stack, cut into texts */
	const char *stack[PF_STACK_DEPTH];
};

struct names *names_new(struct reader *r)
{
	struct names *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->r = r;
	n->find = db_prepare(&r->db, "SELECT n, wall, path, path_view, deleted, suspects_sought, "
			     "suspects_cut, sender_module, stack, verdict, bytes, "
			     "(SELECT cgroup FROM who WHERE who.n = incident.n AND role = 'writer'), "
			     "(SELECT cgroup FROM who WHERE who.n = incident.n AND role = 'sender') "
			     "FROM incident "
			     "WHERE op = ? AND conn = ? AND n > ? ORDER BY n LIMIT 1");
	n->suspects = db_prepare(&r->db, "SELECT pid, comm FROM suspect WHERE n = ? ORDER BY i");
	return n;
}

enum path_view names_view(const char *name)
{
	for (int view = PATH_UNKNOWN; name && view <= PATH_NO_TREE; view++)
		if (!strcmp(name, path_view_name(view)))
			return view;
	return PATH_UNKNOWN;
}

static void read_stack(struct names *n, const char *lines, struct shown *shown)
{
	size_t i = 0;
	char *at;

	free(n->lines);
	n->lines = lines ? strdup(lines) : NULL;
	at = n->lines;
	while (i < PF_STACK_DEPTH)
		n->stack[i++] = at ? strsep(&at, "\n") : "";
	shown->stack = n->stack;
}

static void read_suspects(struct names *n, struct shown *shown)
{
	sqlite3_reset(n->suspects);
	if (sqlite3_bind_int64(n->suspects, 1, n->last) != SQLITE_OK)
		return;
	while (shown->n_suspects < SUSPECTS_MAX && db_step(&n->r->db, n->suspects)) {
		struct suspect *who = &n->found[shown->n_suspects++];

		who->pid = db_u64(n->suspects, 0);
		snprintf(who->comm, sizeof(who->comm), "%s", db_text(n->suspects, 1) ?: "");
	}
	shown->suspects = n->found;
}

__u64 names_of(struct names *n, struct shown *shown, bool *ret_same)
{
	const struct pf_incident *inc = shown->inc;
	const char *verdict;

	sqlite3_reset(n->find);
	if (!n->find || !n->suspects ||
	    sqlite3_bind_int64(n->find, 1, inc->op) != SQLITE_OK ||
	    sqlite3_bind_int64(n->find, 2, inc->conn) != SQLITE_OK ||
	    sqlite3_bind_int64(n->find, 3, n->last) != SQLITE_OK || !db_step(&n->r->db, n->find))
		return 0;
	n->last = db_u64(n->find, 0);
	shown->wall_ns = db_u64(n->find, 1);
	shown->path = db_text(n->find, 2);
	shown->view = names_view(db_text(n->find, 3));
	shown->deleted = db_u64(n->find, 4);
	shown->suspects_sought = db_u64(n->find, 5);
	shown->suspects_cut = db_u64(n->find, 6);
	shown->sender_module = db_text(n->find, 7);
	read_stack(n, db_text(n->find, 8), shown);
	verdict = db_text(n->find, 9);
	*ret_same = verdict && !strcmp(verdict, pf_verdict_name(inc->answer.verdict)) &&
		    db_u64(n->find, 10) == inc->bytes;
	shown->writer_cgroup = db_text(n->find, 11);
	shown->sender_cgroup = db_text(n->find, 12);
	if (shown->suspects_sought)
		read_suspects(n, shown);
	return n->last;
}

void names_free(struct names *n)
{
	if (!n)
		return;
	sqlite3_finalize(n->find);
	sqlite3_finalize(n->suspects);
	free(n->lines);
	free(n);
}
