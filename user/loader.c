// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * loader.c - the BPF object from open to close. The only file that sees the
 * skeleton.
 *
 * Programs are chosen before load by looking their targets up in the kernel's
 * type information. That is necessary, not sufficient: what then cannot be
 * attached is reported, and ends the matter only if its role is required.
 */
#include "loader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "hooks.h"
#include "pageflight.skel.h"

#define FLIGHT_BYTES 128		/* sizeof(struct pf_flight); checked against the map */
#define FLIGHTS_MIN 64u
#define FLIGHTS_MAX (1u << 22)		/* the verifier allows offsets below 512 MiB */
#define CONNS_MIN 2u
#define CONNS_MAX (1u << 20)
#define RING_BYTES (4u << 20)
#define LINKS_MAX 32

/* One program of a candidate; rows of one hook stand together. */
struct program {
	const char *name;
	struct hook hook;
};

#define ROW(prog, r, meth, sym, mod, n, g, text)				\
	{ prog, { .role = r, .method = meth, .symbol = sym, .module = mod,	\
		  .sees = text, .need = n, .group = g } }

/* A function whose parameters changed their meaning is told by the name of one. */
#define ROW_PARAM(prog, r, meth, sym, mod, par, g, text)			\
	{ prog, { .role = r, .method = meth, .symbol = sym, .module = mod,	\
		  .param = par, .sees = text, .need = HOOK_OPTIONAL, .group = g } }

/* Newest candidate of a role first. Groups of one role exclude each other. */
static const struct program programs[] = {
	ROW("on_splice", "attach", "fexit", "skb_splice_from_iter", NULL, HOOK_REQUIRED, 1,
	    "pages taken by a socket"),
	ROW("on_sendpage", "attach", "fentry", "do_tcp_sendpages", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket"),
	ROW("on_sendpage_done", "attach", "fexit", "do_tcp_sendpages", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket"),
	ROW("on_sendpage_wait", "attach", "fentry", "sk_stream_wait_memory", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket that then waits for memory"),
	ROW("on_sendpage_go_on", "attach", "fexit", "sk_stream_wait_memory", NULL, HOOK_REQUIRED, 2,
	    "pages taken by a socket that then waits for memory"),
	ROW("on_ack", "ack", "fentry", "tcp_ack", NULL, HOOK_REQUIRED, 0, "acknowledgements"),
	ROW("on_read", "release", "tp_btf", "tcp_rcv_space_adjust", NULL, HOOK_REQUIRED, 0,
	    "a reader on this host copying pages out"),
	ROW("on_state", "peer", "tp_btf", "inet_sock_set_state", NULL, HOOK_OPTIONAL, 0,
	    "that a reader is on this host, other than over lo"),
	ROW("on_purge", "abort", "fentry", "tcp_write_queue_purge", NULL, HOOK_REQUIRED, 0,
	    "queues dropped by a reset"),
	ROW("on_destroy", "abort", "tp_btf", "tcp_destroy_sock", NULL, HOOK_REQUIRED, 0,
	    "sockets destroyed"),
	ROW("on_resend", "resend", "tp_btf", "tcp_retransmit_skb", NULL, HOOK_REQUIRED, 0,
	    "retransmissions"),
	ROW("on_write", "write", "fentry", "generic_perform_write", NULL, HOOK_REQUIRED, 0,
	    "writes to ext4, tmpfs and most file systems"),
	ROW("on_write_done", "write", "fexit", "generic_perform_write", NULL, HOOK_REQUIRED, 0,
	    "writes to ext4, tmpfs and most file systems"),
	ROW("on_iomap_write", "write iomap", "fentry", "iomap_file_buffered_write", "iomap",
	    HOOK_OPTIONAL, 0, "writes to xfs and other iomap file systems"),
	ROW("on_iomap_write_done", "write iomap", "fexit", "iomap_file_buffered_write", "iomap",
	    HOOK_OPTIONAL, 0, "writes to xfs and other iomap file systems"),
	ROW("on_btrfs_write", "write btrfs", "fentry", "btrfs_buffered_write", "btrfs",
	    HOOK_OPTIONAL, 0, "writes to btrfs (load its module before pageflight starts)"),
	ROW("on_btrfs_write_done", "write btrfs", "fexit", "btrfs_buffered_write", "btrfs",
	    HOOK_OPTIONAL, 0, "writes to btrfs (load its module before pageflight starts)"),
	ROW("on_mkwrite", "write mmap", "fexit", "do_page_mkwrite", NULL, HOOK_OPTIONAL, 0,
	    "the first store to a clean page through a mapping"),
	ROW("on_zero", "write truncate", "fentry", "truncate_inode_partial_folio", NULL,
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW("on_zero_done", "write truncate", "fexit", "truncate_inode_partial_folio", NULL,
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW("on_ext4_zero", "write truncate", "fentry", "ext4_block_zero_page_range", "ext4",
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW("on_ext4_zero_done", "write truncate", "fexit", "ext4_block_zero_page_range", "ext4",
	    HOOK_OPTIONAL, 0, "bytes zeroed by truncate and hole punch"),
	ROW_PARAM("on_btrfs_range", "write btrfs", "fentry", "btrfs_truncate_block", "btrfs",
		  "start", 1, "holes punched into files of btrfs"),
	ROW_PARAM("on_btrfs_front", "write btrfs", "fentry", "btrfs_truncate_block", "btrfs",
		  "front", 2, "holes punched into files of btrfs"),
	ROW("on_btrfs_zero_done", "write btrfs", "fexit", "btrfs_truncate_block", "btrfs",
	    HOOK_OPTIONAL, 0, "holes punched into files of btrfs"),
};

#define N_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

struct loader {
	struct pageflight *skel;
	struct ring_buffer *ring;
	struct hook hooks[N_PROGRAMS];
	struct bpf_link *links[N_PROGRAMS];
	loader_event_fn fn;
	void *fn_ctx;
	int n_cpus;
};

static bool verbose;	/* libbpf's print callback takes no context */

static int on_libbpf_print(enum libbpf_print_level level, const char *format, va_list args)
{
	if (!verbose || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

__attribute__((format(printf, 3, 4)))
static int fail(char err[LOADER_ERR_LEN], int code, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(err, LOADER_ERR_LEN, format, args);
	va_end(args);
	return code;
}

/* Lockdown in confidentiality mode forbids what tracing programs do. */
static bool locked_down(void)
{
	char line[128] = "";
	FILE *f = fopen("/sys/kernel/security/lockdown", "re");

	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	return strstr(line, "[confidentiality]");
}

static bool func_has_param(const struct btf *btf, int func, const char *param)
{
	const struct btf_type *proto = btf__type_by_id(btf, btf__type_by_id(btf, func)->type);
	const struct btf_param *p = btf_params(proto);

	for (int i = 0; i < btf_vlen(proto); i++)
		if (!strcmp(btf__name_by_offset(btf, p[i].name_off), param))
			return true;
	return false;
}

static bool btf_has_func(const struct btf *btf, const struct hook *h)
{
	char name[128];
	int id;

	if (!strcmp(h->method, "tp_btf")) {
		snprintf(name, sizeof(name), "btf_trace_%s", h->symbol);
		return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) > 0;
	}
	id = btf__find_by_name_kind(btf, h->symbol, BTF_KIND_FUNC);
	return id > 0 && (!h->param || func_has_param(btf, id, h->param));
}

static bool hook_exists(const struct btf *vmlinux, const struct hook *h)
{
	struct btf *module;
	bool found;

	if (btf_has_func(vmlinux, h))
		return true;
	if (!h->module)
		return false;
	module = btf__load_module_btf(h->module, (struct btf *)vmlinux);
	if (!module)
		return false;
	found = btf_has_func(module, h);
	btf__free(module);
	return found;
}

static bool enum_has(const struct btf *btf, const char *type, const char *value)
{
	int id = btf__find_by_name_kind(btf, type, BTF_KIND_ENUM);
	const struct btf_type *t;
	const struct btf_enum *e;

	if (id < 0)
		return false;
	t = btf__type_by_id(btf, id);
	e = btf_enum(t);
	for (int i = 0; i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, e[i].name_off), value))
			return true;
	return false;
}

/* What every program needs, whatever it hooks. */
static int check_helpers(const struct btf *btf, char err[LOADER_ERR_LEN])
{
	static const char *const helpers[] = {
		"BPF_FUNC_loop", "BPF_FUNC_get_func_ret", "BPF_FUNC_task_pt_regs",
	};
	struct utsname u;

	uname(&u);
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (!enum_has(btf, "bpf_func_id", helpers[i]))
			return fail(err, -EOPNOTSUPP,
				    "kernel %s is too old: it has no %s; Linux 6.1 or later is needed",
				    u.release, helpers[i]);
	return 0;
}

static bool same_role(const struct hook *a, const struct hook *b)
{
	return !strcmp(a->role, b->role);
}

/* Choose the newest group of each role whose every program has its target. */
static void plan(struct loader *l, const struct btf *btf)
{
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		l->hooks[i] = programs[i].hook;
		if (!hook_exists(btf, &l->hooks[i]))
			l->hooks[i].state = HOOK_ABSENT;
	}
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		struct hook *h = &l->hooks[i];

		for (size_t j = 0; j < N_PROGRAMS; j++) {
			const struct hook *o = &l->hooks[j];

			if (!same_role(h, o))
				continue;
			if (h->group && o->group == h->group && o->state == HOOK_ABSENT &&
			    h->state == HOOK_UNTRIED)
				h->state = HOOK_ABSENT;
			if (o->group && o->group < h->group && o->state == HOOK_UNTRIED &&
			    h->state == HOOK_UNTRIED)
				h->state = HOOK_NOT_NEEDED;
		}
	}
}

static int check_required(const struct loader *l, char err[LOADER_ERR_LEN])
{
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		const struct hook *h = &l->hooks[i];
		bool works = false;

		if (h->need != HOOK_REQUIRED)
			continue;
		for (size_t j = 0; j < N_PROGRAMS; j++)
			if (same_role(h, &l->hooks[j]) &&
			    (h->group || !strcmp(h->symbol, l->hooks[j].symbol)) &&
			    (l->hooks[j].state == HOOK_UNTRIED ||
			     l->hooks[j].state == HOOK_ATTACHED))
				works = true;
		if (!works)
			return fail(err, h->err ? h->err : -EOPNOTSUPP,
				    "this kernel gives no hook for %s: %s/%s %s%s%s; nothing can be said without it",
				    h->role, h->method, h->symbol,
				    h->state == HOOK_ABSENT ? "does not exist" : "cannot be attached",
				    h->err ? ": " : "", h->err ? strerror(-h->err) : "");
	}
	return 0;
}

static unsigned int pow2_at_most(unsigned long long n)
{
	unsigned int p = 1;

	while (p <= n / 2 && p < 1u << 31)
		p *= 2;
	return p;
}

static unsigned int clamp(unsigned long long n, unsigned int lo, unsigned int hi)
{
	return n < lo ? lo : n > hi ? hi : n;
}

/* One flight per 16 KiB of memory: with its index under 1 % of it. */
static unsigned int default_pages(void)
{
	unsigned long long mem = (unsigned long long)sysconf(_SC_PHYS_PAGES) *
				 sysconf(_SC_PAGESIZE);

	return clamp(pow2_at_most(mem >> 14), 1u << 14, 1u << 21);
}

static int size_maps(struct loader *l, const struct loader_opts *opts, const struct btf *btf)
{
	unsigned int pages = opts->max_pages ? opts->max_pages : default_pages();
	unsigned int conns, buckets;
	struct pageflight *s = l->skel;
	int id = btf__find_by_name_kind(btf, "page", BTF_KIND_STRUCT), err = 0;

	/* Number 0 means none, so one more than asked for. */
	pages = clamp(pow2_at_most(pages * 2ULL - 1), FLIGHTS_MIN, FLIGHTS_MAX);
	conns = clamp(opts->max_conns ? opts->max_conns + 1ULL : pages / 8, CONNS_MIN, CONNS_MAX);
	buckets = pages / 2;
	s->rodata->cfg.flight_mask = pages - 1;
	s->rodata->cfg.bucket_mask = buckets - 1;
	s->rodata->cfg.max_conns = conns;
	s->rodata->cfg.page_shift = __builtin_ctzl(sysconf(_SC_PAGESIZE));
	s->rodata->cfg.struct_page_size = id > 0 ? btf__type_by_id(btf, id)->size : 64;

	err = err ?: bpf_map__set_value_size(s->maps.flights, pages * FLIGHT_BYTES);
	err = err ?: bpf_map__set_max_entries(s->maps.buckets, buckets);
	err = err ?: bpf_map__set_max_entries(s->maps.conns, conns);
	err = err ?: bpf_map__set_max_entries(s->maps.free_conns, conns);
	err = err ?: bpf_map__set_max_entries(s->maps.socks, conns * 2);
	err = err ?: bpf_map__set_max_entries(s->maps.peers, conns);
	err = err ?: bpf_map__set_max_entries(s->maps.readers, clamp(conns, 16384, CONNS_MAX));
	err = err ?: bpf_map__set_max_entries(s->maps.events,
					      opts->ring_bytes ? opts->ring_bytes : RING_BYTES);
	return err;
}

static void choose_programs(struct loader *l)
{
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		struct bpf_program *p = bpf_object__find_program_by_name(l->skel->obj,
									 programs[i].name);

		bpf_program__set_autoload(p, l->hooks[i].state == HOOK_UNTRIED);
	}
}

static int load(struct loader *l, char err[LOADER_ERR_LEN])
{
	int ret = pageflight__load(l->skel);

	if (ret == -EPERM)
		return fail(err, -EPERM, "the kernel refuses BPF programs: run as root (CAP_BPF, CAP_PERFMON), with lockdown off");
	if (ret == -ENOMEM)
		return fail(err, ret, "not enough memory for the maps: lower --max-pages or --max-conns");
	if (ret)
		return fail(err, ret, "the kernel rejects the BPF programs: %s (-v shows its log)",
			    strerror(-ret));
	return 0;
}

static int attach(struct loader *l, char err[LOADER_ERR_LEN])
{
	for (size_t i = 0; i < N_PROGRAMS; i++) {
		struct hook *h = &l->hooks[i];
		struct bpf_program *p;

		if (h->state != HOOK_UNTRIED)
			continue;
		p = bpf_object__find_program_by_name(l->skel->obj, programs[i].name);
		l->links[i] = bpf_program__attach(p);
		h->state = l->links[i] ? HOOK_ATTACHED : HOOK_FAILED;
		h->err = l->links[i] ? 0 : -errno;
	}
	return check_required(l, err);
}

static int on_record(void *ctx, void *data, size_t size)
{
	struct loader *l = ctx;

	l->fn(l->fn_ctx, data, size);
	return 0;
}

static int open_all(struct loader *l, const struct loader_opts *opts, const struct btf *btf,
		    char err[LOADER_ERR_LEN])
{
	int ret;

	ret = check_helpers(btf, err);
	if (ret)
		return ret;
	plan(l, btf);
	ret = check_required(l, err);
	if (ret)
		return ret;
	l->skel = pageflight__open();
	if (!l->skel)
		return fail(err, -errno, "the BPF object does not open: %s", strerror(errno));
	ret = size_maps(l, opts, btf);
	if (ret)
		return fail(err, ret, "the maps cannot be sized: %s", strerror(-ret));
	choose_programs(l);
	ret = load(l, err);
	if (ret)
		return ret;
	l->ring = ring_buffer__new(bpf_map__fd(l->skel->maps.events), on_record, l, NULL);
	if (!l->ring)
		return fail(err, -errno, "the ring buffer does not open: %s", strerror(errno));
	return attach(l, err);
}

int loader_open(struct loader **ret_loader, const struct loader_opts *opts,
		char err[LOADER_ERR_LEN])
{
	struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct loader *l;
	struct btf *btf;
	int ret;

	verbose = opts->verbose;
	libbpf_set_print(on_libbpf_print);
	if (locked_down())
		return fail(err, -EPERM, "kernel lockdown is in confidentiality mode, which forbids BPF tracing; boot without it");
	if (geteuid())
		return fail(err, -EPERM, "BPF tracing needs root (CAP_BPF and CAP_PERFMON): run it with sudo");
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return fail(err, -EOPNOTSUPP, "this kernel has no type information (/sys/kernel/btf/vmlinux): it needs CONFIG_DEBUG_INFO_BTF");
	l = calloc(1, sizeof(*l));
	if (!l) {
		btf__free(btf);
		return fail(err, -ENOMEM, "out of memory");
	}
	l->n_cpus = libbpf_num_possible_cpus();
	setrlimit(RLIMIT_MEMLOCK, &unlimited);	/* before 5.11 maps counted against it */
	ret = open_all(l, opts, btf, err);
	btf__free(btf);
	if (ret) {
		loader_close(l);
		return ret;
	}
	*ret_loader = l;
	return 0;
}

int loader_fd(const struct loader *l)
{
	return ring_buffer__epoll_fd(l->ring);
}

int loader_consume(struct loader *l, loader_event_fn fn, void *ctx)
{
	l->fn = fn;
	l->fn_ctx = ctx;
	return ring_buffer__consume(l->ring);
}

static unsigned long long missed_runs(const struct loader *l)
{
	unsigned long long n = 0;

	for (size_t i = 0; i < N_PROGRAMS; i++) {
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);
		struct bpf_program *p;

		if (!l->links[i])
			continue;
		p = bpf_object__find_program_by_name(l->skel->obj, programs[i].name);
		if (!bpf_obj_get_info_by_fd(bpf_program__fd(p), &info, &len))
			n += info.recursion_misses;
	}
	return n;
}

int loader_totals(const struct loader *l, struct loader_totals *ret_totals)
{
	struct loader_totals t = {};
	struct pf_stats *per_cpu = calloc(l->n_cpus, sizeof(*per_cpu));
	__u64 *sum = (__u64 *)&t.stats;
	struct pf_gauge gauge;
	__u32 zero = 0;
	int err = 0;

	if (!per_cpu)
		return -ENOMEM;
	if (bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.stats), &zero, per_cpu) ||
	    bpf_map_lookup_elem(bpf_map__fd(l->skel->maps.free_flights), &zero, &gauge))
		err = -errno;
	for (int cpu = 0; cpu < l->n_cpus && !err; cpu++)
		for (size_t i = 0; i < sizeof(t.stats) / sizeof(*sum); i++)
			sum[i] += ((__u64 *)&per_cpu[cpu])[i];
	free(per_cpu);
	if (err)
		return err;
	t.in_flight = gauge.used;
	t.conns = l->skel->bss->pf_conns_now;
	t.missed = missed_runs(l);
	*ret_totals = t;
	return 0;
}

const struct hook *loader_hooks(const struct loader *l, size_t *ret_n)
{
	*ret_n = N_PROGRAMS;
	return l->hooks;
}

void loader_close(struct loader *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < N_PROGRAMS; i++)
		bpf_link__destroy(l->links[i]);
	ring_buffer__free(l->ring);
	pageflight__destroy(l->skel);
	free(l);
}
