/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * filter.bpf.h - which pages are followed. The filters are asked when a socket takes a
 * page, and nowhere else. What they exclude leaves nothing behind that an ACK, a read or
 * a write could find.
 *
 * The sender is asked once a call, before anything is read, then the socket, once a call,
 * then the file, once for each row of pages of one file. The verifier removes the code of
 * a kind of filter that was not given.
 *
 * In doubt a file passes, since the place of a file cannot always be told. The answer for
 * a file is kept for FILTER_ANSWER_NS; a rename shows after that time.
 */
#ifndef PF_FILTER_BPF_H
#define PF_FILTER_BPF_H

#include "kernel/compat.bpf.h"
#include "kernel/direct.bpf.h"
#include "kernel/sock.bpf.h"

#define FILTER_PIECES 512
#define FILTER_PARENTS 8		/* generations of processes */
#define FILTER_DEPTH 64			/* directories */
#define FILTER_ANSWER_NS 1000000000ull

/* An operator knows the first process of a server; those that send are its children. */
static __always_inline int filter_pids(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	for (int up = 0; up < FILTER_PARENTS; up++) {
		for (__u32 i = 0; i < filter.n_pids; i++)
			if (filter.pids[i] == (__u32)task->tgid)
				return 1;
		if (task->tgid <= 1)
			break;
		task = task->real_parent;
	}
	return 0;
}

static __always_inline int filter_comms(void)
{
	__u64 comm[PF_COMM_LEN / 8] = {};

	bpf_get_current_comm(comm, sizeof(comm));
	for (__u32 i = 0; i < filter.n_comms; i++)
		if (filter.comms[i][0] == comm[0] && filter.comms[i][1] == comm[1])
			return 1;
	return 0;
}

static __always_inline int filter_cgroups(void)
{
	for (__u32 i = 0; i < filter.n_cgroups; i++)
		if (bpf_current_task_under_cgroup(&cgroups, i) == 1)
			return 1;
	return 0;
}

/* Does the sending thread pass? */
static __always_inline int filter_task(void)
{
	if (!filter.by_task)
		return 1;
	if (filter.n_pids && !filter_pids())
		return 0;
	if (filter.n_comms && !filter_comms())
		return 0;
	return !filter.n_cgroups || filter_cgroups();
}

static __always_inline int filter_netns(struct sock *sk)
{
	__u32 netns = sk->__sk_common.skc_net.net->ns.inum;

	for (__u32 i = 0; i < filter.n_netns; i++)
		if (filter.netns[i] == netns)
			return 1;
	return 0;
}

static __always_inline int port_among(const volatile __u16 *ports, __u32 n, __u16 port)
{
	for (__u32 i = 0; i < n; i++)
		if (ports[i] == port)
			return 1;
	return 0;
}

static __always_inline int filter_ports(struct sock *sk)
{
	__u16 local = sk->__sk_common.skc_num, remote = bpf_ntohs(sk->__sk_common.skc_dport);

	if (filter.n_lports && !port_among(filter.lports, filter.n_lports, local))
		return 0;
	if (filter.n_rports && !port_among(filter.rports, filter.n_rports, remote))
		return 0;
	return !filter.n_ports || port_among(filter.ports, filter.n_ports, local) ||
	       port_among(filter.ports, filter.n_ports, remote);
}

static __always_inline int addr_among(const __u64 addr[2])
{
	for (__u32 i = 0; i < filter.n_addrs; i++)
		if ((addr[0] & filter.addrs[i].mask[0]) == filter.addrs[i].bits[0] &&
		    (addr[1] & filter.addrs[i].mask[1]) == filter.addrs[i].bits[1])
			return 1;
	return 0;
}

static __always_inline int filter_addrs(struct sock *sk)
{
	__u64 local[2], remote[2];

	if (sk->__sk_common.skc_family == AF_INET6) {
		BPF_CORE_READ_INTO(&local, sk, __sk_common.skc_v6_rcv_saddr);
		BPF_CORE_READ_INTO(&remote, sk, __sk_common.skc_v6_daddr);
	} else {
		addr_v4((__u8 *)local, sk->__sk_common.skc_rcv_saddr);
		addr_v4((__u8 *)remote, sk->__sk_common.skc_daddr);
	}
	return addr_among(local) || addr_among(remote);
}

/* Does the connection pass? */
static __always_inline int filter_sock(struct sock *sk)
{
	if (!filter.by_sock)
		return 1;
	if (!filter_ports(sk))
		return 0;
	if (filter.n_addrs && !filter_addrs(sk))
		return 0;
	return !filter.n_netns || filter_netns(sk);
}

static __always_inline int place_among(__u64 dev, __u64 ino)
{
	struct pf_place key = { .dev = dev, .ino = ino };

	return !!bpf_map_lookup_elem(&places, &key);
}

struct climb {
	__u64 dentry;
	__u64 dev;
	__u32 found;
	__u32 top;		/* it has no parent */
};

static int on_climb(__u32 i, struct climb *c)
{
	__u64 dentry = c->dentry, parent = (__u64)KERNEL_READ(dentry, dentry, d_parent);

	if (place_among(c->dev, KERNEL_READ(dentry, dentry, d_inode, i_ino))) {
		c->found = 1;
		return 1;
	}
	c->top = parent == dentry;
	c->dentry = parent;
	return c->top;
}

/*
 * Climb from any name of the file. A file that was opened by its handle may have no names
 * above it: then the climb ends below the root, and the file passes.
 */
static __always_inline int path_passes(__u64 inode, __u64 sb)
{
	__u64 alias = (__u64)KERNEL_READ(inode, inode, i_dentry.first);
	struct climb c = { .dev = FIELD(super_block, sb, s_dev), .found = pf_zero, .top = pf_zero };

	if (!place_among(c.dev, PF_PLACE_ANY))
		return 0;
	if (!alias)
		return 1;
	c.dentry = compat_dentry_of_alias(alias);
	bpf_loop(FILTER_DEPTH, on_climb, &c, 0);
	return c.found || !c.top || c.dentry != FIELD(super_block, sb, s_root);
}

/* This is not inlined, for its stack. */
static __noinline int filter_paths(__u64 mapping, __u64 inode, __u64 ino)
{
	struct pf_file key = {
		.mapping = mapping,
		.ino = ino,
		.generation = FIELD(inode, inode, i_generation),
	};
	struct pf_answer *known = bpf_map_lookup_elem(&answers, &key), fresh;
	__u64 now = bpf_ktime_get_ns();

	if (known && known->until > now)
		return known->passes;
	fresh.until = now + FILTER_ANSWER_NS;
	fresh.passes = path_passes(inode, FIELD(inode, inode, i_sb));
	/* If this fails, the next call asks again. */
	bpf_map_update_elem(&answers, &key, &fresh, BPF_ANY);
	return fresh.passes;
}

static __always_inline int filter_inodes(__u64 inode, __u64 ino)
{
	__u64 dev = FIELD(super_block, FIELD(inode, inode, i_sb), s_dev);

	for (__u32 i = 0; i < filter.n_inodes; i++)
		if (filter.inodes[i].ino == ino && filter.inodes[i].dev == dev)
			return 1;
	return 0;
}

static __always_inline int file_passes(__u64 mapping)
{
	__u64 inode = FIELD(address_space, mapping, host), ino = FIELD(inode, inode, i_ino);

	if (filter.n_inodes && !filter_inodes(inode, ino))
		return 0;
	return !filter.n_paths || filter_paths(mapping, inode, ino);
}

/* The file that was asked about last. The pages of one call are nearly always of one file. */
struct filter_file {
	__u64 mapping;
	__u32 passes;
	__u32 excluded;		/* pages so far */
};

/* Does a page of this file pass? Mapping 0 is memory of a process. */
static __always_inline int filter_file(struct filter_file *last, __u64 mapping)
{
	if (!filter.by_file)
		return 1;
	if (mapping != last->mapping) {
		last->mapping = mapping;
		last->passes = file_passes(mapping);
	}
	last->excluded += !last->passes;
	return last->passes;
}

/* Peeking at what one call took, from its end. */
struct filter_peek {
	__u64 bvec;		/* the struct bio_vec behind the next one */
	__u32 end;		/* bytes taken of that one itself; 0: none */
	__u32 left;		/* bytes to go; not 0 in the end if a page passes */
	struct filter_file file;
};

/*
 * The mapping of a bvec's page; 0 if a peek cannot tell. *len is the number of bytes
 * taken; 0 means all, and is filled in. bv_len and bv_offset are read at once, since every
 * load has its address checked.
 */
static __always_inline __u64 peek_at(__u64 bvec, __u32 *len)
{
	__u64 range = WORD_AT(bvec + bpf_core_field_offset(struct bio_vec, bv_len));
	__u64 page = WORD_AT(bvec + bpf_core_field_offset(struct bio_vec, bv_page));
	__u64 word = WORD_AT(page + compat_compound_at());

	*len = *len ?: (__u32)range;
	if (!*len || (range >> 32) + *len > 1 << cfg.page_shift)
		return 0;
	if (word & 1)
		page = compat_head(page, word);
	return WORD_AT(page + bpf_core_field_offset(struct folio, mapping));
}

#define PEEK_MORE 3

static int on_peek(__u32 i, struct filter_peek *l)
{
	__u32 len = l->end;
	__u64 mapping;

	l->bvec -= len ? 0 : sizeof(struct bio_vec);
	l->end = 0;
	mapping = peek_at(l->bvec, &len);
	/* A page without a mapping is ignored, not excluded. */
	if (!mapping || filter_file(&l->file, mapping & 3 ? 0 : mapping))
		return 1;
	l->left -= len < l->left ? len : l->left;
	for (int more = 0; more < PEEK_MORE && l->left; more++) {	/* mostly of one file */
		len = 0;
		if (peek_at(l->bvec - sizeof(struct bio_vec), &len) != mapping)
			return 0;
		l->bvec -= sizeof(struct bio_vec);
		l->left -= len < l->left ? len : l->left;
		l->file.excluded++;
	}
	return !l->left;
}

/*
 * If every page that a call took is excluded by its file, the number of these pages; else
 * 0. The pages are those in front of the position of the iterator.
 */
static __always_inline __u32 filter_all(struct iov_iter *iter, __u32 taken)
{
	struct filter_peek l = {
		.bvec = (__u64)iter->bvec,
		.end = iter->iov_offset,
		.left = taken,
	};

	if (!filter.by_file)
		return 0;
	/* These must not start as constants: see pf_zero. */
	l.file.mapping = pf_zero;
	l.file.passes = l.file.excluded = pf_zero;
	bpf_loop(FILTER_PIECES, on_peek, &l, 0);
	return l.left ? 0 : l.file.excluded;
}

#endif
