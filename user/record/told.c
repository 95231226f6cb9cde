// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* told.c - see told.h. */
#include "told.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/dev.h"
#include "names.h"
#include "reader.h"

#define TOLD_MAX 4096		/* rows: nobody writes more */

static __u64 dev_of(const char *text)
{
	unsigned int major, minor;

	return text && sscanf(text, "%u:%u", &major, &minor) == 2 ? dev_number(major, minor) : 0;
}

static void take_row(struct reader *r, sqlite3_stmt *stmt, struct told *t)
{
	struct exposure *e = &t->e;

	*t = (struct told){ .after = db_u64(stmt, 1), .at_end = db_u64(stmt, 2) };
	e->wall_ns = db_u64(stmt, 3);
	e->pid = db_u64(stmt, 4);
	snprintf(e->comm, sizeof(e->comm), "%s", db_text(stmt, 5) ?: "");
	e->path = reader_keep(r, db_text(stmt, 6));
	e->view = names_view(db_text(stmt, 7));
	e->deleted = db_u64(stmt, 8);
	e->dev = dev_of(db_text(stmt, 9));
	e->ino = db_u64(stmt, 10);
	e->pages = db_u64(stmt, 11);
	e->how = (db_u64(stmt, 12) ? PF_EXPOSED_OPEN : 0) | (db_u64(stmt, 13) ? PF_EXPOSED_MAPPED : 0);
	e->incidents = db_u64(stmt, 14);
	e->sought = db_u64(stmt, 15);
	e->openers_cut = db_u64(stmt, 16);
}

static void take_openers(struct reader *r, sqlite3_stmt *stmt, __u64 n, struct told *t)
{
	sqlite3_reset(stmt);
	if (sqlite3_bind_int64(stmt, 1, n) != SQLITE_OK)
		return;
	while (t->e.n_openers < OPENERS_MAX && db_step(&r->db, stmt)) {
		struct opener *who = &t->who[t->e.n_openers++];

		*who = (struct opener){
			.pid = db_u64(stmt, 0), .open = db_u64(stmt, 2), .mapped = db_u64(stmt, 3),
		};
		snprintf(who->comm, sizeof(who->comm), "%s", db_text(stmt, 1) ?: "");
	}
}

long told_read(struct reader *r, struct told **ret_told)
{
	sqlite3_stmt *rows = db_prepare(&r->db, "SELECT n, after, at_end, wall, sender_pid, sender_comm, path, "
					"path_view, deleted, dev, inode, pages, open, mapped, incidents, "
					"writers_sought, writers_cut FROM exposure ORDER BY n");
	sqlite3_stmt *openers = db_prepare(&r->db, "SELECT pid, comm, open, mapped FROM exposure_writer "
					   "WHERE n = ? ORDER BY i");
	struct told *list = NULL;
	long n = 0, room = 0;

	while (rows && openers && n < TOLD_MAX && db_step(&r->db, rows)) {
		if (n == room) {
			struct told *more;

			room = room ? 2 * room : 16;
			more = reallocarray(list, room, sizeof(*list));
			if (!more) {
				free(list);
				n = -ENOMEM;
				break;
			}
			list = more;
		}
		take_row(r, rows, &list[n]);
		take_openers(r, openers, db_u64(rows, 0), &list[n]);
		n++;
	}
	for (long i = 0; i < n; i++)
		list[i].e.openers = list[i].who;
	sqlite3_finalize(rows);
	sqlite3_finalize(openers);
	if (n >= 0)
		*ret_told = list;
	return n;
}
