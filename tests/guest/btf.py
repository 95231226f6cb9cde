# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The types of a kernel, as /sys/kernel/btf/vmlinux has them, with other parameters."""
import struct

FUNC, TYPEDEF = 12, 8
# Bytes behind a type by its kind: always, and for each of its parts.
ALWAYS = {1: 4, 3: 12, 14: 4, 17: 4}
EACH = {4: 12, 5: 12, 6: 8, 13: 8, 15: 12, 19: 12}


class Types:
    def __init__(self, path: str) -> None:
        with open(path, "rb") as file:
            self.data = bytearray(file.read())
        header, first, length, strings, _ = struct.unpack_from("<5I", self.data, 4)
        self.strings = header + strings
        self.at = [0]           # where each type is, by its number
        self.named: dict[tuple[int, str], int] = {}
        at, end = header + first, header + first + length
        while at < end:
            name, info, _ = struct.unpack_from("<3I", self.data, at)
            kind, parts = info >> 24 & 0x1f, info & 0xffff
            self.at.append(at)
            if kind in (FUNC, TYPEDEF):
                self.named[kind, self.text(name)] = at
            at += 12 + ALWAYS.get(kind, 0) + EACH.get(kind, 0) * parts

    def text(self, offset: int) -> str:
        begin = self.strings + offset
        return self.data[begin:self.data.index(0, begin)].decode()

    def refers(self, at: int) -> int:
        """Where the type is that a type at some place refers to."""
        return self.at[struct.unpack_from("<I", self.data, at + 8)[0]]

    def prototypes(self, symbol: str) -> list[int]:
        """Where those of a function and of a tracepoint of that name are."""
        found = []
        if (FUNC, symbol) in self.named:
            found.append(self.refers(self.named[FUNC, symbol]))
        if (TYPEDEF, f"btf_trace_{symbol}") in self.named:
            pointer = self.refers(self.named[TYPEDEF, f"btf_trace_{symbol}"])
            found.append(self.refers(pointer))
        return found

    def take_files(self, symbol: str) -> None:
        """Let all parameters be files, as the first one of vfs_read() is."""
        file = self.prototypes("vfs_read")[0] + 16
        for at in self.prototypes(symbol):
            for parameter in range(struct.unpack_from("<H", self.data, at + 4)[0]):
                number = at + 12 + 8 * parameter + 4
                self.data[number:number + 4] = self.data[file:file + 4]

    def write(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(self.data)
