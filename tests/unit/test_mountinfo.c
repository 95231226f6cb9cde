// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * Mount tables as text, modelled on those of real machines: one disk, bind
 * mounts, btrfs subvolumes, odd characters, nonsense.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/dev.h"
#include "base/mountinfo.h"
#include "lib/test.h"

static const char plain[] =
	"22 29 0:21 / /proc rw,nosuid shared:5 - proc proc rw\n"
	"29 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	"31 29 8:17 / /srv rw,relatime shared:2 - xfs /dev/sdb1 rw\n"
	"32 29 259:1048575 / /far rw - ext4 /dev/nvme0n1p9 rw\n";

static const char binds[] =
	"40 1 8:1 /var/lib/box/etc/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n"
	"41 1 8:1 /var/lib/box /box rw - ext4 /dev/sda1 rw\n"
	"42 1 8:1 /var/lib /longer/mount/point rw - ext4 /dev/sda1 rw\n"
	"43 1 8:1 /var/lib /lib rw - ext4 /dev/sda1 rw\n";

static const char btrfs[] =
	"30 1 0:26 /@ / rw - btrfs /dev/vda2 rw,subvolid=256,subvol=/@\n"
	"31 30 0:26 /@home /home rw - btrfs /dev/vda2 rw,subvolid=257,subvol=/@home\n";

static const char odd[] =
	"50 1 8:2 / /with\\040blank\\011tab\\134slash rw - ext4 /dev/sdc rw\n"
	"51 1 8:3 /a\\040b /sub rw - ext4 /dev/sdd rw\n"
	"52 1 8:4 / /not\\octal\\9\\0 rw - ext4 /dev/sde rw\n";

static const char nonsense[] =
	"\n"
	"60\n"
	"61 1 8:1\n"
	"62 1 eight:1 / /a rw - ext4 x rw\n"
	"63 1 8:1x / /b rw - ext4 x rw\n"
	"64 1 0:4 net:[4026531840] /run/netns/a rw - nsfs nsfs rw\n"
	"65 1 8:1 / relative rw - ext4 x rw\n"
	"66 1 8:9 / /good rw - ext4 x rw";

static void expect(const char *text, __u64 dev, const char *inner, const char *path)
{
	char found[256] = "untouched";
	struct mountinfo *m;
	int n;

	assert_int_equal(mountinfo_parse(&m, text), 0);
	n = mountinfo_find(m, dev, inner, found, sizeof(found));
	if (path) {
		assert_string_equal(found, path);
		assert_int_equal(n, strlen(path));
	} else {
		assert_string_equal(found, "untouched");
		assert_int_equal(n, -ENOENT);
	}
	mountinfo_free(m);
}

TEST_FN(test_plain)
{
	expect(plain, dev_number(8, 1), "/etc/passwd", "/etc/passwd");
	expect(plain, dev_number(8, 17), "/www/a.iso", "/srv/www/a.iso");
	expect(plain, dev_number(259, 1048575), "/x", "/far/x");
	expect(plain, dev_number(8, 17), "/", "/srv/");
	expect(plain, dev_number(8, 1), "/", "/");
	expect(plain, dev_number(8, 18), "/x", NULL);
	expect("", dev_number(8, 1), "/x", NULL);
}

TEST_FN(test_binds)
{
	expect(binds, dev_number(8, 1), "/var/lib/box/etc/hosts", "/lib/box/etc/hosts");
	expect(binds, dev_number(8, 1), "/var/lib/x", "/lib/x");
	expect(binds, dev_number(8, 1), "/var/lib", "/lib");
	expect(binds, dev_number(8, 1), "/var/library", NULL);
	expect(binds, dev_number(8, 1), "/var", NULL);
	/* One that shows the whole file system is preferred. */
	expect("1 0 8:1 /srv/www /w rw - a b c\n2 0 8:1 / /mnt/disk rw - a b c\n", dev_number(8, 1),
	       "/srv/www/a", "/mnt/disk/srv/www/a");
	/* Only the file itself is mounted. */
	expect("1 0 8:1 /a/hosts /etc/hosts rw - a b c\n", dev_number(8, 1), "/a/hosts", "/etc/hosts");
	expect("1 0 8:1 /a / rw - a b c\n", dev_number(8, 1), "/a", "/");
}

TEST_FN(test_btrfs)
{
	expect(btrfs, dev_number(0, 26), "/@/etc/fstab", "/etc/fstab");
	expect(btrfs, dev_number(0, 26), "/@home/me/file", "/home/me/file");
	expect(btrfs, dev_number(0, 26), "/@snapshots/1", NULL);
}

TEST_FN(test_odd_characters)
{
	expect(odd, dev_number(8, 2), "/f", "/with blank\ttab\\slash/f");
	expect(odd, dev_number(8, 3), "/a b/c", "/sub/c");
	expect(odd, dev_number(8, 4), "/f", "/not\\octal\\9\\0/f");
}

TEST_FN(test_nonsense)
{
	expect(nonsense, dev_number(8, 1), "/x", NULL);
	expect(nonsense, dev_number(0, 4), "/x", NULL);
	expect(nonsense, dev_number(8, 9), "/x", "/good/x");
}

TEST_FN(test_device_of_an_id)
{
	struct mountinfo *m;

	assert_int_equal(mountinfo_parse(&m, plain), 0);
	assert_int_equal(mountinfo_dev(m, 31), dev_number(8, 17));
	assert_int_equal(mountinfo_dev(m, 22), dev_number(0, 21));
	assert_int_equal(mountinfo_dev(m, 3), 0);
	mountinfo_free(m);
}

/* The mount points below dir, each followed by a blank. */
static void expect_below(const char *table, const char *dir, const char *points)
{
	char found[200] = "";
	const char *point;
	struct mountinfo *m;
	size_t at = 0;

	assert_int_equal(mountinfo_parse(&m, table), 0);
	while ((point = mountinfo_below(m, dir, &at)))
		strcat(strcat(found, point), " ");
	assert_string_equal(found, points);
	mountinfo_free(m);
}

TEST_FN(test_below)
{
	expect_below(plain, "/", "/proc /srv /far ");
	expect_below(plain, "/srv", "");
	expect_below(plain, "/s", "");
	expect_below(binds, "/etc", "/etc/hosts ");
	expect_below(binds, "/longer/mount", "/longer/mount/point ");
}

TEST_FN(test_too_long)
{
	char path[8] = "same";
	struct mountinfo *m;

	assert_int_equal(mountinfo_parse(&m, plain), 0);
	assert_int_equal(mountinfo_find(m, dev_number(8, 17), "/123", path, sizeof(path)), -ENAMETOOLONG);
	assert_string_equal(path, "same");
	assert_int_equal(mountinfo_find(m, dev_number(8, 17), "/12", path, sizeof(path)), 7);
	assert_string_equal(path, "/srv/12");
	mountinfo_free(m);
	mountinfo_free(NULL);
}

TEST_FN(table_is_read_from_its_start)
{
	int fd = memfd_create("mountinfo", MFD_CLOEXEC);
	char found[64];
	struct mountinfo *m;

	assert_int_equal(write(fd, plain, strlen(plain)), strlen(plain));
	assert_int_equal(mountinfo_read(&m, fd), 0);
	assert_true(mountinfo_find(m, dev_number(8, 17), "/a", found, sizeof(found)) > 0);
	assert_string_equal(found, "/srv/a");
	mountinfo_free(m);
	close(fd);
	assert_int_equal(mountinfo_read(&m, fd), -EBADF);
}

static void test_type(void **state)
{
	static const char text[] =
		"22 29 0:21 / /proc rw shared:5 master:2 - proc proc rw\n"
		"23 29 0:22 / /merged rw - overlay overlay rw\n"
		"24 29 0:23 / /overlay rw - \n"
		"25 29 0:24 / /cut rw\n";
	struct mountinfo *m;

	(void)state;
	assert_int_equal(mountinfo_parse(&m, text), 0);
	assert_true(mountinfo_is_type(m, dev_number(0, 21), "proc"));
	assert_false(mountinfo_is_type(m, dev_number(0, 21), "overlay"));
	assert_true(mountinfo_is_type(m, dev_number(0, 22), "overlay"));
	assert_false(mountinfo_is_type(m, dev_number(0, 23), "overlay"));
	assert_false(mountinfo_is_type(m, dev_number(0, 24), "overlay"));
	assert_false(mountinfo_is_type(m, dev_number(0, 25), "overlay"));
	mountinfo_free(m);
}

/* Mounted namespaces are no place for files, and are found by their kind. */
TEST_FN(test_namespaces)
{
	static const char text[] =
		"64 1 0:4 net:[4026531840] /run/netns/a\\040b rw - nsfs nsfs rw\n"
		"65 1 0:4 mnt:[4026531841] /run/mntns/c rw - nsfs nsfs rw\n"
		"66 1 8:9 / /run/netns/d rw - ext4 x rw\n"
		"67 1 0:4 net:[4026531842] /run/netns/e rw - nsfs nsfs rw\n";
	struct mountinfo *m;
	size_t at = 0;

	assert_int_equal(mountinfo_parse(&m, text), 0);
	assert_string_equal(mountinfo_namespace(m, "net", &at), "/run/netns/a b");
	assert_string_equal(mountinfo_namespace(m, "net", &at), "/run/netns/e");
	assert_null(mountinfo_namespace(m, "net", &at));
	at = 0;
	assert_string_equal(mountinfo_below(m, "/run", &at), "/run/netns/d");
	assert_null(mountinfo_below(m, "/run", &at));
	mountinfo_free(m);
	expect(text, dev_number(0, 4), "net:[4026531840]", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_read_from_its_start),
		cmocka_unit_test(test_plain),
		cmocka_unit_test(test_binds),
		cmocka_unit_test(test_btrfs),
		cmocka_unit_test(test_odd_characters),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_device_of_an_id),
		cmocka_unit_test(test_below),
		cmocka_unit_test(test_too_long),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_namespaces),
	};

	return cmocka_run_group_tests_name("mountinfo", tests, NULL, NULL);
}
