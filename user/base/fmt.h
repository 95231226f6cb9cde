/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * fmt - values as text. Pure. Every function writes a NUL-terminated string
 * into the caller's buffer and returns it.
 */
#ifndef PAGEFLIGHT_FMT_H
#define PAGEFLIGHT_FMT_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct pf_tuple;

#define FMT_TIME_LEN 32		/* "2026-01-31T12:00:00.123456Z" */
#define FMT_SIZE_LEN 24
#define FMT_ADDR_LEN 56		/* "[8 groups]:65535" */
#define FMT_DEV_LEN 24

/* Nanoseconds since the epoch as UTC with microseconds, RFC 3339. */
char *fmt_time(char buf[FMT_TIME_LEN], __u64 wall_ns);

/* The time of day of such a moment, "12:00:00", with ".123" if ms. */
char *fmt_clock(char buf[FMT_TIME_LEN], __u64 wall_ns, bool ms);

/* At most 5 characters: exact below 10,000, then K, M, ... of 1024. */
char *fmt_size(char buf[FMT_SIZE_LEN], __u64 bytes);

/* At most 5 characters below 27 years: "999ns", "1.2us", "834ms", "12.3s", "59m", "47h", "9d". */
char *fmt_age(char buf[FMT_SIZE_LEN], __u64 ns);

/* An address without its port: "10.0.0.1", "2001:db8::1"; mapped IPv4 as IPv4. */
char *fmt_host(char buf[FMT_ADDR_LEN], const __u8 addr[16]);

/* An end of a connection: "10.0.0.1:80", "[2001:db8::1]:443"; mapped IPv4 as IPv4. */
char *fmt_addr(char buf[FMT_ADDR_LEN], const __u8 addr[16], __u16 port);

/* s_dev in kernel encoding as "major:minor". */
char *fmt_dev(char buf[FMT_DEV_LEN], __u64 dev);

/* Bytes of the valid UTF-8 character at text, 1 for a NUL, and its code point; 0 if there is none. */
size_t fmt_char(const char *text, __u32 *ret_point);

/*
 * A terminal, or a program that splits lines by Unicode's rules, obeys these
 * characters instead of showing them: controls, line separators, and what
 * changes the direction of writing.
 */
bool fmt_is_unsafe(__u32 point);

/* Does the text need fmt_utf8 before it may go where UTF-8 is demanded? */
bool fmt_is_utf8(const char *text);

/*
 * Copy with every byte that is no part of valid UTF-8 replaced by U+FFFD;
 * at most len - 1 bytes and whole characters only. strlen(text) * 3 + 1 suffices.
 */
char *fmt_utf8(char *buf, size_t len, const char *text);

/*
 * Copy for a terminal: unsafe characters and broken UTF-8 become '?'. At most
 * `width` characters; if there are more, '~' stands for what is cut away at
 * the end, or at the start if cut_start. len >= 4 * width + 2 holds any.
 */
char *fmt_cell(char *buf, size_t len, const char *text, size_t width, bool cut_start);

/* Characters (not bytes) of valid UTF-8; broken bytes count as one each. */
size_t fmt_width(const char *text);

#endif
