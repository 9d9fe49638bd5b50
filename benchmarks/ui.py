"""Measure the terminal screens: `python benchmarks/ui.py [--json FILE]`.

CPU use is in cores.

event_to_screen_p95_ms: time from an event to the painted screen while the live picture is running.
preview_fps: frame rate of the live picture at 120x40 cells.
preview_cpu: CPU use of the live picture in addition to that of the idle screen.
idle_cpu: CPU use of the idle screen with its animation.
cold_start_s: time from the command `uketsuke demo` to its idle screen.
first_start_s: the same for the first start, which creates keys.
"""

import argparse
import asyncio
import json
import os
import pty
import select
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

SIZE = (120, 40)
SECONDS = 5.0

_DEMO = "from terminal.cli.entry import main; main()"
"""Entry point of `uketsuke demo`, as used by `make demo`."""


async def on_screen() -> dict[str, float]:
    from config.settings import Settings
    from terminal.front.assembled import AssembledCounter
    from terminal.screens.app import TerminalApp
    from terminal.screens.picture import LivePicture
    from tests.terminal.screens.stand_in import StandIn
    from tests.terminal.talk.gallery import state_for
    from vision.camera import Camera
    from vision.synthetic.source import SyntheticSource

    counter, camera = StandIn(), Camera(SyntheticSource("hana"))
    camera.start()

    async def open_counter() -> AssembledCounter:
        return AssembledCounter(counter, camera)

    app = TerminalApp(open_counter, Settings(), settle_seconds=0.0)
    figures: dict[str, float] = {}
    with camera.held_open():
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(0.5)
            live = app.desk.query_one("#live", LivePicture)
            camera_alone = await _busy(SECONDS)  # the synthetic patient is drawn in this process
            figures["idle_cpu"] = camera_alone
            counter.set_state(state_for("face"))
            await pilot.pause(0.3)
            before = live.drawn
            figures["preview_cpu"] = max(await _busy(SECONDS) - camera_alone, 0.0)
            figures["preview_fps"] = (live.drawn - before) / SECONDS
            figures["event_to_screen_p95_ms"] = await _event_to_screen(app, counter, live)
    camera.stop()
    return figures


async def _busy(seconds: float) -> float:
    """Return the CPU use of this process in cores."""
    began = time.process_time()
    await asyncio.sleep(seconds)
    return (time.process_time() - began) / seconds


async def _event_to_screen(app: object, counter: object, live: object) -> float:
    from tests.terminal.talk.gallery import SCREENS, state_for

    latencies = []
    states = [state_for(name) for name in SCREENS]
    for state in states * 4:
        live.run(True)  # type: ignore[attr-defined]
        painted = asyncio.Event()
        began = time.perf_counter()
        counter.set_state(state)  # type: ignore[attr-defined]
        app.call_later(app.screen.call_after_refresh, painted.set)  # type: ignore[attr-defined]
        await painted.wait()
        latencies.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(0.03)
    return statistics.quantiles(latencies, n=20)[-1]


async def idle_without_camera() -> float:
    from config.settings import Settings
    from terminal.front.assembled import AssembledCounter
    from terminal.screens.app import TerminalApp
    from tests.terminal.screens.stand_in import StandIn

    counter = StandIn()

    async def open_counter() -> AssembledCounter:
        return AssembledCounter(counter, None)

    app = TerminalApp(open_counter, Settings(), settle_seconds=0.0)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause(0.5)
        return await _busy(SECONDS)


def cold_start() -> tuple[float, float]:
    """Return how many seconds `uketsuke demo` takes to show its idle screen on a pseudo terminal.

    Returns the duration of the first start, which creates keys, and the best of three later starts.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _start(folder), min(_start(folder) for _ in range(3))


def _start(folder: str) -> float:
    primary, secondary = pty.openpty()
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY),
        "UKETSUKE_STATE_DIR": folder,
        "TERM": "xterm-256color",
        "COLUMNS": "120",
        "LINES": "40",
    }
    began = time.perf_counter()
    program = subprocess.Popen(
        [sys.executable, "-c", _DEMO, "demo"],
        stdin=secondary,
        stdout=secondary,
        stderr=secondary,
        env=environment,
        start_new_session=True,
    )
    os.close(secondary)
    painted = b""
    try:
        while "マイナンバーカードを置いてください".encode() not in painted:
            ready, _, _ = select.select([primary], [], [], 60)
            if not ready:
                raise SystemExit(f"the idle screen did not appear: {painted[-500:]!r}")
            painted += os.read(primary, 65536)
        return time.perf_counter() - began
    finally:
        os.close(primary)  # otherwise, the program blocks while writing its last screen to the full terminal
        program.terminate()
        program.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    arguments = parser.parse_args()
    figures = asyncio.run(on_screen())
    figures["idle_cpu"] = asyncio.run(idle_without_camera())
    figures["first_start_s"], figures["cold_start_s"] = cold_start()
    rounded = {name: round(value, 3) for name, value in figures.items()}
    for name, value in rounded.items():
        print(f"{name:24} {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
