"""What `xrm --help` costs: `python tests/benchmarks/bench_help.py`.

Compares a whole `xrm --help` with a bare interpreter that imports typer and ends, in turns, by their medians. Aim: at
most 3 times as long.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
BARE = (sys.executable, "-c", "import typer")
HELP = (sys.executable, "-c", "from xrm_platform.cli import main; main()", "--help")


def seconds(command: tuple[str, ...]) -> float:
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    seconds(BARE), seconds(HELP)  # the first of each fills the caches
    bare, shown = zip(*((seconds(BARE), seconds(HELP)) for _ in range(ROUNDS)), strict=True)
    ratio = statistics.median(shown) / statistics.median(bare)
    print(f"xrm --help: {statistics.median(shown):.3f} s, import typer: {statistics.median(bare):.3f} s")
    print(f"ratio {ratio:.2f} (aim: at most 3)")


if __name__ == "__main__":
    main()
