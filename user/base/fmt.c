// SPDX-License-Identifier: GPL-2.0-only OR MIT
/*
 * fmt.c - see fmt.h. File names and comm are any bytes but NUL and come from
 * strangers: fmt_utf8 and fmt_cell keep them from breaking JSON or steering a
 * terminal. A width counts characters, and is wrong where a terminal shows a
 * character in two columns or in none.
 */
#include "fmt.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "dev.h"
#include "wire.h"

#define REPLACEMENT "\xef\xbf\xbd"

static struct tm utc(__u64 wall_ns)
{
	time_t seconds = wall_ns / NSEC_PER_SEC;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	return tm;
}

char *fmt_time(char buf[FMT_TIME_LEN], __u64 wall_ns)
{
	struct tm tm = utc(wall_ns);
	size_t n = strftime(buf, FMT_TIME_LEN, "%Y-%m-%dT%H:%M:%S", &tm);

	snprintf(buf + n, FMT_TIME_LEN - n, ".%06uZ", (unsigned int)(wall_ns / 1000 % 1000000));
	return buf;
}

char *fmt_clock(char buf[FMT_TIME_LEN], __u64 wall_ns, bool ms)
{
	struct tm tm = utc(wall_ns);
	size_t n = strftime(buf, FMT_TIME_LEN, "%H:%M:%S", &tm);

	if (ms)
		snprintf(buf + n, FMT_TIME_LEN - n, ".%03u",
			 (unsigned int)(wall_ns / 1000000 % 1000));
	return buf;
}

char *fmt_size(char buf[FMT_SIZE_LEN], __u64 bytes)
{
	static const char units[] = "KMGTPE";
	unsigned int unit = 0;
	double value = bytes / 1024.0;

	if (bytes < 100000) {	/* five digits, like the rest */
		snprintf(buf, FMT_SIZE_LEN, "%u", (unsigned int)bytes);
		return buf;
	}
	/* 1023.5 would be printed as 1024. */
	while (value >= 1023.5 && units[unit + 1]) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, FMT_SIZE_LEN, "%.*f%c", value < 99.95 ? 1 : 0, value, units[unit]);
	return buf;
}

char *fmt_age(char buf[FMT_SIZE_LEN], __u64 ns)
{
	static const struct {
		const char *name;
		__u64 ns;
		__u64 until;	/* in this unit */
		bool fraction;
	} units[] = {
		{ "ns", 1, 1000, false },
		{ "us", 1000, 1000, true },
		{ "ms", 1000000, 1000, true },
		{ "s", NSEC_PER_SEC, 600, true },
		{ "m", 60 * NSEC_PER_SEC, 600, false },
		{ "h", 3600 * NSEC_PER_SEC, 240, false },
		{ "d", 86400 * NSEC_PER_SEC, -1, false },
	};
	unsigned int i = 0;
	__u64 whole, tenth;

	while (ns / units[i].ns >= units[i].until)
		i++;
	whole = ns / units[i].ns;
	tenth = ns % units[i].ns * 10 / units[i].ns;
	if (units[i].fraction && whole < 10)
		snprintf(buf, FMT_SIZE_LEN, "%u.%u%s", (unsigned int)whole, (unsigned int)tenth,
			 units[i].name);
	else
		snprintf(buf, FMT_SIZE_LEN, "%u%s", (unsigned int)whole, units[i].name);
	return buf;
}

char *fmt_host(char buf[FMT_ADDR_LEN], const __u8 addr[16])
{
	static const __u8 mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool is_mapped = !memcmp(addr, mapped, sizeof(mapped));

	inet_ntop(is_mapped ? AF_INET : AF_INET6, is_mapped ? addr + sizeof(mapped) : addr, buf, FMT_ADDR_LEN);
	return buf;
}

char *fmt_addr(char buf[FMT_ADDR_LEN], const __u8 addr[16], __u16 port)
{
	char host[FMT_ADDR_LEN];
	bool is_v6 = strchr(fmt_host(host, addr), ':');

	snprintf(buf, FMT_ADDR_LEN, is_v6 ? "[%.45s]:%u" : "%.45s:%u", host, port);
	return buf;
}

char *fmt_dev(char buf[FMT_DEV_LEN], __u64 dev)
{
	snprintf(buf, FMT_DEV_LEN, "%u:%u", dev_major(dev), dev_minor(dev));
	return buf;
}

size_t fmt_char(const char *text, __u32 *ret_point)
{
	const unsigned char *c = (const unsigned char *)text;
	__u32 min, point;
	size_t n;

	if (c[0] < 0x80) {
		n = 1; min = 0; point = c[0];
	} else if (c[0] >= 0xc2 && c[0] <= 0xdf) {
		n = 2; min = 0x80; point = c[0] & 0x1f;
	} else if (c[0] >= 0xe0 && c[0] <= 0xef) {
		n = 3; min = 0x800; point = c[0] & 0x0f;
	} else if (c[0] >= 0xf0 && c[0] <= 0xf4) {
		n = 4; min = 0x10000; point = c[0] & 0x07;
	} else {
		return 0;
	}
	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (c[i] & 0x3f);
	}
	if (point < min || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return 0;
	*ret_point = point;
	return n;
}

bool fmt_is_unsafe(__u32 point)
{
	return point < 0x20 || (point >= 0x7f && point <= 0x9f) ||	/* C0, DEL, C1 */
	       point == 0x2028 || point == 0x2029 ||			/* line, paragraph separator */
	       point == 0x061c || point == 0x200e || point == 0x200f ||	/* bidi: marks, */
	       (point >= 0x202a && point <= 0x202e) ||			/* embeddings and overrides, */
	       (point >= 0x2066 && point <= 0x2069);			/* isolates */
}

static size_t char_len(const char *text)
{
	__u32 point;

	return fmt_char(text, &point);
}

/* A byte that is no part of valid UTF-8 is a step of its own. */
static size_t step_len(const char *text)
{
	size_t n = char_len(text);

	return n ? n : 1;
}

bool fmt_is_utf8(const char *text)
{
	for (size_t n; *text; text += n) {
		n = char_len(text);
		if (!n)
			return false;
	}
	return true;
}

char *fmt_utf8(char *buf, size_t len, const char *text)
{
	size_t at = 0;

	for (; *text; text += step_len(text)) {
		size_t n = char_len(text);
		const char *put = n ? text : REPLACEMENT;

		if (!n)
			n = strlen(REPLACEMENT);
		if (at + n >= len)
			break;
		memcpy(buf + at, put, n);
		at += n;
	}
	buf[at] = '\0';
	return buf;
}

size_t fmt_width(const char *text)
{
	size_t width = 0;

	for (; *text; width++)
		text += step_len(text);
	return width;
}

char *fmt_cell(char *buf, size_t len, const char *text, size_t width, bool cut_start)
{
	size_t have = fmt_width(text);
	bool cut = have > width;
	size_t keep = cut ? width - (width > 0) : have;
	size_t at = 0;

	if (cut && cut_start) {
		for (size_t skip = have - keep; skip; skip--)
			text += step_len(text);
		if (width)
			buf[at++] = '~';
	}
	for (; keep; keep--) {
		__u32 point;
		size_t n = fmt_char(text, &point);
		bool plain = n && !fmt_is_unsafe(point);

		/* One byte is left for '~' and one for the NUL. */
		if (at + (plain ? n : 1) + 2 > len)
			break;
		if (plain)
			memcpy(buf + at, text, n);
		else
			buf[at] = '?';
		at += plain ? n : 1;
		text += step_len(text);
	}
	if (cut && !cut_start && width)
		buf[at++] = '~';
	buf[at] = '\0';
	return buf;
}
