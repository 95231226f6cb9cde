// SPDX-License-Identifier: GPL-2.0-only OR MIT
/* memmap.c - see memmap.h. */
#include "memmap.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/kallsyms.h"
#include "fingerprint.h"

#define HEADERS_MAX 512
#define NO_PADDR ((__u64)-1)	/* the address of what is not memory */

/* Has the segment the size of the struct pages of that memory, up to rounding at both ends? */
static int is_map_of(const Elf64_Phdr *map, const Elf64_Phdr *ram, size_t page_size, size_t size)
{
	__u64 pages = ram->p_memsz / page_size * size;

	return map->p_memsz + 2 * page_size > pages && map->p_memsz < pages + 3 * page_size;
}

static size_t pair_up(const Elf64_Phdr *headers, size_t n, size_t page_size, size_t size,
		      struct memmap ret_guesses[MEMMAP_GUESSES])
{
	size_t found = 0;

	for (size_t r = 0; r < n; r++) {
		const Elf64_Phdr *ram = &headers[r];

		if (ram->p_type != PT_LOAD || ram->p_paddr == NO_PADDR)
			continue;
		for (size_t m = 0; m < n && found < MEMMAP_GUESSES; m++) {
			const Elf64_Phdr *map = &headers[m];
			__u64 first = ram->p_paddr / page_size * size;

			if (map->p_type != PT_LOAD || map->p_paddr != NO_PADDR ||
			    !is_map_of(map, ram, page_size, size))
				continue;
			ret_guesses[found++] = (struct memmap){
				.page_offset = ram->p_vaddr - ram->p_paddr,
				.vmemmap = map->p_vaddr - (first & -(__u64)page_size),
			};
		}
	}
	return found;
}

size_t memmap_from_kcore(int fd, size_t page_size, size_t struct_page_size,
			 struct memmap ret_guesses[MEMMAP_GUESSES])
{
	static Elf64_Phdr headers[HEADERS_MAX];
	Elf64_Ehdr elf;
	size_t size;

	if (pread(fd, &elf, sizeof(elf), 0) != sizeof(elf) ||
	    memcmp(elf.e_ident, ELFMAG, SELFMAG) || elf.e_ident[EI_CLASS] != ELFCLASS64 ||
	    elf.e_phentsize != sizeof(headers[0]) || elf.e_phnum > HEADERS_MAX)
		return 0;
	size = elf.e_phnum * sizeof(headers[0]);
	if (pread(fd, headers, size, elf.e_phoff) != (ssize_t)size)
		return 0;
	return pair_up(headers, elf.e_phnum, page_size, struct_page_size, ret_guesses);
}

int memmap_from_kallsyms(FILE *in, struct memmap *ret_addresses)
{
	struct kallsyms_line line;
	char text[512];

	*ret_addresses = (struct memmap){ 0 };
	while (fgets(text, sizeof(text), in)) {
		if (!kallsyms_parse(text, &line))
			continue;
		if (!strcmp(line.name, "page_offset_base"))
			ret_addresses->page_offset = line.address;
		else if (!strcmp(line.name, "vmemmap_base"))
			ret_addresses->vmemmap = line.address;
		if (ret_addresses->page_offset && ret_addresses->vmemmap)
			return 0;
	}
	return -ENOENT;
}

/* What every guess is tried with. */
struct search {
	memmap_try_fn try;
	void *ctx;
	int fd;
	__u64 fp;		/* of our page */
};

static int try_one(const struct search *s, const struct memmap *map, int indirect)
{
	const struct memmap_guess guess = { *map, indirect, s->fd };
	__u64 fp = 0;
	int err = s->try(s->ctx, &guess, &fp);

	return err ? err : fp == s->fp ? 0 : -ENOENT;
}

static int try_kcore(const struct search *s, size_t page_size, size_t struct_page_size)
{
	struct memmap guesses[MEMMAP_GUESSES];
	int fd = open("/proc/kcore", O_RDONLY | O_CLOEXEC), err = -ENOENT;
	size_t n;

	if (fd < 0)
		return -errno;
	n = memmap_from_kcore(fd, page_size, struct_page_size, guesses);
	close(fd);
	for (size_t i = 0; i < n && err; i++)
		err = try_one(s, &guesses[i], 0);
	return err;
}

static int try_kallsyms(const struct search *s)
{
	FILE *in = fopen("/proc/kallsyms", "re");
	struct memmap at;
	int err;

	if (!in)
		return -errno;
	err = memmap_from_kallsyms(in, &at);
	fclose(in);
	return err ? err : try_one(s, &at, 1);
}

/* Fill a page with bytes that no other page has, and return their fingerprint. */
static __u64 fill_page(char *page, size_t size)
{
	__u64 word = getpid();
	struct pf_fp p;

	pf_fp_begin(&p);
	for (size_t at = 0; at < size; at += sizeof(word)) {
		word = pf_fp_step(word, at);
		memcpy(page + at, &word, sizeof(word));
	}
	for (size_t at = 0; at < size; at += PF_FP_BLOCK)
		pf_fp_block(&p, (const __u64 *)(page + at));
	return pf_fp_end(&p, size);
}

int memmap_find(memmap_try_fn try, void *ctx, size_t struct_page_size)
{
	size_t size = sysconf(_SC_PAGESIZE);
	struct search s = {
		.try = try,
		.ctx = ctx,
		.fd = memfd_create("pageflight-memmap", MFD_CLOEXEC),
	};
	char *page;
	int err, kcore;

	if (s.fd < 0)
		return -errno;
	page = ftruncate(s.fd, size) ? MAP_FAILED :
	       mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, s.fd, 0);
	err = page == MAP_FAILED ? -errno : 0;
	if (!err) {
		s.fp = fill_page(page, size);
		kcore = try_kcore(&s, size, struct_page_size);
		err = kcore ? try_kallsyms(&s) : 0;
		/* Without the privilege for either, symbols have no addresses. */
		if (err == -ENOENT && (kcore == -EPERM || kcore == -EACCES))
			err = kcore;
		munmap(page, size);
	}
	close(s.fd);
	return err;
}
