# SPDX-License-Identifier: GPL-2.0-only OR MIT
"""Inside a test machine: the race without and with each cure, on each way to the reader, under
`pageflight watch`. Prints a table in Markdown, and how many rows were as they have to be."""
import os
import subprocess
import sys

sys.path.insert(0, "tests/guest")
# pylint: disable=wrong-import-position
from case import Watch
from guest import sh
from test_cures import HARM, NETS, Cure, Race, Racer, cures


def mount() -> set[str]:
    """The file systems that are there."""
    sh("mkdir -p /mnt/ext4 /mnt/xfs && mkfs.ext4 -q -E nodiscard,lazy_itable_init=1 "
       "/dev/disk-scratch && mount -t ext4 /dev/disk-scratch /mnt/ext4")
    if subprocess.run(["modprobe", "-q", "-a", "loop", "xfs"], check=False).returncode == 0:
        sh("truncate -s 400M /mnt/ext4/xfs && mkfs.xfs -q -K /mnt/ext4/xfs && "
           "mount -o loop -t xfs /mnt/ext4/xfs /mnt/xfs")
    return {name for name in ("ext4", "xfs") if os.path.ismount(f"/mnt/{name}")}


def shown(race: Race) -> str:
    """How many bytes arrived wrong, and what was reported."""
    return f"{race.wrong} {', '.join(race.said) or '-'}"


def right(cure: Cure, net: str, before: Race, after: Race) -> bool:
    """What arrives wrong is reported, and a cure leaves nothing to report."""
    if not before.wrong or not set(before.said) & set(HARM):
        return False
    if cure.works(net):
        return not after.wrong and not after.found
    return bool(after.wrong and set(after.said) & set(HARM))


def main() -> int:
    there = mount()
    racer, watch = Racer(), Watch("--settle", "600")
    passed = failed = 0
    print("| cure | " + " | ".join(f"{net}, before | after" for net in NETS) + " |\n" +
          "|---" * (1 + 2 * len(NETS)) + "|")
    for cure in cures():
        if cure.fs not in there:
            print(f"races: no {cure.fs}: {cure.name} was not tried", file=sys.stderr)
            failed += len(NETS)
            continue
        row = [cure.name]
        for net in NETS:
            before, after = (Race(racer, watch, cure, when, net) for when in ("before", "after"))
            row += [shown(before), shown(after)]
            if right(cure, net, before, after):
                passed += 1
                continue
            failed += 1
            print(f"races: {cure.name} {net}: {before.found} {after.found}", file=sys.stderr)
        print("| " + " | ".join(row) + " |", flush=True)
    racer.end()
    watch.stop()
    print(f"\nraces: {passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
