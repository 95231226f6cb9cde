/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * write.bpf.h - a write to pages of the page cache: write(2) and its kin, the first store
 * through a mapping, truncate and hole punch (zero.bpf.h).
 *
 * The functions that copy live in lib/ and cannot be hooked. Their callers are hooked at
 * both ends. When a write begins, each flight in its way is marked with how far its
 * connection has come. When the write is complete, the marked flights that are left are
 * reported with how far it has come then. The bytes change between the two. The walks are
 * in walk.bpf.h.
 */
#ifndef PF_WRITE_BPF_H
#define PF_WRITE_BPF_H

#include "kernel/compat.bpf.h"
#include "report/op.bpf.h"
#include "walk.bpf.h"

#define EEXIST 17

/* Is nothing of this file in flight? That is so for nearly every write. */
static __always_inline int file_idle(__u64 mapping)
{
	__u32 *n = file_count(mapping);

	return !n || !*n;
}

/* The mapping of a file, as a number that can be hashed. */
static __always_inline __u64 file_mapping(const struct file *file)
{
	return number_of(file->f_mapping);
}

static __always_inline __u64 write_key(__u32 kind)
{
	return (__u64)kind << 32 | (__u32)bpf_get_current_pid_tgid();
}

/* The write that this thread has begun and not ended; NULL if there is none. */
static __always_inline struct pf_write *write_open(__u64 key)
{
	return pf_open_writes ? bpf_map_lookup_elem(&writes, &key) : NULL;
}

static const struct pf_write blank_write;

/*
 * Enter a write that begins into `writes`; NULL if it cannot be followed. The entry is
 * filled in there, since the functions that are called next need the stack. Nobody uses
 * an entry whose op is 0.
 */
static __always_inline struct pf_write *write_new(__u64 key, __u64 mapping, __u32 how)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u64 id = bpf_get_current_pid_tgid();
	struct pf_write *w;

	/*
	 * Before 6.4 this returns an int, without its sign in the upper half: see
	 * d7ba4cc900bf ("bpf: return long from bpf_map_ops funcs").
	 */
	switch ((int)bpf_map_update_elem(&writes, &key, &blank_write, BPF_NOEXIST)) {
	case 0:
		__sync_fetch_and_add(&pf_open_writes, 1);
		break;
	case -EEXIST:	/* the end of the last write was skipped */
		bpf_map_update_elem(&writes, &key, &blank_write, BPF_EXIST);
		break;
	default:
		count(PF_C_writes_full, 1);
		file_due_all(mapping);
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

/* Mark the flights in the way. One that ends from now on finds the write by its op. */
static __always_inline void write_begin(struct pf_write *w)
{
	w->op = __sync_fetch_and_add(&pf_next_id, 1) + 1;
	walk(w, 0);
}

/* Forget a write. */
static __always_inline void write_drop(__u64 key)
{
	bpf_map_delete_elem(&writes, &key);
	__sync_fetch_and_add(&pf_open_writes, -1);
}

/* The write is complete: report the flights that were in its way. */
static __always_inline void write_end(void *ctx, struct pf_write *w, __u64 key)
{
	count(PF_C_writes, 1);
	walk(w, 1);
	if (w->hits)
		op_report(ctx, w);
	write_drop(key);
}

/*
 * The dentry by which a file was opened. Up to 6.4 overlayfs gives its real files a dentry
 * of its own: then this is 0, and any name of the inode has to do.
 */
static __always_inline __u64 file_dentry(struct file *file, __u64 inode)
{
	__u64 dentry = (__u64)BPF_CORE_READ(file, f_path.dentry);

	return (__u64)KERNEL_READ(dentry, dentry, d_inode) == inode ? dentry : 0;
}

/* Is that this call, and not an earlier one with its kiocb at the same place? */
static __always_inline int file_write_is(const struct pf_write *w, struct kiocb *iocb,
					 __u64 mapping)
{
	return w->call == number_of(iocb) && w->mapping == mapping;
}

/* Has the other of two programs seen the begin of this write already? */
static __always_inline int file_write_begun(struct kiocb *iocb, __u64 mapping)
{
	struct pf_write *w = write_open(write_key(PF_WRITE_PLAIN));

	return w && file_write_is(w, iocb, mapping) && w->pos == iocb->ki_pos;
}

/* Enter a write to a file that is in flight; NULL if it is not, or if it is entered already. */
static __always_inline struct pf_write *file_write_new(struct kiocb *iocb)
{
	struct file *file = iocb->ki_filp;
	struct pf_write *w;
	__u64 mapping;

	if (!pf_conns_now)	/* nothing at all is in flight */
		return NULL;
	mapping = file_mapping(file);
	compat_lock_is_visible();	/* see content/risk.bpf.h */
	if (file_idle(mapping) || file_write_begun(iocb, mapping))
		return NULL;
	w = write_new(write_key(PF_WRITE_PLAIN), mapping, PF_WRITE_WRITE);
	if (!w)
		return NULL;
	w->call = number_of(iocb);
	w->dentry = file_dentry(file, w->inode);
	w->pos = iocb->ki_pos;
	return w;
}

static __always_inline int file_write_begin(struct pf_write *w, __u64 count)
{
	w->count = count;
	write_begin(w);
	return 0;
}

/* The write that this call has begun; NULL if there is none. */
static __always_inline struct pf_write *file_write_open(struct kiocb *iocb)
{
	struct pf_write *w;
	__u64 key;

	if (!pf_open_writes)
		return NULL;
	key = write_key(PF_WRITE_PLAIN);
	w = write_open(key);
	if (w && !file_write_is(w, iocb, file_mapping(iocb->ki_filp))) {
		/* The end of an earlier write was skipped. */
		write_drop(key);
		return NULL;
	}
	return w;
}

static __always_inline int file_write_end(void *ctx, struct pf_write *w, __u64 pos, __u64 count)
{
	w->pos = pos;
	w->count = count;
	write_end(ctx, w, (__u64)PF_WRITE_PLAIN << 32 | w->writer.tid);
	return 0;
}

/*
 * The hooked function returns how much it has written. Some of them advance ki_pos, and
 * others leave that to their callers; btrfs of 6.1 moves it for O_APPEND first. If it has
 * moved, it is behind the last byte.
 */
static __always_inline int file_written(void *ctx, struct pf_write *w, __u64 ki_pos)
{
	__u64 ret = 0, written;

	bpf_get_func_ret(ctx, &ret);
	written = (long)ret > 0 ? ret : 0;
	return file_write_end(ctx, w, ki_pos == w->pos ? w->pos : ki_pos - written, written);
}

/*
 * The hooked function copies bytes into pages, and then asks a server to store them. The
 * server may refuse, or answer later. Then the function returns an error, and yet the pages
 * have all bytes that have left the iterator.
 */
static __always_inline int file_copied(void *ctx, struct pf_write *w, __u64 left)
{
	return file_write_end(ctx, w, w->pos, w->count - left);
}

#endif
