// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Where the kernel has its memory, from ELF cores and symbol lists made up
 * here, modelled on those of real machines: KASLR, holes, five levels, nonsense.
 */
#include <elf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/memmap.h"
#include "lib/test.h"

#define PAGE 4096ull
#define STRUCT_PAGE 64ull
#define NO_PADDR ((__u64)-1)
#define MIB (1ull << 20)

#define DIRECT 0xffff888000000000ull
#define VMEMMAP 0xffffea0000000000ull

struct core {
	Elf64_Ehdr head;
	Elf64_Phdr headers[600];
};

static struct core core;

static void begin(void)
{
	core = (struct core){
		.head = {
			.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64 },
			.e_phoff = offsetof(struct core, headers),
			.e_phentsize = sizeof(Elf64_Phdr),
		},
	};
}

static Elf64_Phdr *add(__u64 vaddr, __u64 paddr, __u64 size)
{
	Elf64_Phdr *h = &core.headers[core.head.e_phnum++];

	*h = (Elf64_Phdr){ .p_type = PT_LOAD, .p_vaddr = vaddr, .p_paddr = paddr, .p_memsz = size };
	return h;
}

/* As get_sparsemem_vmemmap_info() has it: rounded down and up to whole pages. */
static void add_ram(__u64 direct, __u64 vmemmap, __u64 paddr, __u64 size)
{
	__u64 from = (vmemmap + paddr / PAGE * STRUCT_PAGE) & -PAGE;
	__u64 to = (vmemmap + (paddr + size) / PAGE * STRUCT_PAGE + PAGE - 1) & -PAGE;

	add(direct + paddr, paddr, size);
	add(from, NO_PADDR, to - from);
}

static int written(size_t size)
{
	int fd = memfd_create("core", 0);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, &core, size), size);
	return fd;
}

static size_t read_core(size_t size, struct memmap guesses[MEMMAP_GUESSES])
{
	int fd = written(size);
	size_t n = memmap_from_kcore(fd, PAGE, STRUCT_PAGE, guesses);

	close(fd);
	return n;
}

static bool is_among(const struct memmap *guesses, size_t n, __u64 direct, __u64 vmemmap)
{
	for (size_t i = 0; i < n; i++)
		if (guesses[i].page_offset == direct && guesses[i].vmemmap == vmemmap)
			return true;
	return false;
}

TEST_FN(test_one_segment)
{
	static const struct {
		__u64 direct, vmemmap;
	} places[] = {
		{ DIRECT, VMEMMAP },
		{ 0xffff9a1f40000000, 0xfffff1c2c0000000 },	/* KASLR */
		{ 0xff11000000000000, 0xffd4000000000000 },	/* five levels */
	};
	struct memmap guesses[MEMMAP_GUESSES];

	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		begin();
		add_ram(places[i].direct, places[i].vmemmap, 0, 512 * MIB);
		assert_int_equal(read_core(sizeof(core), guesses), 1);
		assert_int_equal(guesses[0].page_offset, places[i].direct);
		assert_int_equal(guesses[0].vmemmap, places[i].vmemmap);
	}
}

/* A real table: text, modules, vmalloc, and memory with holes. */
TEST_FN(test_real_table)
{
	struct memmap guesses[MEMMAP_GUESSES];
	size_t n;

	begin();
	core.headers[core.head.e_phnum++].p_type = PT_NOTE;
	add(0xffffffff81000000, 0x1000000, 0x2a00000);
	add(0xffffc90000000000, NO_PADDR, 0x1fffffffffff);
	add(0xffffffffc0000000, NO_PADDR, 0x3f000000);
	add(0xffffffffff600000, NO_PADDR, 0x1000);
	add_ram(DIRECT, VMEMMAP, 0x1000, 0x9e000);
	add_ram(DIRECT, VMEMMAP, 0x100000, 0xbfedc000 - 0x100000);
	add_ram(DIRECT, VMEMMAP, 0x100000000, 0x140000000);
	n = read_core(sizeof(core), guesses);
	assert_true(n >= 3);
	assert_true(is_among(guesses, n, DIRECT, VMEMMAP));
}

/* Struct pages that begin and end anywhere in a page, of any size. */
TEST_FN(test_roundings)
{
	static const __u64 struct_sizes[] = { 56, 64, 72, 80 };
	struct memmap guesses[MEMMAP_GUESSES];

	for (size_t s = 0; s < ARRAY_LEN(struct_sizes); s++) {
		for (__u64 at = 1; at < 200; at += 3) {
			for (__u64 pages = 1000; pages < 1200; pages += 7) {
				__u64 size = struct_sizes[s], from, to;
				int fd;

				begin();
				from = (VMEMMAP + at * size) & -PAGE;
				to = (VMEMMAP + (at + pages) * size + PAGE - 1) & -PAGE;
				add(DIRECT + at * PAGE, at * PAGE, pages * PAGE);
				add(from, NO_PADDR, to - from);
				fd = written(sizeof(core));
				assert_int_equal(memmap_from_kcore(fd, PAGE, size, guesses), 1);
				close(fd);
				assert_int_equal(guesses[0].page_offset, DIRECT);
				assert_int_equal(guesses[0].vmemmap, VMEMMAP);
			}
		}
	}
}

/* Neither too small nor too large, nor memory itself. */
TEST_FN(test_what_is_no_map)
{
	__u64 size = 512 * MIB / PAGE * STRUCT_PAGE;
	struct memmap guesses[MEMMAP_GUESSES];

	begin();
	add(DIRECT, 0, 512 * MIB);
	add(VMEMMAP, NO_PADDR, size - 2 * PAGE);
	add(VMEMMAP, NO_PADDR, size + 3 * PAGE);
	add(VMEMMAP, 0x5000, size);
	add(VMEMMAP, NO_PADDR, size)->p_type = PT_NOTE;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	add(VMEMMAP, NO_PADDR, size - 2 * PAGE + 1);
	add(VMEMMAP, NO_PADDR, size + 3 * PAGE - 1);
	assert_int_equal(read_core(sizeof(core), guesses), 2);
	assert_int_equal(guesses[0].vmemmap, VMEMMAP);
}

/* Never more than there is room for, however many fit each other. */
TEST_FN(test_too_many_pairs)
{
	struct memmap guesses[MEMMAP_GUESSES + 1];

	memset(guesses, 0x5a, sizeof(guesses));
	begin();
	for (__u64 i = 0; i < 50; i++)
		add_ram(DIRECT, VMEMMAP, i * 1024 * MIB, 512 * MIB);
	assert_int_equal(read_core(sizeof(core), guesses), MEMMAP_GUESSES);
	assert_int_equal(guesses[MEMMAP_GUESSES].page_offset, 0x5a5a5a5a5a5a5a5a);
	assert_true(is_among(guesses, MEMMAP_GUESSES, DIRECT, VMEMMAP));
}

TEST_FN(test_many_headers)
{
	struct memmap guesses[MEMMAP_GUESSES];

	begin();
	add_ram(DIRECT, VMEMMAP, 0, 512 * MIB);
	core.head.e_phnum = 512;
	assert_int_equal(read_core(sizeof(core), guesses), 1);
	core.head.e_phnum = 513;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	core.head.e_phnum = 65535;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	core.head.e_phnum = 0;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
}

TEST_FN(test_broken_heads)
{
	struct memmap guesses[MEMMAP_GUESSES];

	begin();
	add_ram(DIRECT, VMEMMAP, 0, 512 * MIB);
	assert_int_equal(read_core(sizeof(core), guesses), 1);
	core.head.e_ident[EI_CLASS] = ELFCLASS32;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	core.head.e_ident[EI_CLASS] = ELFCLASS64;
	core.head.e_ident[3] = 'X';
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	core.head.e_ident[3] = 'F';
	core.head.e_phentsize--;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	core.head.e_phentsize++;
	core.head.e_phoff = 1ull << 40;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	core.head.e_phoff = (__u64)-8;
	assert_int_equal(read_core(sizeof(core), guesses), 0);
	core.head.e_phoff = offsetof(struct core, headers);
	assert_int_equal(read_core(sizeof(core), guesses), 1);
}

/* Cut anywhere: nothing, or all that it has. */
TEST_FN(test_truncated)
{
	size_t whole = offsetof(struct core, headers) + 2 * sizeof(Elf64_Phdr);
	struct memmap guesses[MEMMAP_GUESSES];

	begin();
	add_ram(DIRECT, VMEMMAP, 0, 512 * MIB);
	for (size_t size = 0; size < whole; size++)
		assert_int_equal(read_core(size, guesses), 0);
	assert_int_equal(read_core(whole, guesses), 1);
	assert_int_equal(memmap_from_kcore(-1, PAGE, STRUCT_PAGE, guesses), 0);
}

/* Whatever the bytes are, it comes back, with no more than there is room for. */
TEST_FN(test_noise)
{
	struct memmap guesses[MEMMAP_GUESSES];
	__u64 *words = (__u64 *)core.headers, x = 88172645463325252ull;

	for (int round = 0; round < 50; round++) {
		begin();
		for (size_t i = 0; i < sizeof(core.headers) / 8; i++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			words[i] = x;
		}
		for (size_t i = 0; i < ARRAY_LEN(core.headers); i += 2) {
			core.headers[i].p_type = PT_LOAD;
			core.headers[i].p_paddr = i % 4 ? NO_PADDR : core.headers[i].p_paddr;
		}
		core.head.e_phnum = 512;
		assert_true(read_core(sizeof(core), guesses) <= MEMMAP_GUESSES);
	}
}

static int parse(const char *text, struct memmap *map)
{
	FILE *in = fmemopen((void *)text, strlen(text), "r");
	int err = memmap_from_kallsyms(in, map);

	fclose(in);
	return err;
}

TEST_FN(test_kallsyms)
{
	struct memmap at;

	assert_int_equal(parse("ffffffff81000000 T _text\n"
			       "ffffffff82a01230 D vmemmap_base\n"
			       "ffffffff82a01238 D page_offset_base\n", &at), 0);
	assert_int_equal(at.vmemmap, 0xffffffff82a01230);
	assert_int_equal(at.page_offset, 0xffffffff82a01238);
	/* Only whole names, also of modules; lines of any form in between. */
	assert_int_equal(parse("ffffffff82a01200 d vmemmap_base_old\n"
			       "ffffffff82a01208 d old_page_offset_base\n"
			       "garbage\n\nffffffff82a01210 D\n"
			       "ffffffff82a01238 R page_offset_base\t[mod]\n"
			       "ffffffff82a01230 R vmemmap_base\n", &at), 0);
	assert_int_equal(at.vmemmap, 0xffffffff82a01230);
	assert_int_equal(at.page_offset, 0xffffffff82a01238);
}

/* One of them, none, hidden addresses, nothing at all. */
TEST_FN(test_kallsyms_without)
{
	struct memmap at;

	assert_int_equal(parse("ffffffff82a01230 D vmemmap_base\n", &at), -ENOENT);
	assert_int_equal(parse("ffffffff82a01230 D page_offset_base\n", &at), -ENOENT);
	assert_int_equal(parse("0000000000000000 D page_offset_base\n"
			       "0000000000000000 D vmemmap_base\n", &at), -ENOENT);
	assert_int_equal(parse("\n", &at), -ENOENT);
}

/* A name longer than any line that is read must not be taken for a shorter one. */
TEST_FN(test_kallsyms_long_lines)
{
	char text[2000];
	struct memmap at;
	int n = snprintf(text, sizeof(text), "ffffffff82a01230 D vmemmap_base");

	memset(text + n, 'x', 1000);
	strcpy(text + n + 1000, "\nffffffff82a01238 D page_offset_base\n");
	assert_int_equal(parse(text, &at), -ENOENT);
	assert_int_equal(at.vmemmap, 0);
	assert_int_equal(at.page_offset, 0xffffffff82a01238);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_segment),
		cmocka_unit_test(test_real_table),
		cmocka_unit_test(test_roundings),
		cmocka_unit_test(test_what_is_no_map),
		cmocka_unit_test(test_too_many_pairs),
		cmocka_unit_test(test_many_headers),
		cmocka_unit_test(test_broken_heads),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_noise),
		cmocka_unit_test(test_kallsyms),
		cmocka_unit_test(test_kallsyms_without),
		cmocka_unit_test(test_kallsyms_long_lines),
	};

	return cmocka_run_group_tests_name("memmap", tests, NULL, NULL);
}
