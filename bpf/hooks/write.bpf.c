// SPDX-License-Identifier: GPL-2.0-only
/*
 * write.bpf.c - who changes bytes of a page-cache page: write(2) and its kin,
 * the first store through a mapping, truncate and hole punch.
 *
 * The functions that copy live in lib/ and cannot be hooked, so their callers
 * are, twice: as the write begins every flight in its way is marked with where
 * its connection stands; when it is complete the marked flights that stand
 * still are reported with where it stands then. Between the two lies the
 * moment of the change. The walks are in walk.bpf.h.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "report/op.bpf.h"
#include "life/overwrite.bpf.h"

#define EEXIST 17
#define VM_FAULT_ERROR_OR_NOPAGE 0x0973	/* any VM_FAULT_* without a page to store to */

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

static __always_inline void emit_op(void *ctx, const struct pf_write *w)
{
	struct pf_ev_op *r = record_new(PF_EV_OP, sizeof(*r));

	if (!r)
		return;
	r->began = w->began;
	r->pos = w->pos;
	r->count = w->count;
	r->writer = w->writer;
	r->stack_len = bpf_get_stack(ctx, r->stack, sizeof(r->stack), 0);
	op_fill(r, w->op, w->hits, w->inode, w->dentry);
	record_send(r);
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

	switch (bpf_map_update_elem(&writes, &key, &blank_write, BPF_NOEXIST)) {
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
		emit_op(ctx, w);
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

/*
 * The trampoline skips a program that is already active on the CPU. Where the
 * kernel preempts itself, a thread that is preempted inside of one makes it so
 * for every other writer there. So each stands twice, and acts where the other
 * has not: a write is missed only if both are active.
 *
 * The kernel cuts a program's name after 15 characters: name has 6 at most.
 */
#define WRITE_HOOKS(name, symbol)							\
	SEC("fentry/" symbol)								\
	int BPF_PROG(on_##name, struct kiocb *iocb, struct iov_iter *from)		\
	{										\
		return file_write_begin(iocb, from);					\
	}										\
	SEC("fentry/" symbol)								\
	int BPF_PROG(on_##name##_2, struct kiocb *iocb, struct iov_iter *from)		\
	{										\
		return file_write_begin(iocb, from);					\
	}										\
	SEC("fexit/" symbol)								\
	int BPF_PROG(on_##name##_end, struct kiocb *iocb)				\
	{										\
		return file_write_end(ctx, iocb);					\
	}										\
	SEC("fexit/" symbol)								\
	int BPF_PROG(on_##name##_end_2, struct kiocb *iocb)				\
	{										\
		return file_write_end(ctx, iocb);					\
	}

WRITE_HOOKS(write, "generic_perform_write")
WRITE_HOOKS(iomap, "iomap_file_buffered_write")
WRITE_HOOKS(btrfs, "btrfs_buffered_write")

/*
 * The first store to a clean page through a shared mapping. The store comes
 * after this, and so may many more that nothing sees: the page is named, its
 * bytes are not known.
 */
SEC("fexit/do_page_mkwrite")
int BPF_PROG(on_mkwrite, struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	__u64 ret = 0, mapping, key;
	struct pf_write *w;

	bpf_get_func_ret(ctx, &ret);
	if ((ret & VM_FAULT_ERROR_OR_NOPAGE) || !file)
		return 0;
	mapping = file_mapping(file);
	if (file_idle(mapping))
		return 0;
	key = write_key(PF_WRITE_STORE);
	w = write_new(key, mapping, PF_WRITE_MMAP);
	if (!w)
		return 0;
	w->dentry = file_dentry(file, w->inode);
	w->pos = vmf->pgoff << cfg.page_shift;
	w->count = 1 << cfg.page_shift;
	write_begin(w);
	write_end(ctx, w, key);
	return 0;
}

static __always_inline int zero_begin(__u64 mapping, __u64 pos, __u64 count, __u64 folio,
				      __u32 how)
{
	struct pf_write *w;

	if (!mapping || file_idle(mapping))
		return 0;
	w = write_new(write_key(PF_WRITE_ZERO), mapping, how);
	if (!w)
		return 0;
	w->pos = pos;
	w->count = count;
	w->folio = folio;
	write_begin(w);
	return 0;
}

static __always_inline int zero_end(void *ctx)
{
	__u64 key = write_key(PF_WRITE_ZERO);
	struct pf_write *w = write_open(key);

	if (w)
		write_end(ctx, w, key);
	return 0;
}

/*
 * Bytes of a folio that truncate or hole punch zeroes because it keeps the rest
 * of it; mirrors truncate_inode_partial_folio(). Whole folios leave the file
 * with their bytes as they are.
 */
SEC("fentry/truncate_inode_partial_folio")
int BPF_PROG(on_zero, struct folio *folio, loff_t start, loff_t end)
{
	__u64 pos = folio->index << cfg.page_shift, from, stop;
	__u64 size = compat_folio_pages((__u64)folio) << cfg.page_shift;

	from = (__u64)start > pos ? start : pos;
	stop = (__u64)end < pos + size ? (__u64)end + 1 : pos + size;
	if (stop <= from || (from == pos && stop == pos + size))
		return 0;
	return zero_begin((__u64)BPF_CORE_READ(folio, mapping), from, stop - from, (__u64)folio,
			  end == -1 ? PF_WRITE_TRUNCATE : PF_WRITE_PUNCH);
}

SEC("fexit/truncate_inode_partial_folio")
int BPF_PROG(on_zeroed)
{
	return zero_end(ctx);
}

/*
 * iomap (xfs) zeroes from the new end to the end of the block before the page
 * cache does, and by the same function the ends of a hole.
 */
SEC("fentry/iomap_truncate_page")
int BPF_PROG(on_eof_zero, struct inode *inode, loff_t pos)
{
	__u64 block = 1ULL << inode->i_blkbits, in = pos & (block - 1);

	return in ? zero_begin((__u64)BPF_CORE_READ(inode, i_mapping), pos, block - in, 0,
			       PF_WRITE_TRUNCATE) : 0;
}

SEC("fexit/iomap_truncate_page")
int BPF_PROG(on_eof_zeroed)
{
	return zero_end(ctx);
}

SEC("fentry/iomap_zero_range")
int BPF_PROG(on_iomap_zero, struct inode *inode, loff_t pos, loff_t len)
{
	if (write_open(write_key(PF_WRITE_ZERO)))	/* for a truncate, which knows more */
		return 0;
	return zero_begin((__u64)BPF_CORE_READ(inode, i_mapping), pos, len, 0, PF_WRITE_PUNCH);
}

SEC("fexit/iomap_zero_range")
int BPF_PROG(on_iomap_zeroed)
{
	return zero_end(ctx);
}

/*
 * File systems that zero the ends of a punched range themselves. ext4: within
 * one block from `from`; where the page cache does it first, this is the
 * second time.
 */
SEC("fentry/ext4_block_zero_page_range")
int BPF_PROG(on_ext4_zero, void *handle, struct address_space *mapping, loff_t from, loff_t length)
{
	__u64 block = 1ULL << BPF_CORE_READ(mapping, host, i_blkbits);
	__u64 most = block - (from & (block - 1)), at = (__u64)BPF_CORE_READ(mapping, host, i_mapping);

	return zero_begin(at, from, (__u64)length < most ? length : most, 0, PF_WRITE_PUNCH);
}

SEC("fexit/ext4_block_zero_page_range")
int BPF_PROG(on_ext4_zeroed)
{
	return zero_end(ctx);
}

static __always_inline int btrfs_zero(struct btrfs_inode___module *inode, __u64 from, __u64 stop)
{
	__u64 mapping = (__u64)BPF_CORE_READ(inode, vfs_inode.i_mapping);

	return stop > from ? zero_begin(mapping, from, stop - from, 0, PF_WRITE_PUNCH) : 0;
}

static __always_inline __u64 btrfs_block(struct btrfs_inode___module *inode)
{
	return 1ULL << BPF_CORE_READ(inode, vfs_inode.i_blkbits);
}

/* Up to 6.15: the block of `from`, in front of it or from it on, len 0 for the rest. */
SEC("fentry/btrfs_truncate_block")
int BPF_PROG(on_btrfs_front, struct btrfs_inode___module *inode, loff_t from, loff_t len, int front)
{
	__u64 block = btrfs_block(inode), start = from & ~(block - 1);
	__u64 stop = len ? from + len : start + block;

	if (from == start && !(len & (block - 1)))
		return 0;
	return front ? btrfs_zero(inode, start, from) : btrfs_zero(inode, from, stop);
}

/*
 * Later: what of [start, end] lies in the block of `offset`. All of a block is
 * none, and to the end of the file truncate has zeroed before.
 */
SEC("fentry/btrfs_truncate_block")
int BPF_PROG(on_btrfs_range, struct btrfs_inode___module *inode, __u64 offset, __u64 start,
	     __u64 end)
{
	__u64 block = btrfs_block(inode), first = offset & ~(block - 1);
	__u64 from = start > first ? start : first;
	__u64 stop = end < first + block ? end + 1 : first + block;

	if (end == (__u64)-1 || (from == first && stop == first + block))
		return 0;
	return btrfs_zero(inode, from, stop);
}

SEC("fexit/btrfs_truncate_block")
int BPF_PROG(on_btrfs_zeroed)
{
	return zero_end(ctx);
}
