// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* write - see write.h. */
#include "write.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "content.h"
#include "lib/say.h"

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake, done;
	bool busy;
	const struct plan *p;
	struct file *f;
	unsigned int k;
	uint8_t *aligned;
} writer = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.wake = PTHREAD_COND_INITIALIZER,
	.done = PTHREAD_COND_INITIALIZER,
};

/* Write a range by write(2) or pwrite(2), in the file and in the model. */
static void put(struct file *f, const struct plan_write *w, const uint8_t *from)
{
	if (w->how != WRITER_PIECES) {
		must(lseek(f->fd, w->range.off, SEEK_SET) >= 0, "lseek");
		must(write(f->fd, from + w->range.off, w->range.len) == w->range.len, "write");
		memmove(f->model + w->range.off, from + w->range.off, w->range.len);
		return;
	}
	for (unsigned int i = 0; i < w->n_pieces; i++) {
		const struct plan_range *r = &w->piece[i];

		must(pwrite(f->fd, from + r->off, r->len, r->off) == r->len, "pwrite");
		memcpy(f->model + r->off, from + r->off, r->len);
	}
}

static void put_direct(struct file *f, const struct plan_range *r, const uint8_t *from)
{
	memcpy(writer.aligned, from + r->off, r->len);
	must(pwrite(f->direct, writer.aligned, r->len, r->off) == r->len, "O_DIRECT write");
	memcpy(f->model + r->off, from + r->off, r->len);
}

static void store(uint8_t *to, struct file *f, const struct plan_range *r, const uint8_t *from)
{
	memcpy(to + r->off, from + r->off, r->len);
	memcpy(f->model + r->off, from + r->off, r->len);
}

/* Write into the mapping of another process, as a debugger does. */
static void store_remotely(struct file *f, const struct plan_range *r, const uint8_t *from)
{
	struct iovec ours = { (void *)(from + r->off), r->len }, its = { f->map + r->off, r->len };

	must(process_vm_writev(getpid(), &ours, 1, &its, 1, 0) == r->len, "process_vm_writev");
	memcpy(f->model + r->off, from + r->off, r->len);
}

/* The disk writes into the pages that are mapped. */
static void store_by_device(struct file *f, const struct plan_range *r, const uint8_t *from)
{
	memcpy(writer.aligned, from + r->off, r->len);
	must(pwrite(f->source, writer.aligned, r->len, 0) == r->len, "write of the source");
	must(pread(f->source, f->map + r->off, r->len, 0) == r->len, "O_DIRECT read");
	memcpy(f->model + r->off, from + r->off, r->len);
}

static void act(const struct plan *p, struct file *f, unsigned int k)
{
	const struct plan_write *w = &p->write[k];
	const struct plan_range *r = &w->range;
	const uint8_t *from = content_of(p->n, VERSION_FIRST + 1 + k);

	if (writer_stores(w->how) && w->how != WRITER_BUFFER)
		file_map(f);
	switch (w->how) {
	case WRITER_WRITE:
	case WRITER_PIECES:
		put(f, w, from);
		break;
	case WRITER_RESTORE:
		put(f, w, content_of(p->n, VERSION_FIRST));
		break;
	case WRITER_REPLACE:
		must(!ftruncate(f->fd, 0), "ftruncate");
		must(pwrite(f->fd, from, PLAN_FILE, 0) == PLAN_FILE, "pwrite");
		memcpy(f->model, from, PLAN_FILE);
		break;
	case WRITER_IDENTICAL:
		put(f, w, f->model);
		break;
	case WRITER_MMAP_DIRTY:
	case WRITER_MMAP_CLEAN:
		store(f->map, f, r, from);
		break;
	case WRITER_VM:
		store_remotely(f, r, from);
		break;
	case WRITER_DMA:
		store_by_device(f, r, from);
		break;
	case WRITER_BUFFER:
		store(f->buffer, f, r, from);
		break;
	case WRITER_DIRECT:
		put_direct(f, r, from);
		break;
	case WRITER_TRUNCATE:
		must(!ftruncate(f->fd, r->off), "ftruncate");
		memset(f->model + r->off, 0, PLAN_FILE - r->off);
		break;
	case WRITER_PUNCH:
		must(!fallocate(f->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, r->off, r->len),
		     "fallocate");
		memset(f->model + r->off, 0, r->len);
		break;
	case WRITER_NONE:
	case WRITER_MAX:
		break;
	}
}

static void *run(void *arg)
{
	char name[16];

	pthread_mutex_lock(&writer.lock);
	for (;;) {
		while (!writer.busy)
			pthread_cond_wait(&writer.wake, &writer.lock);
		pthread_mutex_unlock(&writer.lock);
		snprintf(name, sizeof(name), WRITE_NAME, writer.p->place, writer.k);
		prctl(PR_SET_NAME, name);
		act(writer.p, writer.f, writer.k);
		pthread_mutex_lock(&writer.lock);
		writer.busy = false;
		pthread_cond_signal(&writer.done);
	}
	return arg;
}

void write_init(void)
{
	pthread_t thread;

	writer.aligned = mmap(NULL, PLAN_FILE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			      -1, 0);
	must(writer.aligned != MAP_FAILED, "mmap");
	errno = pthread_create(&thread, NULL, run, NULL);
	must(!errno, "thread");
}

void write_start(const struct plan *p, struct file *f, unsigned int k)
{
	pthread_mutex_lock(&writer.lock);
	writer.p = p;
	writer.f = f;
	writer.k = k;
	writer.busy = true;
	pthread_cond_signal(&writer.wake);
	pthread_mutex_unlock(&writer.lock);
}

void write_join(void)
{
	pthread_mutex_lock(&writer.lock);
	while (writer.busy)
		pthread_cond_wait(&writer.done, &writer.lock);
	pthread_mutex_unlock(&writer.lock);
}
