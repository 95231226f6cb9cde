// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* schema.c - see schema.h. Times are nanoseconds: "mono" of CLOCK_MONOTONIC, "wall" of UTC since the epoch. */
#include "schema.h"

#include <stdio.h>

#define TASK(who)									\
	who "_pid INTEGER, " who "_tid INTEGER, " who "_comm TEXT, " who "_how TEXT, "	\
	who "_kthread INTEGER, "

const char schema_sql[] =
"CREATE TABLE about (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
"CREATE TABLE clock (mono INTEGER, wall INTEGER);"
"CREATE TABLE filter (kind TEXT, value TEXT);"
"CREATE TABLE hook (program TEXT, role TEXT, symbol TEXT, state TEXT, why TEXT);"
"CREATE TABLE blind (what TEXT, role TEXT, symbol TEXT, why TEXT);"
"CREATE TABLE feed (chunk INTEGER PRIMARY KEY, mono INTEGER, entries INTEGER, data BLOB);"
"CREATE TABLE incident (n INTEGER PRIMARY KEY, op INTEGER, conn INTEGER, mono INTEGER, wall INTEGER, "
"verdict TEXT, reason TEXT, rule TEXT, phase TEXT, bytes INTEGER, "
TASK("writer") TASK("sender") "sender_module TEXT, "
"src TEXT, dst TEXT, netns INTEGER, reader TEXT, "
"path TEXT, path_view TEXT, deleted INTEGER, dev TEXT, inode INTEGER, "
"file_offset INTEGER, file_length INTEGER, stream_offset INTEGER, stream_length INTEGER, "
"age INTEGER, resends INTEGER, evidence_lost INTEGER, "
"suspects_sought INTEGER, suspects_cut INTEGER, stack TEXT, "
"src_addr TEXT, src_port INTEGER, dst_addr TEXT, dst_port INTEGER, "
"attached_first INTEGER, attached_last INTEGER, began INTEGER, ended INTEGER, end TEXT);"
"CREATE INDEX incident_of ON incident (op, conn);"
"CREATE TABLE range (n INTEGER, i INTEGER, verdict TEXT, reason TEXT, rule TEXT, phase TEXT, "
"marks INTEGER, file_offset INTEGER, stream_offset INTEGER, length INTEGER, "
"PRIMARY KEY (n, i)) WITHOUT ROWID;"
"CREATE TABLE suspect (n INTEGER, i INTEGER, pid INTEGER, comm TEXT, PRIMARY KEY (n, i)) WITHOUT ROWID;"
"CREATE TABLE who (n INTEGER, role TEXT, uid INTEGER, exe TEXT, parent_pid INTEGER, parent_comm TEXT, "
"cgroup_id INTEGER, cgroup TEXT, unit TEXT, container TEXT, pod TEXT, PRIMARY KEY (n, role)) WITHOUT ROWID;"
"CREATE TABLE summary (wall INTEGER, duration INTEGER, content TEXT, refused INTEGER, evicted INTEGER, "
"output_lost INTEGER, below_min_bytes INTEGER, unseen INTEGER, totals BLOB, exposed_files INTEGER, "
"exposed_pages INTEGER);"
"CREATE TABLE exposure (n INTEGER PRIMARY KEY, after INTEGER, at_end INTEGER, wall INTEGER, "
"sender_pid INTEGER, sender_comm TEXT, path TEXT, path_view TEXT, deleted INTEGER, dev TEXT, "
"inode INTEGER, pages INTEGER, open INTEGER, mapped INTEGER, incidents INTEGER, "
"writers_sought INTEGER, writers_cut INTEGER);"
"CREATE TABLE exposure_writer (n INTEGER, i INTEGER, pid INTEGER, comm TEXT, open INTEGER, mapped INTEGER, "
"PRIMARY KEY (n, i)) WITHOUT ROWID;"
"CREATE TABLE counted (verdict TEXT PRIMARY KEY, incidents INTEGER, bytes INTEGER) WITHOUT ROWID;"
"CREATE TABLE counter (name TEXT PRIMARY KEY, loss INTEGER, value INTEGER, what TEXT) WITHOUT ROWID;"
"CREATE TABLE lost (what TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID;";

#define NAME(name, text) #name ","
#define PF_ROLE_NAME(name) #name ","

/* Fowler-Noll-Vo: it tells versions apart, and nobody gains by making two of them equal. */
static __u64 hash_of(const char *text)
{
	__u64 hash = 0xcbf29ce484222325ull;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 0x100000001b3ull;
	return hash;
}

const char *schema_layout(void)
{
	static char text[128];

	snprintf(text, sizeof(text), "hit %zu, op %zu, range %zu, sender %zu, totals %zu, counters %016llx",
		 sizeof(struct pf_ev_hit), sizeof(struct pf_ev_op), sizeof(struct pf_ev_range),
		 sizeof(struct pf_ev_sender), sizeof(struct pf_totals),
		 hash_of(PF_COUNTERS(NAME, NAME) PF_ROLES(PF_ROLE_NAME)));
	return text;
}
