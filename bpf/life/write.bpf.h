/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * write.bpf.h - a write to a page-cache page: write(2) and its kin, the first store
 * through a mapping, truncate and hole punch (zero.bpf.h).
 *
 * The functions that copy live in lib/ and cannot be hooked, so their callers
 * are, twice: as the write begins every flight in its way is marked with where
 * its connection stands; when it is complete the marked flights that stand
 * still are reported with where it stands then. Between the two lies the
 * moment of the change. The walks are in overwrite.bpf.h.
 */
#ifndef PF_LIFE_WRITE_BPF_H
#define PF_LIFE_WRITE_BPF_H

#include "overwrite.bpf.h"
#include "report/op.bpf.h"

#define EEXIST 17

/* Nothing of this file is in flight: what nearly every write finds. */
static __always_inline int file_idle(__u64 mapping)
{
	__u32 *n = file_count(mapping);

	return !n || !*n;
}

/* What a file's pages are indexed by, as a number that can be hashed. */
static __always_inline __u64 file_mapping(const struct file *file)
{
	return number_of(file->f_mapping);
}

static __always_inline __u64 write_key(__u32 kind)
{
	return (__u64)kind << 32 | (__u32)bpf_get_current_pid_tgid();
}

/* What this thread has begun and not ended, NULL if nothing. */
static __always_inline struct pf_write *write_open(__u64 key)
{
	return pf_open_writes ? bpf_map_lookup_elem(&writes, &key) : NULL;
}

static const struct pf_write blank_write;

/*
 * A write that begins, NULL if it cannot be followed. Filled where it stands: on
 * the stack it would be in the way of what is called next. An entry without its
 * number is nobody's yet.
 */
static __always_inline struct pf_write *write_new(__u64 key, __u64 mapping, __u32 how)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_pid_tgid();
	struct pf_write *w;

	/* Kernels before 6.4 return an int here, whose upper half is not the sign. */
	switch ((int)bpf_map_update_elem(&writes, &key, &blank_write, BPF_NOEXIST)) {
	case 0:
		__sync_fetch_and_add(&pf_open_writes, 1);
		break;
	case -EEXIST:	/* of a write whose end was skipped */
		bpf_map_update_elem(&writes, &key, &blank_write, BPF_EXIST);
		break;
	default:
		count(PF_C_writes_full, 1);
		return NULL;
	}
	w = bpf_map_lookup_elem(&writes, &key);
	if (!w)
		return NULL;
	w->began = bpf_ktime_get_ns();
	w->mapping = mapping;
	w->inode = (__u64)KERNEL_READ(address_space, mapping, host);
	w->writer.pid = id >> 32;
	w->writer.tid = (__u32)id;
	w->writer.how = how;
	w->writer.flags = task->mm ? 0 : PF_TASK_KTHREAD;
	bpf_get_current_comm(w->writer.comm, sizeof(w->writer.comm));
	return w;
}

/* Mark what is in the way. A flight that ends meanwhile finds the write by its number. */
static __always_inline void write_begin(struct pf_write *w)
{
	w->op = __sync_fetch_and_add(&pf_next_id, 1) + 1;
	walk(w, 0);
}

static __always_inline void write_drop(__u64 key)
{
	bpf_map_delete_elem(&writes, &key);
	__sync_fetch_and_add(&pf_open_writes, -1);
}

static __always_inline void write_end(void *ctx, struct pf_write *w, __u64 key)
{
	count(PF_C_writes, 1);
	walk(w, 1);
	if (w->hits)
		op_report(ctx, w);
	write_drop(key);
}

/*
 * By which name the file was opened. overlayfs up to 6.4 gives its real files
 * the dentry of its own: then any name of the inode has to do.
 */
static __always_inline __u64 file_dentry(struct file *file, __u64 inode)
{
	__u64 dentry = (__u64)BPF_CORE_READ(file, f_path.dentry);

	return (__u64)KERNEL_READ(dentry, dentry, d_inode) == inode ? dentry : 0;
}

static __always_inline int file_write_begun(struct kiocb *iocb)
{
	struct pf_write *w = write_open(write_key(PF_WRITE_PLAIN));

	return w && w->call == number_of(iocb);
}

static __always_inline int file_write_begin(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	struct pf_write *w;
	__u64 mapping;

	if (!pf_conns_now)	/* nothing is in flight at all */
		return 0;
	mapping = file_mapping(file);
	if (file_idle(mapping) || file_write_begun(iocb))
		return 0;
	w = write_new(write_key(PF_WRITE_PLAIN), mapping, PF_WRITE_WRITE);
	if (!w)
		return 0;
	w->call = number_of(iocb);
	w->dentry = file_dentry(file, w->inode);
	w->pos = iocb->ki_pos;
	w->count = from->count;
	write_begin(w);
	return 0;
}

/*
 * What was really written. Some callees advance ki_pos and some leave that to
 * their caller; btrfs of 6.1 moves it for O_APPEND first. Where it moved, it
 * stands behind the last byte.
 */
static __always_inline int file_write_end(void *ctx, struct kiocb *iocb)
{
	__u64 key, now, ret = 0;
	struct pf_write *w;
	long written;

	if (!pf_open_writes)
		return 0;
	key = write_key(PF_WRITE_PLAIN);
	w = write_open(key);
	if (!w)
		return 0;
	now = iocb->ki_pos;
	if (w->call != number_of(iocb)) {	/* of a write whose end was skipped */
		write_drop(key);
		return 0;
	}
	bpf_get_func_ret(ctx, &ret);
	written = ret;
	if (now != w->pos)
		w->pos = now - (written > 0 ? written : 0);
	w->count = written > 0 ? written : 0;
	write_end(ctx, w, key);
	return 0;
}

#endif
