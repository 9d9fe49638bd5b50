"""Measure the terminal's web page: `python benchmarks/web.py [--json FILE]`.

Requires Debian's chromium. CPU use is in cores.

event_to_paint_p95_ms: time from an event until Chromium has painted it, while the live picture is running.
touch_feedback_ms: time from a touch until the touched control is repainted (p95).
preview_fps: live frames drawn per second.
preview_cpu: CPU use of the terminal for sending them, in addition to that of the camera without a viewer.
preview_browser_cpu: CPU use of Chromium for drawing them with software rendering.
cold_start_s: time from the command `uketsuke demo --web` until a running browser has painted the idle screen.
first_start_s: the same for the first start, which creates keys.
told_s: time from the command until the address is printed.
browser_floor_s: for comparison, the time a new page takes to paint a button from a trivial server in this process.
idle_cpu, rss_mb: CPU use and memory of the terminal on its idle screen.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from playwright.sync_api import Browser, Page  # noqa: E402

SECONDS = 5.0
EVENTS, TOUCHES = 40, 20
PAINTED = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
_DEMO = "from terminal.cli.entry import main; main()"

_WATCH = """
  window.painted = []; window.pictures = 0; window.delays = [];
  const after = (then) => requestAnimationFrame(() => setTimeout(then));
  const draw = CanvasRenderingContext2D.prototype.drawImage;
  CanvasRenderingContext2D.prototype.drawImage = function (...args) {
    window.pictures += 1;
    return draw.apply(this, args);
  };
  addEventListener("DOMContentLoaded", () => new MutationObserver(() => {
    const heading = document.querySelector("h1")?.textContent;
    after(() => { window.painted.push([heading, performance.timeOrigin + performance.now()]); });
  }).observe(document.querySelector("#body"), { childList: true, subtree: true, characterData: true }));
  addEventListener("pointerdown", (event) => after(() => window.delays.push(performance.now() - event.timeStamp)));
"""


_IDLE = """
  window.idle = new Promise((done) => addEventListener("DOMContentLoaded", () => {
    const look = () => {
      if (!document.querySelector("[data-offer^=language]")) return;
      watching.disconnect();
      requestAnimationFrame(() => setTimeout(() => done(performance.timeOrigin + performance.now())));
    };
    const watching = new MutationObserver(look);
    watching.observe(document, { childList: true, subtree: true });
    look();
  }));
"""
"""Records when the idle screen is painted, in milliseconds since 1970. Playwright polls only every 0.5 s."""


def measure_page(browser: Browser) -> dict[str, float]:
    from config.settings import Settings
    from tests.terminal.counter_web.stage import PageStage, until, wait_painted
    from tests.terminal.talk.gallery import state_for
    from vision.camera import Camera
    from vision.synthetic.source import SyntheticSource

    figures: dict[str, float] = {}
    camera = Camera(SyntheticSource("hana"))
    camera.start()
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(_WATCH)
    with ExitStack() as ending:
        folder = ending.enter_context(tempfile.TemporaryDirectory())
        stage = ending.enter_context(PageStage(Settings(state_dir=Path(folder)), camera=camera))
        ending.enter_context(camera.held_open())
        stage.open(page)
        stage.set_state(state_for("method"))
        wait_painted(page, stage.serial)
        figures["touch_feedback_ms"] = touches(page)
        time.sleep(1)
        without_viewer = busy(os.getpid()), busy_browser()
        figures["camera_alone_cpu"] = without_viewer[0]
        stage.set_state(state_for("face"))
        until(page, "() => window.pictures > 5")
        before = page.evaluate("window.pictures")
        with_viewer = busy(os.getpid()), busy_browser()
        figures["preview_fps"] = (page.evaluate("window.pictures") - before) / (2 * SECONDS)
        figures["preview_cpu"] = with_viewer[0] - without_viewer[0]
        figures["preview_browser_cpu"] = with_viewer[1] - without_viewer[1]
        latencies = []
        for number in range(EVENTS):
            page.evaluate("window.painted = []")
            began = time.time() * 1000
            stage.set_state(state_for("face-turn" if number % 2 else "face-guided"))
            until(page, "() => window.painted.length > 0")
            latencies.append(page.evaluate("window.painted[0][1]") - began)
            time.sleep(0.05)
        figures["event_to_paint_p50_ms"] = statistics.median(latencies)
        figures["event_to_paint_p95_ms"] = statistics.quantiles(latencies, n=20)[-1]
    camera.stop()
    page.close()
    return figures


def touches(page: Page) -> float:
    time.sleep(0.5)
    box = page.locator("[data-offer=pin]").bounding_box()
    assert box is not None
    for _ in range(TOUCHES):
        page.mouse.move(box["x"] + 40, box["y"] + 40)
        page.mouse.down()
        page.wait_for_timeout(60)
        page.mouse.move(5, 5)
        page.mouse.up()
    return float(statistics.quantiles(page.evaluate("window.delays"), n=20)[-1])


def floor(browser: Browser) -> float:
    """Return how many seconds Chromium takes to paint a trivial page."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "index.html").write_text("<!doctype html><title>floor</title><button>1</button>")
        serve = partial(QuietFiles, directory=folder)
        with ThreadingHTTPServer(("127.0.0.1", 0), serve) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            began = time.monotonic()
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.wait_for_selector("button")
            page.evaluate(PAINTED)
            elapsed = time.monotonic() - began
            page.close()
            server.shutdown()
    return elapsed


class QuietFiles(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


def measure_demo(browser: Browser) -> dict[str, float]:
    floor(browser)  # warm up: the browser's first page is slower
    figures: dict[str, float] = {"browser_floor_s": statistics.median(floor(browser) for _ in range(3))}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("first_start_s", "cold_start_s"):
            began, started_at = time.monotonic(), time.time()
            process = subprocess.Popen(
                [sys.executable, "-c", _DEMO, "demo", "--web", "--no-open", "--port", "0"],
                env=os.environ | {"UKETSUKE_STATE_DIR": folder},
                cwd=REPOSITORY,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.add_init_script(_IDLE)
            address = process.stdout.readline().strip()
            figures["told_s"] = time.monotonic() - began
            page.goto(address)
            figures[name] = page.evaluate("window.idle") / 1000 - started_at
            if name == "cold_start_s":
                time.sleep(6)  # wait for the face engine to load
                figures["idle_cpu"] = busy(process.pid)
                figures["rss_mb"] = resident(process.pid)
            page.close()
            process.terminate()
            process.wait(90)  # the face engine may still be loading
    return figures


# --- resources of processes -----------------------------------------------------------------------------------


def busy(pid: int) -> float:
    """Return the CPU use of a process in cores, measured over `SECONDS`."""
    before, began = cpu(pid), time.monotonic()
    time.sleep(SECONDS)
    return (cpu(pid) - before) / (time.monotonic() - began)


def busy_browser() -> float:
    """Return the CPU use of all Chromium processes in cores."""
    before, began = sum(map(cpu, chromiums())), time.monotonic()
    time.sleep(SECONDS)
    return (sum(map(cpu, chromiums())) - before) / (time.monotonic() - began)


def chromiums() -> list[int]:
    """Return the ids of Chromium processes that descend from this process."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # the process has ended
    descendants = {os.getpid()}
    while children := {pid for pid, parent in parents.items() if parent in descendants} - descendants:
        descendants |= children
    return [pid for pid in descendants - {os.getpid()} if "chromium" in _command(pid)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def main() -> None:
    from tests.terminal.counter_web.stage import chromium

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with chromium() as browser:
        figures = measure_page(browser) | measure_demo(browser)
    for name, figure in figures.items():
        print(f"{name:24}{figure:10.3f}")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
