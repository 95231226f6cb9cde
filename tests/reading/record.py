# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""What docs/reading.md shows, made in a guest: an unmodified nginx serves a file to a client that
reads slowly, and the file is changed meanwhile. What the client got decides whether it is the fault
in question. Prints the commands and their output."""
import os
import signal
import subprocess
import sys
from collections.abc import Callable

sys.path.insert(0, "tests/guest")
# pylint: disable=wrong-import-position
from guest import BIN, PAGE, invert, pattern
from test_servers import NGINX, SlowClient

ROOT, STATE, PORT = "/srv/www", "/run/nginx", 80
FILE = f"{ROOT}/image.iso"


def run(*argv: str) -> None:
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)


def make(path: str, data: bytes) -> bytes:
    with open(path, "wb") as file:
        file.write(data)
    return data


def client(size: int) -> SlowClient:
    """It has the head of an answer whose bytes are all in the sockets."""
    slow = SlowClient(PORT, "/image.iso")
    slow.wait_all_sent(size)
    return slow


def dd_in_place() -> None:
    """The checksum is wrong at one client of two."""
    old = make(FILE, pattern(64 * PAGE))
    make("/tmp/new", invert(old[20 * PAGE:36 * PAGE]))
    fast = client(len(old))
    assert fast.read(len(old)) == old
    slow = client(len(old))
    run("dd", "if=/tmp/new", f"of={FILE}", "bs=64k", "seek=80k", "oflag=seek_bytes", "conv=notrunc",
        "status=none")
    got = slow.read(len(old))
    assert got == old[:20 * PAGE] + invert(old[20 * PAGE:36 * PAGE]) + old[36 * PAGE:]


def truncated() -> None:
    """There is a run of zeros where the file was cut."""
    old = make(FILE, pattern(64 * PAGE))
    slow = client(len(old))
    run("truncate", "--size=100000", FILE)
    got = slow.read(len(old))
    zeros = 25 * PAGE - 100000
    assert got == old[:100000] + bytes(zeros) + old[25 * PAGE:], "another run of zeros"


def shown(*argv: str) -> None:
    done = subprocess.run([BIN, *argv], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          text=True)
    print(f"$ pageflight {' '.join(argv)}\n{done.stdout}")


def recorded(recording: str, fault: Callable[[], None]) -> None:
    reading, writing = os.pipe()
    record = subprocess.Popen([BIN, "record", "-o", recording, "--ready-fd", str(writing)],
                              pass_fds=[writing], stdin=subprocess.DEVNULL, stdout=sys.stderr)
    os.close(writing)
    assert os.read(reading, 1) == b"\n"
    os.close(reading)
    fault()
    record.send_signal(signal.SIGINT)
    assert record.wait() == 0
    shown("report", recording)


def main() -> None:
    os.makedirs(ROOT, exist_ok=True)
    os.makedirs(STATE)
    with open(f"{STATE}/conf", "w", encoding="ascii") as conf:
        conf.write(NGINX.format(dir=STATE, port=PORT, root=ROOT))
    nginx = subprocess.Popen(["nginx", "-c", f"{STATE}/conf"], stdin=subprocess.DEVNULL)
    recorded("image.pf", dd_in_place)
    shown("report", "--case", "1", "image.pf")
    shown("report", "--repair", "image.pf")
    recorded("zeros.pf", truncated)
    shown("report", "--case", "1", "zeros.pf")
    nginx.terminate()
    nginx.wait()


main()
