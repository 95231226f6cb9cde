// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* file - see file.h. ext4 is on the scratch disk of the test machine, xfs on a loop device. */
#include "file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "content.h"
#include "lib/say.h"

static const char make_file_systems[] =
	"set -e\n"
	"mkdir -p /mnt/ext4 /mnt/xfs /mnt/tmpfs /tmp/images\n"
	"mkfs.ext4 -q -E nodiscard,lazy_itable_init=1 /dev/disk-scratch\n"
	"mount -t ext4 /dev/disk-scratch /mnt/ext4\n"
	"mount -t tmpfs tmpfs /mnt/tmpfs\n"
	"truncate -s 400M /tmp/images/xfs; mkfs.xfs -q -K /tmp/images/xfs\n"
	"mount -o loop -t xfs /tmp/images/xfs /mnt/xfs\n";

static struct file files[FS_MAX];
static uint8_t *buffer, *model;
static int source;

static uint8_t *memory(int flags, int fd)
{
	uint8_t *at = mmap(NULL, PLAN_FILE, PROT_READ | PROT_WRITE, flags, fd, 0);

	must(at != MAP_FAILED, "mmap");
	return at;
}

static void file_open(struct file *f, const char *path)
{
	f->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(f->fd >= 0 && !ftruncate(f->fd, PLAN_FILE), "%s", path);
	f->direct = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (f->direct < 0)
		f->direct = f->fd;
}

void file_init(void)
{
	must(!system(make_file_systems), "cannot make file systems");
	buffer = memory(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	model = memory(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	source = open("/mnt/ext4/source", O_RDWR | O_CREAT | O_DIRECT | O_CLOEXEC, 0600);
	must(source >= 0, "/mnt/ext4/source");
	for (enum fs fs = FS_EXT4; fs < FS_MAX; fs++) {
		struct file *f = &files[fs];
		char path[64];

		snprintf(path, sizeof(path), "/mnt/%s/file", fs_names[fs]);
		file_open(f, path);
		f->source = source;
		f->buffer = buffer;
		f->model = model;
	}
}

static bool will(const struct plan *p, enum writer how)
{
	for (unsigned int i = 0; i < p->n_writes; i++) {
		if (p->write[i].how == how)
			return true;
	}
	return false;
}

/* Store the byte that is there, so that the next store takes no fault. */
static void make_writable(const struct plan *p, struct file *f)
{
	for (unsigned int i = 0; i < p->n_writes; i++) {
		const struct plan_write *w = &p->write[i];
		volatile uint8_t *at = f->map + w->range.off;

		if (w->how != WRITER_MMAP_DIRTY)
			continue;
		for (uint32_t k = 0; k < w->range.len; k += PLAN_PAGE)
			at[k] = at[k];
	}
}

/* Does the flow need a mapping? A file without one is not at risk to be stored to. */
static bool is_mapped(const struct plan *p)
{
	bool stores = p->sender == SENDER_VMSPLICE;

	for (unsigned int i = 0; i < p->n_writes; i++)
		stores |= writer_stores(p->write[i].how) && p->write[i].how != WRITER_BUFFER;
	return stores;
}

/* Half of the files that are stored to are mapped only when that begins: not drawn, so that
 * each seed still has the flows that it had. */
static bool is_mapped_late(const struct plan *p)
{
	return p->sender != SENDER_VMSPLICE && p->n * 2654435761u >> 31;
}

void file_map(struct file *f)
{
	if (!f->map)
		f->map = memory(MAP_SHARED, f->fd);
}

/*
 * Make another inode, one that was never mapped. What is held after a reset is looked at
 * later, and only if its page is still the file's. So the last inodes stay open.
 */
static void make_new(struct file *f, enum fs fs)
{
	static int old[FS_MAX][64];
	static unsigned int n_old[FS_MAX];
	int *kept = &old[fs][n_old[fs]++ % 64];
	char path[64];

	if (f->map)
		must(!munmap(f->map, PLAN_FILE), "munmap");
	f->map = NULL;
	if (f->direct != f->fd)
		close(f->direct);
	if (*kept)
		close(*kept);
	*kept = f->fd;
	snprintf(path, sizeof(path), "/mnt/%s/file", fs_names[fs]);
	must(!unlink(path), "unlink");
	file_open(f, path);
}

struct file *file_fresh(const struct plan *p)
{
	const uint8_t *first = content_of(p->n, VERSION_FIRST);
	struct file *f = &files[p->fs];

	make_new(f, p->fs);

	memcpy(f->model, first, PLAN_FILE);
	if (p->sender == SENDER_ZEROCOPY)
		memcpy(f->buffer, first, PLAN_FILE);
	must(pwrite(f->fd, first, PLAN_FILE, 0) == PLAN_FILE, "write of the file");
	if (p->clean || will(p, WRITER_MMAP_CLEAN))
		must(!fsync(f->fd), "fsync");
	if (p->clean == 2)
		posix_fadvise(f->fd, 0, 0, POSIX_FADV_DONTNEED);
	if (is_mapped(p) && !is_mapped_late(p)) {
		file_map(f);
		make_writable(p, f);
	}
	return f;
}
