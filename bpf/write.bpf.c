// SPDX-License-Identifier: GPL-2.0-only
/*
 * write.bpf.c - who changes bytes of a page-cache page: write(2) and its kin,
 * the first store through a mapping, truncate and hole punch.
 *
 * The functions that copy live in lib/ and cannot be hooked, so their callers
 * are, twice: as the write begins every flight in its way is marked with where
 * its connection stands; when it is complete the marked flights that stand
 * still are reported with where it stands then. Between the two lies the
 * moment of the change.
 *
 * A flight counts only if its page still is the file's page at that place:
 * truncate-and-rewrite, O_DIRECT and rename leave the page in flight alone.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include <bpf/bpf_core_read.h>
#include "flight.bpf.h"
#include "held.bpf.h"
#include "page.bpf.h"
#include "path.bpf.h"

#define WALK_STEPS (1 << 17)	/* chains and flights looked at by one pass */
#define WALK_RESTARTS 64
#define WALK_GROUPS (1 << 16)	/* 1 GiB of one write */

#define VM_FAULT_ERROR_OR_NOPAGE 0x0973	/* any VM_FAULT_* without a page to store to */

struct walk {
	struct pf_write *w;
	__u64 lo, hi;		/* bytes of the file changed */
	__u64 group, last;	/* chains to look at */
	__u32 bucket;		/* 1 + the chain's number */
	__u32 at;		/* flight to look at next; 0: the next chain */
	__u32 done;
	__u32 pad;
};

static __always_inline int page_still_there(const struct pf_flight *f, __u64 folio)
{
	struct page_id id;

	page_identify(f->page, &id);
	return id.mapping == f->mapping && id.index == f->index && (!folio || id.head == folio);
}

/* Could a local reader still get this flight from its queue, or a remote one at all? */
static __always_inline int flight_open(const struct pf_flight *f, const struct pf_conn *c)
{
	__u32 end = f->seq + f->len;

	if ((c->flags & PF_CONN_ORPHAN) && !seq_after(c->una, f->seq))
		return 0;	/* never transmitted, and never will be */
	return !(c->flags & PF_CONN_LOCAL) || seq_after(end, c->read);
}

static __always_inline void visit_before(struct walk *k, struct pf_flight *f)
{
	struct pf_conn *c = conn_at(f->conn);

	if (!c || !flight_open(f, c) || !page_still_there(f, k->w->folio))
		return;
	/* The older mark is lost. Its write still finds the flight, or the flight it. */
	if (f->op != f->hit_op)
		f->crowded = 1;
	conn_progress(c, f, &f->before, 0);
	f->write_tid = k->w->writer.tid;
	f->op = (__u32)k->w->op;
}

/*
 * Truncate and hole punch zero some bytes twice, once in the file system and
 * once in the page cache. Zero over zero is no change.
 */
static __always_inline int zeroed_again(const struct walk *k, struct pf_flight *f)
{
	__u64 from = (f->index << cfg.page_shift) + f->off, to = from + f->len;
	__u32 at, end;

	if (k->w->writer.how != PF_WRITE_TRUNCATE && k->w->writer.how != PF_WRITE_PUNCH) {
		f->zero_len = 0;
		return 0;
	}
	at = k->lo > from ? k->lo - from : 0;
	end = (k->hi < to ? k->hi : to) - from;
	if (f->zero_len && at >= f->zero_at && end <= (__u32)f->zero_at + f->zero_len)
		return 1;
	f->zero_at = at;
	f->zero_len = end - at;
	return 0;
}

static __always_inline void visit_after(struct walk *k, struct pf_flight *f)
{
	__u32 op = (__u32)k->w->op, flags = 0, first;
	struct pf_conn *c = conn_at(f->conn);

	if (!c)
		return;
	if (f->op != op) {
		/*
		 * Attached while the write ran; or another write put its mark over
		 * ours, which file systems that lock inside of the hooked function
		 * and page faults allow. Otherwise it was not in the way.
		 */
		if ((!f->crowded && f->attached < k->w->began) ||
		    !page_still_there(f, k->w->folio))
			return;
		flags = PF_HIT_NO_BEFORE;
	}
	first = !f->hit_op;
	if (zeroed_again(k, f) || !hit_claim(f, op))
		return;
	if (first)	/* taken off once, when the flight ends */
		__sync_fetch_and_add(&c->hits, 1);
	__sync_fetch_and_add(&k->w->hits, 1);
	emit_hit(f, c, k->w, flags);
}

/*
 * One step along the chains of a range, without their locks: a flight that has
 * left its chain under us is recognised, and the chain begun again.
 */
static __always_inline int walk_step(struct walk *k, int after)
{
	void *base = pool();
	struct pf_flight *f;
	struct pf_bucket *b;
	__u64 from;
	__u32 at;

	if (!base)
		return 1;
	if (!k->at) {
		if (k->group > k->last) {
			k->done = 1;
			return 1;
		}
		at = index_hash(k->w->mapping, k->group++);
		b = bpf_map_lookup_elem(&buckets, &at);
		if (!b)
			return 1;
		k->bucket = at + 1;
		k->at = b->head;
		return 0;
	}
	f = flight_at(base, k->at);
	if (f->bucket != k->bucket) {
		k->at = 0;
		if (++k->w->restarts > WALK_RESTARTS)
			count(PF_C_walk_cut, 1);
		else
			k->group--;
		return 0;
	}
	k->at = f->hnext;
	from = (f->index << cfg.page_shift) + f->off;
	if (f->mapping != k->w->mapping || from >= k->hi || from + f->len <= k->lo)
		return 0;
	if (after)
		visit_after(k, f);
	else
		visit_before(k, f);
	return 0;
}

static int on_walk_before(__u32 i, struct walk *k)
{
	return walk_step(k, 0);
}

static int on_walk_after(__u32 i, struct walk *k)
{
	return walk_step(k, 1);
}

static __always_inline void walk(struct pf_write *w, int after)
{
	struct walk k = {
		.w = w,
		.lo = w->pos,
		.hi = w->pos + w->count,
		.at = pf_zero,
	};

	if (!w->count)
		return;
	k.group = w->pos >> (cfg.page_shift + PF_GROUP_SHIFT);
	k.last = (k.hi - 1) >> (cfg.page_shift + PF_GROUP_SHIFT);
	if (k.last - k.group >= WALK_GROUPS) {
		count(PF_C_range_cut, (k.last - k.group - WALK_GROUPS + 1) << PF_GROUP_SHIFT);
		k.last = k.group + WALK_GROUPS - 1;
	}
	if (after)
		bpf_loop(WALK_STEPS, on_walk_after, &k, 0);
	else
		bpf_loop(WALK_STEPS, on_walk_before, &k, 0);
	if (!k.done)
		count(PF_C_walk_cut, 1);
}

/* Nothing of this file is in flight: what nearly every write finds. */
static __always_inline int file_idle(__u64 mapping)
{
	__u32 *n = file_count(mapping);

	return !n || !*n;
}

static __always_inline void write_fill(struct pf_write *w, __u64 mapping, __u32 how)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct task_struct *task = bpf_get_current_task_btf();

	w->op = __sync_fetch_and_add(&pf_next_id, 1) + 1;
	w->began = bpf_ktime_get_ns();
	w->mapping = mapping;
	w->inode = (__u64)KERNEL_READ(address_space, mapping, host);
	w->writer.pid = id >> 32;
	w->writer.tid = (__u32)id;
	w->writer.how = how;
	w->writer.flags = task->mm ? 0 : PF_TASK_KTHREAD;
	bpf_get_current_comm(w->writer.comm, sizeof(w->writer.comm));
}

static __always_inline void emit_op(void *ctx, const struct pf_write *w)
{
	struct pf_ev_op *r = record_new(PF_EV_OP, sizeof(*r));
	struct super_block *sb;

	if (!r)
		return;
	sb = KERNEL_READ(inode, w->inode, i_sb);
	r->op = w->op;
	r->began = w->began;
	r->dev = BPF_CORE_READ(sb, s_dev);
	r->ino = KERNEL_READ(inode, w->inode, i_ino);
	r->pos = w->pos;
	r->count = w->count;
	r->writer = w->writer;
	r->hits = w->hits;
	r->flags = 0;
	r->stack_len = bpf_get_stack(ctx, r->stack, sizeof(r->stack), 0);
	path_of(r, w->dentry, w->inode);
	record_send(r);
}

static __always_inline __u64 write_key(__u32 kind)
{
	return (__u64)kind << 32 | (__u32)bpf_get_current_pid_tgid();
}

/* Mark what is in the way. NULL if the write cannot be followed. */
static __always_inline struct pf_write *write_begin(__u64 key, const struct pf_write *w)
{
	struct pf_write *mine;

	/* In the map first: a flight that ends meanwhile looks there. */
	if (bpf_map_update_elem(&writes, &key, w, BPF_ANY)) {
		count(PF_C_writes_full, 1);
		return NULL;
	}
	__sync_fetch_and_add(&pf_open_writes, 1);
	mine = bpf_map_lookup_elem(&writes, &key);
	if (mine)
		walk(mine, 0);
	return mine;
}

static __always_inline void write_end(void *ctx, struct pf_write *w, __u64 key)
{
	count(PF_C_writes, 1);
	walk(w, 1);
	if (w->hits)
		emit_op(ctx, w);
	bpf_map_delete_elem(&writes, &key);
	__sync_fetch_and_add(&pf_open_writes, -1);
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

static __always_inline int file_write_begin(struct kiocb *iocb, struct iov_iter *from)
{
	struct file *file = iocb->ki_filp;
	__u64 mapping = (__u64)BPF_CORE_READ(file, f_mapping);	/* a number: it is hashed */
	struct pf_write w = {};

	if (file_idle(mapping))
		return 0;
	write_fill(&w, mapping, PF_WRITE_WRITE);
	w.dentry = file_dentry(file, w.inode);
	w.pos = iocb->ki_pos;
	w.count = from->count;
	write_begin(write_key(PF_WRITE_PLAIN), &w);
	return 0;
}

/*
 * What was really written. Some callees advance ki_pos and some leave that to
 * their caller; btrfs of 6.1 moves it for O_APPEND first. Where it moved, it
 * stands behind the last byte.
 */
static __always_inline int file_write_end(void *ctx, struct kiocb *iocb, long written)
{
	__u64 key = write_key(PF_WRITE_PLAIN), now = iocb->ki_pos;
	struct pf_write *w;

	if (!pf_open_writes)
		return 0;
	w = bpf_map_lookup_elem(&writes, &key);
	if (!w)
		return 0;
	if (now != w->pos)
		w->pos = now - (written > 0 ? written : 0);
	w->count = written > 0 ? written : 0;
	write_end(ctx, w, key);
	return 0;
}

#define WRITE_HOOKS(name, symbol)							\
	SEC("fentry/" symbol)								\
	int HELD_PROG(on_##name, struct kiocb *iocb, struct iov_iter *from)		\
	{										\
		return file_write_begin(iocb, from);					\
	}										\
	SEC("fexit/" symbol)								\
	int HELD_PROG(on_##name##_done, struct kiocb *iocb)				\
	{										\
		__u64 ret = 0;								\
											\
		bpf_get_func_ret(ctx, &ret);						\
		return file_write_end(ctx, iocb, (long)ret);				\
	}

WRITE_HOOKS(write, "generic_perform_write")
WRITE_HOOKS(iomap_write, "iomap_file_buffered_write")
WRITE_HOOKS(btrfs_write, "btrfs_buffered_write")

/*
 * The first store to a clean page through a shared mapping. The store comes
 * after this, and so may many more that nothing sees: the page is named, its
 * bytes are not known.
 */
SEC("fexit/do_page_mkwrite")
int HELD_PROG(on_mkwrite, struct vm_fault *vmf)
{
	struct file *file = vmf->vma->vm_file;
	__u64 ret = 0, mapping, key = write_key(PF_WRITE_STORE);
	struct pf_write w = {}, *mine;

	bpf_get_func_ret(ctx, &ret);
	if ((ret & VM_FAULT_ERROR_OR_NOPAGE) || !file)
		return 0;
	mapping = (__u64)BPF_CORE_READ(file, f_mapping);
	if (file_idle(mapping))
		return 0;
	write_fill(&w, mapping, PF_WRITE_MMAP);
	w.dentry = file_dentry(file, w.inode);
	w.pos = vmf->pgoff << cfg.page_shift;
	w.count = 1 << cfg.page_shift;
	mine = write_begin(key, &w);
	if (mine)
		write_end(ctx, mine, key);
	return 0;
}

static __always_inline int zero_begin(__u64 mapping, __u64 pos, __u64 count, __u64 folio,
				      __u32 how)
{
	struct pf_write w = {};

	if (!mapping || file_idle(mapping))
		return 0;
	write_fill(&w, mapping, how);
	w.pos = pos;
	w.count = count;
	w.folio = folio;
	write_begin(write_key(PF_WRITE_ZERO), &w);
	return 0;
}

static __always_inline int zero_end(void *ctx)
{
	__u64 key = write_key(PF_WRITE_ZERO);
	struct pf_write *w;

	if (!pf_open_writes)
		return 0;
	w = bpf_map_lookup_elem(&writes, &key);
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
int HELD_PROG(on_zero, struct folio *folio, loff_t start, loff_t end)
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
int HELD_PROG(on_zero_done)
{
	return zero_end(ctx);
}

/*
 * File systems that zero the ends of a punched range themselves. ext4: within
 * one block from `from`; where the page cache does it first, this is the
 * second time.
 */
SEC("fentry/ext4_block_zero_page_range")
int HELD_PROG(on_ext4_zero, void *handle, struct address_space *mapping, loff_t from, loff_t length)
{
	__u64 block = 1ULL << BPF_CORE_READ(mapping, host, i_blkbits);
	__u64 most = block - (from & (block - 1)), at = (__u64)BPF_CORE_READ(mapping, host, i_mapping);

	return zero_begin(at, from, (__u64)length < most ? length : most, 0, PF_WRITE_PUNCH);
}

SEC("fexit/ext4_block_zero_page_range")
int HELD_PROG(on_ext4_zero_done)
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
int HELD_PROG(on_btrfs_front, struct btrfs_inode___module *inode, loff_t from, loff_t len, int front)
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
int HELD_PROG(on_btrfs_range, struct btrfs_inode___module *inode, __u64 offset, __u64 start,
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
int HELD_PROG(on_btrfs_zero_done)
{
	return zero_end(ctx);
}
