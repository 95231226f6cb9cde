# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""race.py N - make N incidents: a page in flight to a reader that does not read, written N times.

The tests of commands run it. It prints nothing, and ends once the reader has read.
"""
import os
import sys

from guest import PAGE, Flow, make_file, send_file

PATH = "/tmp/pf-race"


def main() -> None:
    make_file(PATH, PAGE)
    flow = Flow()
    send_file(flow.tx, PATH, 0, PAGE)
    fd = os.open(PATH, os.O_RDWR)
    for i in range(int(sys.argv[1])):
        os.pwrite(fd, b"\0", i)
    flow.read(PAGE)
    flow.close()
    os.unlink(PATH)


main()
