// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * mountinfo.c - see mountinfo.h and proc_pid_mountinfo(5):
 *
 *   36 35 98:0 /subtree /mnt/point rw,noatime master:1 - ext3 /dev/root rw
 *
 * Bind mounts and btrfs subvolumes show a subtree of a file system. Its root is
 * stripped from the inner path before the mount point is put in front.
 *
 * Weak spot: a mount that another mount covers looks like a visible one.
 */
#include "mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dev.h"
#include "procfile.h"

struct mount {
	__u64 id;
	__u64 dev;
	char *root;
	char *point;
	const char *type;	/* of the file system; "" if the line does not say */
};

struct mountinfo {
	char *text;		/* roots and points are kept in it */
	size_t n;
	struct mount mount[];
};

/* A mounted namespace has "net:[4026531840]" as its root, which is no directory. */
static bool shows_files(const struct mount *mount)
{
	return mount->root[0] == '/';
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* Blank, tab, newline and backslash are written as \ooo. In place. */
static void decode(char *text)
{
	char *to = text;

	while (*text) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' &&
		    is_octal(text[2]) && is_octal(text[3])) {
			*to++ = (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* What follows the lone "-" behind the optional fields. */
static const char *parse_type(char **save)
{
	const char *field;

	while ((field = strtok_r(NULL, " ", save))) {
		if (!strcmp(field, "-"))
			return strtok_r(NULL, " ", save) ?: "";
	}
	return "";
}

static bool parse_line(char *line, struct mount *ret)
{
	enum { ID, DEV = 2, ROOT, POINT, FIELDS };
	char *field[FIELDS], *save = NULL;
	unsigned int major, minor;
	int end = 0;

	for (int i = 0; i < FIELDS; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &save);
		if (!field[i])
			return false;
	}
	if (sscanf(field[DEV], "%u:%u%n", &major, &minor, &end) != 2 || field[DEV][end])
		return false;
	decode(field[ROOT]);
	decode(field[POINT]);
	if (field[POINT][0] != '/')
		return false;
	*ret = (struct mount){
		.id = strtoull(field[ID], NULL, 10),
		.dev = dev_number(major, minor),
		.root = field[ROOT],
		.point = field[POINT],
		.type = parse_type(&save),
	};
	return true;
}

int mountinfo_parse(struct mountinfo **ret_mountinfo, const char *text)
{
	size_t lines = 1;
	struct mountinfo *m;
	char *line, *next;

	for (const char *c = text; *c; c++)
		lines += *c == '\n';
	m = calloc(1, sizeof(*m) + lines * sizeof(m->mount[0]));
	if (!m)
		return -ENOMEM;
	m->text = strdup(text);
	if (!m->text) {
		free(m);
		return -ENOMEM;
	}
	for (line = m->text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		m->n += parse_line(line, &m->mount[m->n]);
	}
	*ret_mountinfo = m;
	return 0;
}

int mountinfo_read(struct mountinfo **ret_mountinfo, int fd)
{
	char *text;
	int err = procfile_text(fd, &text);

	if (err)
		return err;
	err = mountinfo_parse(ret_mountinfo, text);
	free(text);
	return err;
}

int mountinfo_read_at(struct mountinfo **ret_mountinfo, int dir, const char *path)
{
	int fd = openat(dir, path, O_RDONLY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = mountinfo_read(ret_mountinfo, fd);
	close(fd);
	return err;
}

/* The rest of inner below root: "" or "/..."; NULL if it is not below. */
static const char *below(const char *inner, const char *root)
{
	size_t n = strlen(root);

	if (n == 1)
		return inner;
	if (strncmp(inner, root, n) || (inner[n] && inner[n] != '/'))
		return NULL;
	return inner + n;
}

static bool better(const struct mount *a, const struct mount *b)
{
	size_t root_a = strlen(a->root), root_b = strlen(b->root);

	if (root_a != root_b)
		return root_a < root_b;
	return strlen(a->point) < strlen(b->point);
}

int mountinfo_find(const struct mountinfo *m, __u64 dev, const char *inner, char *ret_path,
		size_t len)
{
	const struct mount *best = NULL;
	const char *point, *rest;
	size_t n;

	for (size_t i = 0; i < m->n; i++) {
		const struct mount *mount = &m->mount[i];

		if (mount->dev == dev && shows_files(mount) && below(inner, mount->root) &&
		    (!best || better(mount, best)))
			best = mount;
	}
	if (!best)
		return -ENOENT;
	rest = below(inner, best->root);
	/* No double slash for what is mounted on "/". */
	point = best->point[1] || !*rest ? best->point : "";
	n = strlen(point) + strlen(rest);
	if (n >= len)
		return -ENAMETOOLONG;
	return snprintf(ret_path, len, "%s%s", point, rest);
}

__u64 mountinfo_dev(const struct mountinfo *m, __u64 id)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->mount[i].id == id)
			return m->mount[i].dev;
	}
	return 0;
}

bool mountinfo_is_type(const struct mountinfo *m, __u64 dev, const char *type)
{
	for (size_t i = 0; i < m->n; i++) {
		if (m->mount[i].dev == dev)
			return !strcmp(m->mount[i].type, type);
	}
	return false;
}

const char *mountinfo_below(const struct mountinfo *m, const char *dir, size_t *at)
{
	while (*at < m->n) {
		const struct mount *mount = &m->mount[(*at)++];
		const char *rest = below(mount->point, dir);

		if (shows_files(mount) && rest && rest[0] && rest[1])
			return mount->point;
	}
	return NULL;
}

const char *mountinfo_namespace(const struct mountinfo *m, const char *kind, size_t *at)
{
	size_t n = strlen(kind);

	while (*at < m->n) {
		const struct mount *mount = &m->mount[(*at)++];

		if (!strncmp(mount->root, kind, n) && !strncmp(mount->root + n, ":[", 2))
			return mount->point;
	}
	return NULL;
}

void mountinfo_free(struct mountinfo *m)
{
	if (!m)
		return;
	free(m->text);
	free(m);
}
