"""Coverage-guided fuzzing of everything that parses what a card sends. Run by `make fuzz`.

    PYTHONPATH=.fuzz python tests/reader/fuzz.py --seconds 30

Each target runs in a process of its own, so that one that dies is named. Inputs that broke one are left in the folder
`.fuzz/found`. Exit code 1 if there are any.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

FOUND = Path(".fuzz/found")


def fuzz_one(name: str, corpus: Path, seconds: int) -> None:
    import atheris  # type: ignore[import-untyped, unused-ignore]

    with atheris.instrument_imports(include=["reader", "vision.photo"]):
        from tests.reader.fuzz_targets import TARGETS, within_limits

    FOUND.mkdir(parents=True, exist_ok=True)
    options = [f"-max_total_time={seconds}", "-max_len=40000", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"]
    options.append("-print_final_stats=1")
    atheris.Setup(
        [sys.argv[0], str(corpus), *options, f"-artifact_prefix={FOUND}/{name}-"], within_limits(TARGETS[name])
    )
    atheris.Fuzz()


def tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=30, help="per target (default %(default)s)")
    parser.add_argument("--target", help="one only")
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.corpus is not None:
        fuzz_one(options.target, options.corpus, options.seconds)
        return
    from tests.reader.fuzz_targets import TARGETS, seeds

    broken = []
    for name in [options.target] if options.target else TARGETS:
        with tempfile.TemporaryDirectory() as corpus:
            for number, seed in enumerate(seeds()[name]):
                (Path(corpus) / f"seed-{number}").write_bytes(seed)
            command = [
                sys.executable,
                __file__,
                "--target",
                name,
                "--corpus",
                corpus,
                "--seconds",
                str(options.seconds),
            ]
            # A process that outlives its time by far hangs.
            try:
                ended = subprocess.run(
                    command, timeout=options.seconds + 60, capture_output=True, text=True, check=False
                )
                code, output = ended.returncode, ended.stdout + ended.stderr
            except subprocess.TimeoutExpired:
                code, output = -1, "it hangs"
            runs = output.partition("number_of_executed_units:")[2].partition("\n")[0].strip()
            tell(f"{name:16} {'ok' if code == 0 else 'BROKEN':8}{runs} runs")
            if code != 0:
                tell(output[-4000:])
                broken.append(name)
    sys.exit(f"broken: {', '.join(broken)}; inputs in {FOUND}" if broken else 0)


if __name__ == "__main__":
    main()
