# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Numbers for those who leave pageflight on."""
import contextlib
import os
import signal
import subprocess
import unittest
import urllib.error
import urllib.request
from collections.abc import Iterator

from case import Scene, Watch
from guest import BIN, DEADLINE, PAGE, Flow, do_write, invert, run_as, until

FILE = "/tmp/pageflight.prom"
SERIES = 200
PLACE = "127.0.0.1:9713"


def numbers(text: str) -> dict[str, float]:
    """What stands before the value of each line, and the value."""
    assert text.endswith("\n"), text[-100:]
    series = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    found = {name: float(value) for name, value in series}
    assert len(found) == len(series), "a series is there twice"
    return found


def get(path: str) -> tuple[int, str]:
    """Status and text; 0 if nobody answers."""
    try:
        with urllib.request.urlopen(f"http://{PLACE}{path}", timeout=DEADLINE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)


def scraped() -> dict[str, float]:
    status, text = get("/metrics")
    assert status == 200, (status, text)
    return numbers(text)


@contextlib.contextmanager
def serving(*args: str) -> Iterator[subprocess.Popen]:
    """A running `pageflight serve` that is ready. Its lines go to a pipe."""
    reading, writing = os.pipe()
    with subprocess.Popen([BIN, "serve", "--ready-fd", str(writing), *args], pass_fds=[writing],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as proc:
        os.close(writing)
        ready = os.read(reading, 1)
        os.close(reading)
        try:
            assert ready, proc.communicate()
            until(lambda: get("/healthz") == (200, "ok\n"), "healthy")
            yield proc
        finally:
            proc.kill()


def written() -> dict[str, float]:
    with open(FILE, encoding="ascii") as file:
        return numbers(file.read())


class Numbers(unittest.TestCase):
    def test_metrics_file(self) -> None:
        """The file at the end has what the summary has, and what our programs cost."""
        watch = Watch("--metrics", FILE)
        until(lambda: os.path.exists(FILE), "the file of a session that is attached")
        before = written()
        self.assertEqual(before['pageflight_incidents_total{verdict="corrupt",how="write"}'], 0)
        scene = Scene("/mnt/tmpfs/numbers")
        run_as("pf-writer", do_write, scene.path, PAGE, invert(scene.data[PAGE:3 * PAGE]))
        scene.read()
        scene.close()
        incidents = watch.collect()
        self.assertEqual([i["bytes"] for i in incidents], [2 * PAGE])
        # A measurement of a second begins with the session. Something has to happen meanwhile.
        renewed = before["pageflight_start_time_seconds"] + 5

        def later() -> bool:
            flow = Flow()
            flow.tx.sendall(b"x")
            flow.read(1)
            flow.close()
            return os.stat(FILE).st_mtime > renewed

        until(later, "renewed")
        summary = watch.stop()
        after = written()
        self.assertLessEqual(len(after), SERIES)
        for verdict, n in summary["incidents"].items():
            for name, key in (("incidents", "incidents"), ("incident_bytes", "incident_bytes")):
                of = rf'pageflight_{name}_total{{verdict="{verdict}",'
                self.assertEqual(sum(v for k, v in after.items() if k.startswith(of)),
                                 summary[key][verdict], of)
            self.assertIn(f'pageflight_incidents_total{{verdict="{verdict}",how="mmap"}}', after)
        self.assertEqual(after['pageflight_incident_bytes_total{verdict="corrupt",how="write"}'],
                         2 * PAGE + 1)
        for name, n in summary["counters"].items():
            self.assertEqual(after[f"pageflight_{name}_total"], n, name)
        for name, n in summary["losses"].items():
            self.assertEqual(after[f'pageflight_losses_total{{cause="{name}"}}'], n, name)
        self.assertEqual(after["pageflight_in_flight"], summary["in_flight"])
        for name in ("attach_to_ack", "attach_to_release"):
            pages = sum(slot["pages"] for slot in summary[name])
            self.assertEqual(after[f"pageflight_{name}_seconds_count"], pages)
            self.assertEqual(after[f'pageflight_{name}_seconds_bucket{{le="+Inf"}}'], pages)
        self.assertEqual(after["pageflight_not_detected"], len(summary["not_detected"]))
        self.assertEqual(len([k for k in after if 'role="ack",state="attached"' in k]), 1)
        self.assertGreater(after["pageflight_program_sampled_runs_total"], 0)
        self.assertGreater(after["pageflight_program_sampled_seconds_total"], 0)
        self.assertGreater(after["pageflight_program_sampling_seconds_total"], 0.2)
        self.assertLess(after["pageflight_program_sampling_seconds_total"], 3)
        self.assertFalse(os.path.exists(FILE + ".new"))
        self.assertEqual(os.stat(FILE).st_mode & 0o7777, 0o644)
        self.assertEqual(watch.stderr().count("not known"), 0, watch.stderr())

    def test_serve(self) -> None:
        """It tests itself, counts what happens, prints it, and ends well."""
        with serving() as proc:
            self.assertEqual(scraped()["pageflight_selftest_passed"], 1)
            for role in ("attach", "write", "ack, release", "abort"):
                self.assertEqual(scraped()[f'pageflight_selftest_seen_ratio{{role="{role}"}}'], 1)
            scene = Scene("/mnt/tmpfs/served")
            run_as("pf-writer", do_write, scene.path, PAGE, invert(scene.data[PAGE:3 * PAGE]))
            scene.read()
            scene.close()
            name = 'pageflight_incident_bytes_total{verdict="corrupt",how="write"}'
            until(lambda: scraped()[name] == 2 * PAGE, "counted")
            self.assertLessEqual(len(scraped()), SERIES)
            proc.send_signal(signal.SIGTERM)
            out, err = proc.communicate(timeout=DEADLINE)
            self.assertEqual(proc.returncode, 0, err)
        self.assertIn('"path":"/mnt/tmpfs/served"', out)
        self.assertEqual(out.count('"type":"incident"'), 1, out)
        self.assertIn("pageflight: self-test passed\n", err)
        self.assertEqual(get("/healthz")[0], 0)

    def test_serve_with_a_filter(self) -> None:
        """The filter hides the self-test from nobody, and all else that it has to."""
        with serving("--lport", "1") as proc:
            scene = Scene("/mnt/tmpfs/hidden")
            run_as("pf-writer", do_write, scene.path, PAGE, invert(scene.data[PAGE:3 * PAGE]))
            scene.read()
            scene.close()
            until(lambda: scraped()["pageflight_filtered_total"] >= 16, "left out")
            found = scraped()
            self.assertEqual(found["pageflight_selftest_passed"], 1)
            self.assertEqual(found["pageflight_attached_total"], 0)
            self.assertTrue(any('filter="on"' in name for name in found))
            proc.send_signal(signal.SIGTERM)
            _, err = proc.communicate(timeout=DEADLINE)
            self.assertEqual(proc.returncode, 0, err)

    def test_serve_alone(self) -> None:
        """Nobody else gets its port; and it does not stay when nobody can ask it any more."""
        with serving() as proc:
            second = subprocess.run([BIN, "serve"], stdin=subprocess.DEVNULL, capture_output=True,
                                    text=True, timeout=DEADLINE, check=False)
            self.assertEqual((second.returncode, second.stderr),
                             (1, f"pageflight: serve: cannot listen on {PLACE}: "
                                 "Address already in use\n"))
            helpers = [pid for pid in os.listdir("/proc") if pid.isdigit() and
                       comm(pid) == "pageflight-http"]
            self.assertEqual(len(helpers), 1)
            os.kill(int(helpers[0]), signal.SIGKILL)
            _, err = proc.communicate(timeout=DEADLINE)
            self.assertEqual(proc.returncode, 1, err)


def comm(pid: str) -> str:
    try:
        with open(f"/proc/{pid}/comm", encoding="ascii") as file:
            return file.read().strip()
    except OSError:
        return ""
