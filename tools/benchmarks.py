"""Runs the benchmarks one after the other, all or those whose name holds one of the given words.

Each `tests/benchmarks/bench_*.py` is a program that measures the platform and a bare loop in one run, on the loopback
address, and prints the ratio. None passes or fails by the clock.
"""

from __future__ import annotations

import subprocess
import sys

from environment import PYTHON, ROOT


def main(words: list[str]) -> int:
    programs = sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py"))
    chosen = [file for file in programs if not words or any(word in file.stem for word in words)]
    codes = []
    for file in chosen:
        print(f"\n{file.stem.removeprefix('bench_').replace('_', ' ')}", flush=True)
        codes.append(subprocess.run([PYTHON, file], cwd=ROOT, check=False).returncode)
    if not chosen:
        print("No benchmark of that name.", file=sys.stderr)
    return 0 if chosen and not any(codes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
