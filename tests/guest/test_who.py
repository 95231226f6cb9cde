# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Who wrote and who sent: what is told of processes when they are gone, and of one in a container."""
import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

from case import Scene, Watch, same_keys
from guest import BIN, MOUNTS, PAGE, invert, make_file, sh
from test_commands import run
from test_servers import NGINX, SlowClient

CGROUPS = "/sys/fs/cgroup"
POD = "01234567-89ab-cdef-0123-456789abcdef"
CONTAINER = "0123456789abcdef" * 4


def in_cgroup(path: str, *argv: str) -> tuple[str, ...]:
    """A command that runs another one in a control group, in its own place."""
    return ("sh", "-c", f'echo $$ > {CGROUPS}{path}/cgroup.procs && exec "$@"', "sh", *argv)


class Who(unittest.TestCase):
    maxDiff = None

    def setUp(self) -> None:
        self.dir = tempfile.mkdtemp(prefix="pf-who-", dir=f"{MOUNTS}/ext4")
        self.addCleanup(shutil.rmtree, self.dir)
        os.chmod(self.dir, 0o755)
        self.made: list[str] = []
        self.addCleanup(self.unmake)

    def cgroup(self, path: str) -> int:
        """Make a control group, and those above it. Returns its number."""
        above = ""
        for part in path.strip("/").split("/"):
            above += f"/{part}"
            with contextlib.suppress(FileExistsError):
                os.mkdir(CGROUPS + above)
                self.made.append(above)
        return os.stat(CGROUPS + path).st_ino

    def unmake(self) -> None:
        for path in reversed(self.made):
            with contextlib.suppress(FileNotFoundError):
                os.rmdir(CGROUPS + path)
        self.made = []

    def dd(self, path: str, data: bytes, *before: str) -> subprocess.Popen:
        """dd of a page over page 5, behind a command of its own. It has ended."""
        with open(f"{self.dir}/new", "wb") as new:
            new.write(invert(data[5 * PAGE:6 * PAGE]))
        proc = subprocess.Popen([*before, "dd", f"if={self.dir}/new", f"of={path}", f"bs={PAGE}",
                                 "seek=5", "conv=notrunc", "status=none"], stdin=subprocess.DEVNULL)
        self.assertEqual(proc.wait(), 0)
        return proc

    def nginx(self) -> subprocess.Popen:
        with open(f"{self.dir}/conf", "w", encoding="ascii") as file:
            file.write(NGINX.format(dir=self.dir, port=8090, root=self.dir))
        return subprocess.Popen(in_cgroup("/pf.slice/web.service", "nginx", "-c", f"{self.dir}/conf"),
                                stdin=subprocess.DEVNULL)

    def test_nginx_and_dd_are_gone(self) -> None:
        """The recording names cgroup, uid, parent and executable of both, though both are gone, and
        their control groups, too."""
        numbers = [self.cgroup("/pf.slice/web.service"), self.cgroup("/pf.slice/copy.service")]
        data = make_file(f"{self.dir}/image.iso", 60 * PAGE)
        os.chmod(f"{self.dir}/image.iso", 0o666)
        pf, page = f"{self.dir}/run.pf", f"{self.dir}/page.html"
        watch = Watch("--record", pf)
        server = self.nginx()
        client = SlowClient(8090, "/image.iso")
        client.wait_all_sent(len(data))
        # The shell stays, since a command comes behind dd.
        writer = self.dd(f"{self.dir}/image.iso", data, *in_cgroup(
            "/pf.slice/copy.service", "setpriv", "--reuid=1234", "--clear-groups", "sh", "-c",
            '"$@"; exit $?', "copy"))
        got = client.read(len(data))
        self.assertEqual(got[5 * PAGE:6 * PAGE], invert(data[5 * PAGE:6 * PAGE]))
        client.sock.close()
        server.send_signal(signal.SIGTERM)
        server.wait()
        self.unmake()
        found = watch.collect()
        watch.stop()
        self.assertEqual(len(found), 1, found)
        expected = {
            "writer": {"comm": "dd", "uid": 1234, "exe": "dd",
                       "parent": {"pid": writer.pid, "comm": "sh"},
                       "cgroup": {"id": numbers[1], "path": "/pf.slice/copy.service",
                                  "unit": "copy.service", "container": None, "pod": None}},
            "sender": {"pid": server.pid, "uid": 0, "exe": "nginx", "parent": {"pid": os.getpid()},
                       "cgroup": {"id": numbers[0], "path": "/pf.slice/web.service",
                                  "unit": "web.service"}},
        }
        self.assertEqual(same_keys(found[0], expected), expected)
        # The hooked function has returned: whether the kernel still shows it depends on its unwinder.
        self.assertRegex(found[0]["writer"]["stack"][0],
                         r"^(generic_perform_write|ext4_buffered_write_iter)\+0x")
        text = self.report("--case", "1", pf)
        self.report("--html", page, pf)
        with open(page, encoding="utf-8") as file:
            html = file.read()
        for name, words in (("case", text), ("page", html)):
            for want in (f"uid 1234, runs dd, parent sh[{writer.pid}]",
                         f"uid 0, runs nginx, parent python3[{os.getpid()}]",
                         "/pf.slice/copy.service", "/pf.slice/web.service"):
                self.assertIn(want, words, name)
        self.assertLessEqual(text.count("\n"), 24)
        again = [json.loads(line) for line in self.report("-j", pf).splitlines()]
        self.assertIn(found[0], again)

    def report(self, *args: str) -> str:
        done = run(BIN, "report", *args)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_writer_in_a_container(self) -> None:
        """It has namespaces of its own, in which it has another number and its files are elsewhere.
        All is told as the host sees it."""
        path = ("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" +
                POD.replace("-", "_") + f".slice/cri-containerd-{CONTAINER}.scope")
        number = self.cgroup(path)
        there = f"{self.dir}/served"
        os.mkdir(there)
        os.mkdir(f"{self.dir}/inside")
        watch = Watch()
        scene = Scene(f"{there}/image.iso")
        self.addCleanup(scene.close)
        self.dd(f"{self.dir}/inside/image.iso", scene.data, *in_cgroup(
            path, "unshare", "--mount", "--pid", "--fork", "--cgroup", "--uts", "--ipc", "--net",
            "--mount-proc", "sh", "-c",
            f'mount --bind {there} {self.dir}/inside && "$@"; exit $?', "inside"))
        self.assertEqual(scene.read(), [(5 * PAGE, PAGE)])
        found = watch.collect()
        watch.stop()
        self.assertEqual(len(found), 1, found)
        expected = {
            "verdict": "corrupt",
            "writer": {"comm": "dd", "exe": "dd", "uid": 0, "parent": {"comm": "sh"},
                       "cgroup": {"id": number, "path": path,
                                  "unit": f"cri-containerd-{CONTAINER}.scope",
                                  "container": CONTAINER, "pod": POD}},
            "sender": {"comm": "pf-sender", "uid": 0, "parent": {"pid": os.getpid()},
                       "cgroup": {"path": "/"}},
            "file": {"path": f"{there}/image.iso", "seen_by": "self"},
        }
        self.assertEqual(same_keys(found[0], expected), expected)
        # Numbers of the host, where those of the container are small.
        self.assertGreater(found[0]["writer"]["pid"], os.getpid())
        self.assertGreater(found[0]["writer"]["parent"]["pid"], os.getpid())

    def test_sender_that_changed_hands(self) -> None:
        """A connection on which one process sends, and then its child: each piece has its own."""
        watch = Watch()
        scene = Scene(f"{self.dir}/image.iso", length=4 * PAGE)
        self.addCleanup(scene.close)
        child = subprocess.Popen(
            ["setpriv", "--reuid=4321", "--clear-groups", "python3", "-c",
             "import os, sys\nwith open(sys.argv[2], 'rb') as file:\n"
             f"    os.sendfile(int(sys.argv[1]), file.fileno(), {4 * PAGE}, {4 * PAGE})",
             str(scene.flow.tx.fileno()), scene.path],
            pass_fds=[scene.flow.tx.fileno()], stdin=subprocess.DEVNULL)
        self.assertEqual(child.wait(), 0)
        for page in (0, 6):
            with open(scene.path, "r+b") as file:
                file.seek(page * PAGE)
                file.write(invert(scene.data[page * PAGE:(page + 1) * PAGE]))
        self.assertEqual(scene.read(), [(0, PAGE)])
        self.assertEqual(scene.flow.read(4 * PAGE)[2 * PAGE:3 * PAGE],
                         invert(scene.data[6 * PAGE:7 * PAGE]))
        found = watch.collect()
        watch.stop()
        told = [(i["file"]["offset"] // PAGE, i["sender"]["uid"], i["sender"]["exe"][:6]) for i in found]
        self.assertEqual(sorted(told), [(0, 0, "python"), (6, 4321, "python")])


if __name__ == "__main__":
    unittest.main()
