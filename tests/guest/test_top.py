# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""top as somebody has it before him: a terminal of tmux, keys, and what stands on the screen."""
import os
import re
import signal
import subprocess
import tempfile
import unittest

from guest import BIN, DEADLINE, PAGE, START, Flow, do_write, make_file, send_file, until

SERVED = "/tmp/pf-top-served"
PAGES = 20
OFFSET = 5 * PAGE
with open("/proc/self/comm", encoding="ascii") as _comm:
    ME = re.escape(f"{_comm.read().strip()}[{os.getpid()}]")


class Terminal:
    """A terminal without a screen, and what runs in it."""

    def __init__(self, width: int, height: int, command: str = "", term: str = "tmux-256color"):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = f"{self.folder.name}/tmux"
        self.run("-f", "/dev/null", "new-session", "-d", "-x", str(width), "-y", str(height),
                 f"env TERM={term} LC_ALL=C.UTF-8 sh")
        if command:
            self.type(command, "Enter")

    def run(self, *args: str) -> str:
        return subprocess.run(["tmux", "-S", self.socket, *args], check=True, timeout=DEADLINE,
                              stdout=subprocess.PIPE, text=True).stdout

    def type(self, *keys: str) -> None:
        self.run("send-keys", *keys)

    def screen(self) -> list[str]:
        return self.run("capture-pane", "-p").splitlines()

    def shows(self, pattern: str) -> bool:
        return re.search(pattern, "\n".join(self.screen()), re.M) is not None

    def wait_for(self, pattern: str, deadline: float = DEADLINE) -> None:
        try:
            until(lambda: self.shows(pattern), pattern, deadline)
        except AssertionError as failed:
            raise AssertionError("\n".join([f"never: {pattern}", *self.screen()])) from failed

    def close(self) -> None:
        self.run("kill-server")
        self.folder.cleanup()


def pid_of_top() -> int:
    """The session, not the process that has the terminal."""
    found = subprocess.run(["pgrep", "-o", "-x", "pageflight"], check=True, text=True,
                           stdout=subprocess.PIPE)
    return int(found.stdout)


def settings(term: Terminal) -> str:
    """Those of the terminal, as its shell sees them: told by a file, which no screen cuts."""
    told = f"{term.folder.name}/stty"
    term.type(f"stty -a > {told}.new; mv {told}.new {told}", "Enter")
    until(lambda: os.path.exists(told), "stty")
    with open(told, encoding="ascii") as file:
        text = file.read()
    os.unlink(told)
    return text


class Top(unittest.TestCase):
    def setUp(self):
        self.terms = []
        make_file(SERVED, PAGES * PAGE)

    def tearDown(self):
        for term in self.terms:
            term.close()
        os.unlink(SERVED)

    def terminal(self, *args, **kwargs) -> Terminal:
        self.terms.append(Terminal(*args, **kwargs))
        return self.terms[-1]

    def start(self, width: int, height: int) -> Terminal:
        term = self.terminal(width, height, f"{BIN} top --every 0.25")
        term.wait_for(r"^pageflight top  \d\d:\d\d:\d\d  every 250ms  by bytes$", START)
        return term

    def test_frame(self):
        """All of a frame, but for the numbers that nobody knows: a packet can end inside of a page."""
        term = self.start(80, 24)
        flow = Flow(rcvbuf=1 << 20)
        peer = flow.tx.getpeername()[1]
        row = rf"^{PAGES * PAGE}  +- +- +{PAGES * PAGE} +\S+ +\d+ {ME} +127.0.0.1:{peer} "
        send_file(flow.tx, SERVED, 0, PAGES * PAGE)
        term.wait_for(rf"^in flight: {PAGES * PAGE} in \d+ pages of 1 connections; nothing was lost$")
        term.wait_for(row)
        lines = term.screen()
        self.assertEqual(lines[2], "incidents: 0 corrupt, 0 mixed, 0 possible, 0 near-miss, 0 identical")
        self.assertEqual(lines[3].rstrip(), "BYTES  UNSENT  UNACK UNREAD   AGE RETRN SENDER           "
                         "PEER, AND FROM WHERE")
        self.assertRegex(lines[4], row)
        self.assertEqual(lines[5].rstrip(), "BYTES    PAGES  CONNS    AGE  FILE")
        self.assertRegex(lines[6], rf"^{PAGES * PAGE} +\d+ +1 +\S+  {SERVED}$")
        self.assertEqual(lines[7].rstrip(), "TIME     VERDICT    REASON       BYTES WRITER           "
                         "FILE, AND TO WHOM")
        self.assertEqual(len(lines), 24)
        self.assertTrue(lines[23].startswith("q quit  s sort"))
        do_write(SERVED, OFFSET, b"\0" * PAGE)
        term.wait_for(rf"^\S+ corrupt +unread +4096 {ME} +{SERVED} to ")
        term.wait_for("^incidents: 1 corrupt, 0 mixed")
        term.type("Tab", "Tab", "Enter")
        term.wait_for("^case 1: corrupt \\(unread\\)  4096 bytes")
        term.wait_for("^holds +\\^attach")
        term.wait_for("^evidence  \\S")
        term.type("NPage", "NPage")
        term.wait_for("^functions that led to the write")
        term.type("Escape")
        term.wait_for("^in flight")
        flow.close()
        term.wait_for("^in flight: 0 in 0 pages of 0 connections")

    def test_keys(self):
        term = self.start(160, 50)
        first, other = Flow(), Flow()
        send_file(first.tx, SERVED, 0, PAGE)
        send_file(other.tx, SERVED, 0, 2 * PAGE)
        term.wait_for("^in flight: 12288 in .* of 2 connections")

        def order() -> list[int]:
            return [int(m[1]) for line in term.screen() if (m := re.search(r"127.0.0.1:(\d+) from", line))]

        ports = [flow.tx.getpeername()[1] for flow in (first, other)]
        until(lambda: order() == ports[::-1], "most bytes first")
        term.type("s")
        term.wait_for("  by age$")
        until(lambda: order() == ports, "the oldest first")
        term.type("/")
        term.type("-l", f":{ports[1]}")
        term.wait_for(f"  find: :{ports[1]}_$")
        term.type("Enter")
        term.wait_for(f"  only: :{ports[1]}$")
        self.assertEqual(order(), [ports[1]])
        term.type("Escape")
        until(lambda: order() == ports, "all of them")
        term.type("p")
        term.wait_for("  PAUSED$")
        first.close()
        other.close()
        term.type("?")
        term.wait_for("^What TCP sockets hold by reference now")
        term.type("?")
        term.wait_for("^in flight: 12288 in .* of 2 connections")
        term.type("p")
        term.wait_for("^in flight: 0 in 0 pages of 0 connections")
        term.run("resize-window", "-x", "70", "-y", "20")
        until(lambda: term.screen()[-1].startswith("q quit") and len(term.screen()) == 20, "resized")
        term.type("C-z")
        term.type("q")
        term.wait_for(r"^sh\S*[$#] *$")

    def end_by(self, number: int) -> None:
        """Whatever ends the session, the terminal is as it was."""
        term = self.terminal(80, 24)
        before = settings(term)
        term.type("clear; echo in front", "Enter")
        term.wait_for("^in front")
        term.type(f"{BIN} top 2> /dev/null", "Enter")
        term.wait_for("^pageflight top  ", START)
        self.assertFalse(term.shows("^in front"))
        os.kill(pid_of_top(), number)
        term.wait_for("^in front")
        self.assertEqual(settings(term), before)
        self.assertEqual(term.run("display-message", "-p", "#{alternate_on}#{cursor_flag}").strip(), "01")

    def test_term(self):
        self.end_by(signal.SIGTERM)

    def test_kill(self):
        self.end_by(signal.SIGKILL)

    def test_dumb(self):
        """Frames one below the other, where a cursor cannot be moved."""
        size = "TERM=dumb COLUMNS=79 LINES=20"
        term = self.terminal(80, 50, f"{size} {BIN} top --frames 2 2> /dev/null", term="dumb")
        until(lambda: sum(line.startswith("pageflight top  ") for line in term.screen()) == 2,
              "two frames", START)
        self.assertFalse(term.shows("q quit"))

    def test_batch(self):
        flow = Flow()
        done = subprocess.Popen([BIN, "top", "--batch", "--every", "0.25", "--duration", "60"], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL, env=os.environ | {"COLUMNS": "200"})
        said = ""
        while "every 250ms" not in said:
            said += done.stdout.readline()
        send_file(flow.tx, SERVED, 0, PAGE)
        while "4096        1      1" not in said:
            said += done.stdout.readline()
        done.send_signal(signal.SIGTERM)
        said += done.stdout.read()
        self.assertEqual(done.wait(DEADLINE), 0)
        self.assertNotIn("\033", said)
        self.assertRegex(said, rf"(?m)^ 4096 .* {ME}")
        flow.close()

    def test_reader_that_stops(self):
        """Nobody reads the frames. The session goes on, and ends at once."""
        reading, writing = os.pipe()
        ready, told = os.pipe()
        top = subprocess.Popen([BIN, "top", "--batch", "--every", "0.25", "--ready-fd", str(told)],
                               stdin=subprocess.DEVNULL, stdout=writing, stderr=subprocess.DEVNULL,
                               pass_fds=[told])
        os.close(told)
        self.assertEqual(os.read(ready, 1), b"\n")
        os.set_blocking(writing, False)
        try:
            while True:
                os.write(writing, b"\0" * PAGE)
        except BlockingIOError:
            pass
        top.send_signal(signal.SIGTERM)
        # The process that prints waits for its reader, and the session does not wait for that.
        top.wait(DEADLINE)
        for end in (ready, reading, writing):
            os.close(end)
