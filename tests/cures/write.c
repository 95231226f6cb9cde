// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* write - the writers. Each changes len bytes of the file that is served. */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cure.h"
#include "lib/say.h"
#include "pageflight_now.h"

static void put(int file, size_t off, const void *bytes, size_t len)
{
	must(pwrite(file, bytes, len, off) == (ssize_t)len, "pwrite");
}

void write_in_place(struct site *s, size_t off, const void *bytes, size_t len)
{
	int file = open(s->path, O_WRONLY | O_CLOEXEC);

	put(file, off, bytes, len);
	close(file);
}

static void copy_all(int to, int from)
{
	static char copy[CHUNK];

	for (ssize_t n; (n = read(from, copy, sizeof(copy))) != 0;)
		must(n > 0 && write(to, copy, n) == n, "copy");
}

static void replace(struct site *s, bool reflink, size_t off, const void *bytes, size_t len)
{
	char new[PATH_MAX];
	int from = open(s->path, O_RDONLY | O_CLOEXEC), to;

	snprintf(new, sizeof(new), "%s/.new", s->dir);
	to = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (reflink)
		must(!ioctl(to, FICLONE, from), "FICLONE");
	else
		copy_all(to, from);
	put(to, off, bytes, len);
	must(!rename(new, s->path), "rename");
	close(from);
	close(to);
}

void write_and_rename(struct site *s, size_t off, const void *bytes, size_t len)
{
	replace(s, false, off, bytes, len);
}

void reflink_and_rename(struct site *s, size_t off, const void *bytes, size_t len)
{
	replace(s, true, off, bytes, len);
}

/* Nobody sends it any more: what the socket has is all that is to go. */
static void wait_sent(struct site *s)
{
	while (!s->sent) {
		s->waits = true;
		nap();
	}
}

void write_when_stamped(struct site *s, size_t off, const void *bytes, size_t len)
{
	wait_sent(s);
	for (site_stamps(s); s->stamped != s->stream; site_stamps(s)) {
		s->waits = true;
		nap();
	}
	write_in_place(s, off, bytes, len);
}

void write_when_empty(struct site *s, size_t off, const void *bytes, size_t len)
{
	int left;

	wait_sent(s);
	for (;;) {
		must(!ioctl(s->sock, SIOCOUTQ, &left), "SIOCOUTQ");
		if (!left)
			break;
		s->waits = true;
		nap();
	}
	write_in_place(s, off, bytes, len);
}

void wait_begin(struct site *s)
{
	errno = -pf_now_open(&s->now);
	must(!errno, "pf_now_open");
}

void write_when_free(struct site *s, size_t off, const void *bytes, size_t len)
{
	int file = open(s->path, O_RDWR | O_CLOEXEC), err;

	wait_sent(s);
	while ((err = pf_now_wait(s->now, file, off, len, 0, 0)) == -ETIMEDOUT)
		s->waits = true;
	errno = -err;
	must(!err, "pf_now_wait");
	put(file, off, bytes, len);
	close(file);
}

static int seal(int memory)
{
	must(!fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL),
	     "F_ADD_SEALS");
	return memory;
}

static int memory_of(int from, size_t size)
{
	int memory = memfd_create("served", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	off_t off = 0;

	while ((size_t)off < size)
		must(sendfile(memory, from, &off, size - off) > 0, "copy to memory");
	return memory;
}

void seal_begin(struct site *s)
{
	int file = site_file(s);

	s->sealed = seal(memory_of(file, s->size));
	close(file);
}

void seal_anew(struct site *s, size_t off, const void *bytes, size_t len)
{
	int new = memory_of(s->sealed, s->size);

	put(new, off, bytes, len);
	must(dup3(seal(new), s->sealed, O_CLOEXEC) == s->sealed, "dup3");
	close(new);
}
