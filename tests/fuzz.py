"""Coverage-guided fuzzing of the parsers for card, service and file data. Run by `make fuzz`.

    PYTHONPATH=.fuzz/lib:. python tests/fuzz.py --seconds 30

Each target runs in a separate process with a memory limit. Failing inputs are saved in `.fuzz/found`, and the exit
code is 1.
"""

import argparse
import importlib
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

FAILING_INPUTS = Path(".fuzz/found")
INSTRUMENTED = {
    "tests.reader.fuzz_targets": ["reader", "vision.photo"],
    "tests.terminal.fuzz_targets": [
        *("config", "terminal.handover", "terminal.qualification"),
        *("terminal.simulated.exchange", "terminal.simulated.service"),
    ],
}
"""Packages instrumented for each module of fuzz targets."""
EXTRA_MB = 768
"""Address space (`RLIMIT_AS`) that a target may use in addition to its use after start-up."""


def fuzz_one(module: str, name: str, corpus: Path, seconds: int) -> None:
    import atheris  # type: ignore[import-untyped, unused-ignore]

    with atheris.instrument_imports(include=INSTRUMENTED[module]):
        targets = importlib.import_module(module).TARGETS
        from tests.reader.fuzz_targets import within_limits

    target = within_limits(targets[name])
    FAILING_INPUTS.mkdir(parents=True, exist_ok=True)
    for seed in corpus.iterdir():  # run lazy imports and set-up before the memory limit applies
        target(seed.read_bytes())
    limit_memory()
    options = [f"-max_total_time={seconds}", "-max_len=40000", "-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"]
    options.append("-print_final_stats=1")
    atheris.Setup([sys.argv[0], str(corpus), *options, f"-artifact_prefix={FAILING_INPUTS}/{name}-"], target)
    atheris.Fuzz()


def limit_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + EXTRA_MB * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def report(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def run(module: str, name: str, seeds: list[bytes], seconds: int) -> tuple[int, str]:
    """Return the exit code and output. The exit code is -1 if the process exceeds `seconds` by 90 s."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds):
            (Path(corpus) / f"seed-{number}").write_bytes(seed)
        command = [sys.executable, __file__, "--module", module, "--target", name, "--corpus", corpus]
        command += ["--seconds", str(seconds)]
        try:
            result = subprocess.run(command, timeout=seconds + 90, capture_output=True, text=True, check=False)
        except subprocess.TimeoutExpired:
            return -1, "timed out"
    return result.returncode, result.stdout + result.stderr


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=30, help="time per target (default: %(default)s)")
    parser.add_argument("--target", help="run only this target")
    parser.add_argument("--module", help=argparse.SUPPRESS)
    parser.add_argument("--corpus", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.corpus is not None:
        fuzz_one(options.module, options.target, options.corpus, options.seconds)
        return
    failed = []
    for module in INSTRUMENTED:
        targets = importlib.import_module(module)
        seeds = targets.seeds()
        for name in targets.TARGETS:
            if options.target not in (None, name):
                continue
            code, output = run(module, name, seeds[name], options.seconds)
            runs = output.partition("number_of_executed_units:")[2].partition("\n")[0].strip()
            report(f"{name:22} {'ok' if code == 0 else 'FAILED':8}{runs} runs")
            if code != 0:
                report(output[-4000:])
                failed.append(name)
    sys.exit(f"failed: {', '.join(failed)}. The inputs are in {FAILING_INPUTS}." if failed else 0)


if __name__ == "__main__":
    main()
