# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""A load: a process that does one thing over and over, and counts how often, until all are stopped."""
import mmap
import os
import random
import select
import sys
import time
from collections.abc import Callable

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../guest"))
from guest import DEADLINE, start_as  # pylint: disable=wrong-import-position

# What the processes share: a word that stops them all, and two for each to count in.
_words = memoryview(mmap.mmap(-1, 1 << 16)).cast("Q")


def stop_all() -> None:
    _words[0] = 1


def nap(most: float) -> None:
    time.sleep(random.uniform(most / 10, most))


class Load:
    started = 0

    def __init__(self, name: str, fn: Callable, *args: object):
        Load.started += 1
        self.name = name
        self._at = Load.started * 2
        self.running = start_as(f"soak-{name}"[:15], self._act, fn, args)

    def _act(self, fn: Callable, args: tuple) -> None:
        random.seed(self.name)
        while not _words[0]:
            fn(self, *args)
            _words[self._at] += 1

    def stopped(self) -> bool:
        return bool(_words[0])

    def moved(self, count: int) -> None:
        _words[self._at + 1] += count

    @property
    def rounds(self) -> int:
        return _words[self._at]

    @property
    def bytes(self) -> int:
        return _words[self._at + 1]

    def died(self) -> bool:
        """Nothing ends a load but stop_all(): it says a word when it has ended."""
        return bool(select.select([self.running.pipe], [], [], 0)[0])

    def join(self) -> None:
        """Wait for the end. Raises what the process raised. One that hangs in the kernel is an
        error, and the log of the kernel says where all such tasks are."""
        if not select.select([self.running.pipe], [], [], 3 * DEADLINE)[0]:
            with open("/proc/sysrq-trigger", "w", encoding="ascii") as file:
                file.write("w")
            raise AssertionError(f"the load {self.name} does not end")
        self.running.result()
