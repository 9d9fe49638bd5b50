"""Measure how long `uketsuke --version` and `--help` take in twenty new processes each.

python benchmarks/startup.py [path to uketsuke]
"""

import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 20


def main() -> None:
    program = sys.argv[1] if len(sys.argv) > 1 else str(Path(sys.executable).parent / "uketsuke")
    for option in ("--version", "--help"):
        subprocess.run([program, option], stdout=subprocess.DEVNULL, check=True)  # warm up the file system cache
        seconds = []
        for _ in range(RUNS):
            began = time.perf_counter()
            subprocess.run([program, option], stdout=subprocess.DEVNULL, check=True)
            seconds.append(time.perf_counter() - began)
        print(f"{option:10} median {statistics.median(seconds):.3f} s, worst {max(seconds):.3f} s")


if __name__ == "__main__":
    main()
