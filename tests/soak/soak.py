#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""The soak, in a test machine, as root, with the built tree as current directory.

usage: tests/soak/soak.py [--minutes N] [--kernel NAME] [--content MODE]

For so long the host is under load: senders, readers, writers, modules, a processor that comes and
goes, little memory, network namespaces. One session of pageflight lasts, others are started and
killed, and the truth bench makes flows and compares. At the end nothing may be left of it.
"""
import argparse
import contextlib
import ctypes
import os
import re
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import traceback

import traffic
import trouble
from load import Load, stop_all  # first of these: it finds the helpers of the guest tests
from guest import LIBC, START, sh, until
from sessions import LARGE_RING, SMALL_RING, Turns, Watched

TRUTH = "build/tests/truth/truth"
SYS_BPF = 321
NEXT_ID = {"programs": 11, "maps": 12, "links": 31}
MODULES = ("tun", "veth", "xfs", "loop", "sch_plug")
# Losses that may happen, and why. All others are none.
UNFOUND = "connections that became established while a program of role peer was skipped"
INTERRUPTED = {"missed": "an interrupt ran the program that it had interrupted"}
PREEMPTED = {"missed": "this kernel preempts programs"}
CUT_OFF = {name: "ended in the middle of the load" for name in ("events_lost", "output_lost")}
OVERRUN = {"events_lost": "its ring buffer is small",
           "user_ring": "its ring buffer is small, and so is the share of a user"}


def kernel_objects() -> dict[str, int]:
    """How many programs, maps and links of BPF the kernel has."""
    count = {}
    for what, command in NEXT_ID.items():
        count[what] = last = 0
        while True:
            attr = ctypes.create_string_buffer(struct.pack("II", last, 0), 128)
            if LIBC.syscall(SYS_BPF, command, attr, 12) < 0:
                break
            last = struct.unpack_from("II", attr)[1]
            count[what] += 1
    return count


def connections() -> int:
    """TCP sockets of this namespace that somebody has, and those of all that nobody has any more."""
    with open("/proc/net/sockstat", encoding="ascii") as file:
        found = re.search(r"TCP: inuse (\d+) orphan (\d+)", file.read())
    return int(found[1]) + int(found[2])


def preempts() -> bool:
    """Whether the running kernel preempts itself: "none voluntary (full)", or always."""
    with contextlib.suppress(FileNotFoundError):
        with open("/sys/kernel/debug/sched/preempt", encoding="ascii") as file:
            return bool(re.search(r"\((full|lazy)\)", file.read()))
    return "PREEMPT" in os.uname().version and "PREEMPT_DYNAMIC" not in os.uname().version


def splats() -> list[str]:
    """What the kernel said that tests/vm/run takes for a fault."""
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../vm")
    rules = {}
    for name in ("splats", "splats.allow"):
        with open(f"{here}/{name}", encoding="utf-8") as file:
            rules[name] = [re.compile(line.rstrip("\n")) for line in file if line[0] != "#"]
    return [line for line in sh("dmesg").splitlines()
            if any(rule.search(line) for rule in rules["splats"])
            and not any(rule.search(line) for rule in rules["splats.allow"])]


class Truth:
    """The truth bench beside the load, with a session of its own."""

    def __init__(self, seconds: int, kernel: str, content: str):
        self.out = tempfile.TemporaryFile("w+")
        self.proc = subprocess.Popen(
            [TRUTH, "--beside", "--seconds", str(seconds), "--flows", "50000", "--kernel", kernel,
             "--content", content, "--seed", str(int(time.time()))],
            stdin=subprocess.DEVNULL, stdout=self.out, stderr=subprocess.STDOUT)
        until(lambda: os.path.exists("/mnt/tmpfs/file") or self.proc.poll() is not None,
              "the truth bench has made its file systems")

    def said(self) -> str:
        self.out.seek(0)
        return self.out.read()

    def figure(self, pattern: str) -> int:
        found = re.search(pattern, self.said(), re.M)
        return int(found[1]) if found else -1


class Figures:
    """Prints a line for each, and remembers what must not be."""

    def __init__(self) -> None:
        self.wrong = 0

    def line(self, name: str, value: object, right: bool = True, why: str = "") -> None:
        self.wrong += not right
        mark = "" if right else "  <-- wrong"
        print(f"{name:32} {value}{f'  ({why})' if why else ''}{mark}", flush=True)


class Samples:
    """What the lasting session held, from time to time."""

    def __init__(self) -> None:
        self.memory: list[int] = []
        self.descriptors: list[int] = []

    def take(self, lasting: Watched) -> None:
        self.memory.append(lasting.rss())
        self.descriptors.append(lasting.descriptors())

    @staticmethod
    def quarters(values: list[int]) -> list[int]:
        """The median of each quarter of the time."""
        size = len(values) // 4
        return [statistics.median_low(values[i * size:(i + 1) * size]) for i in range(4)]


def watch_over(minutes: float, loads: list[Load], lasting: Watched) -> Samples:
    """Until the time is over, or a load has died."""
    samples = Samples()
    end = time.monotonic() + minutes * 60
    while time.monotonic() < end and not any(load.died() for load in loads):
        samples.take(lasting)
        time.sleep(2)
    return samples


def unfound(losses: dict[str, int], missed_by: dict[str, int]) -> dict[str, str]:
    """Why readers were not found, if that explains each."""
    known = 0 < losses.get("readers_unfound", 0) <= missed_by.get("peer", 0)
    return {"readers_unfound": UNFOUND} if known else {}


def show_losses(figures: Figures, who: str, losses: dict[str, int],
                explained: dict[str, str]) -> None:
    explained = explained | (PREEMPTED if preempts() else INTERRUPTED)
    found = {name: n for name, n in losses.items() if n}
    if not found:
        figures.line(f"losses, {who}", "none")
    for name, count in found.items():
        figures.line(f"loss, {who}: {name}", count, name in explained, explained.get(name, ""))


def show_truth(figures: Figures, truth: Truth) -> None:
    """A kernel that preempts programs can hide flows. Each that was hidden needs one that was
    skipped: those are counted by role."""
    passed = truth.figure(r"^truth .*: (\d+) passed")
    failed = truth.figure(r"^truth .*: \d+ passed, (\d+) failed")
    hiding = max(truth.figure(r"\((\d+) can hide bytes\)"), 0) if preempts() else 0
    why = f"this kernel skipped {hiding} programs that find flows or writes" if hiding else ""
    figures.line("truth: flows", passed, passed > 0)
    figures.line("truth: flows that failed", failed, 0 <= failed <= hiding, why)
    missed = truth.figure(r"^missed: (\d+) bytes")
    figures.line("truth: missed bytes", missed, missed == 0 or 0 < failed <= hiding, why)
    figures.line("truth: false bytes", false := truth.figure(r"^false: (\d+) bytes"), false == 0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kernel", default="?")
    parser.add_argument("--content", default="edges")
    args = parser.parse_args()
    for module in MODULES:
        subprocess.run(["modprobe", "-q", module], check=False)
    sh("sysctl -qe kernel.io_uring_disabled=0")

    objects = kernel_objects()
    before = connections()
    truth = Truth(int(args.minutes * 60), args.kernel, args.content)
    traffic.make_files()
    lasting = Watched("--content", args.content, *LARGE_RING)
    started = lasting.processor()  # most of which the verifier took
    loads = traffic.loads() + trouble.loads()
    turns = Turns()
    samples = watch_over(args.minutes, loads, lasting)
    stop_all()
    for load in loads:
        load.join()
    turns.stop()
    truth.proc.wait()
    # Without a way to its peer, a connection is given up after 9 timeouts, each twice the last.
    until(lambda: connections() <= before, "no connection is left", START)
    time.sleep(3)  # what lingers is looked at each second
    until(lambda: lasting.share_of_processor() < 0.1, "the lasting session has taken all records")
    used = lasting.processor() - started
    summary = lasting.end(signal.SIGINT)
    until(lambda: kernel_objects() == objects, f"{kernel_objects()} are {objects} again")

    figures = Figures()
    figures.line("kernel", f"{os.uname().release}, {args.minutes:g} minutes, {args.content}")
    for load in loads:
        figures.line(f"load {load.name}", f"{load.rounds} rounds, {load.bytes >> 10} KiB",
                     load.rounds > 0)
    figures.line("bytes by reference", summary["bytes"], summary["bytes"] > 0)
    figures.line("incidents", sum(summary["incidents"].values()),
                 sum(summary["incidents"].values()) > 0)
    figures.line("sessions started", turns.starts, turns.starts > 0)
    figures.line("ended by", ", ".join(f"{name} {n}" for name, n in sorted(turns.kills.items())))
    _, early, _, late = quarters = samples.quarters(samples.memory)
    figures.line("KiB of memory, by quarters", quarters, late <= early * 1.1 + 4096)
    _, early, _, late = quarters = samples.quarters(samples.descriptors)
    figures.line("descriptors, by quarters", quarters, late <= early)
    figures.line("its seconds of processor", f"{used:.1f}")
    show_losses(figures, "lasting session", summary["losses"],
                unfound(summary["losses"], summary["missed_by"]))
    for role, count in summary["missed_by"].items():
        if count:
            figures.line(f"missed, lasting session: {role}", count)
    for args, losses in turns.losses.items():
        overrun = OVERRUN if args == " ".join(SMALL_RING) else {}
        show_losses(figures, f"in turns, {args}", losses,
                    CUT_OFF | overrun | unfound(losses, turns.missed_by[args]))
    figures.line("pages in flight at the end", summary["in_flight"], summary["in_flight"] == 0)
    figures.line("connections at the end", summary["in_flight_connections"],
                 summary["in_flight_connections"] == 0)
    show_truth(figures, truth)
    said = splats()
    figures.line("splats", len(said), not said)
    if truth.proc.returncode:
        print(truth.said())
    if figures.wrong:
        print(lasting.session.said())
    for line in said:
        print(line)
    print("\n".join(said))
    print(f"soak: {'failed' if figures.wrong else 'passed'}, {figures.wrong} wrong")
    return 1 if figures.wrong else 0


try:
    STATUS = main()
except BaseException:  # pylint: disable=broad-exception-caught
    traceback.print_exc()
    STATUS = 1
sys.stdout.flush()
os._exit(STATUS)  # whatever a failure has left running
