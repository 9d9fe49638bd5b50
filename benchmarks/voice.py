"""Measure the voice: `python benchmarks/voice.py [--json FILE]`.

Requires Debian's chromium and espeak-ng, and the `voice` extra for Japanese.

say_after_state_ms: time from a new terminal state until the page in Chromium plays its first, prerendered sentence
(median and p95).
render_s_LANGUAGE, render_cpu_s_LANGUAGE: elapsed and CPU time for prerendering all sentences in a language.
sentences_LANGUAGE, minutes_LANGUAGE, mb_LANGUAGE: number, duration and size of these sentences.
value_ms_LANGUAGE: time for rendering a sentence with a value on demand (median).
worker_mb_LANGUAGE: memory use of the rendering process.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from msgspec.structs import replace

REPOSITORY = Path(__file__).parents[1]
sys.path.insert(0, str(REPOSITORY))

from config.settings import Settings  # noqa: E402
from terminal.voice.engines import is_installed  # noqa: E402
from terminal.voice.library import Library, fill  # noqa: E402
from terminal.voice.renderer import Renderer  # noqa: E402
from terminal.voice.repertoire import repertoire  # noqa: E402
from terminal.voice.utterance import SpokenSentence  # noqa: E402
from terminal.voice.wav import duration  # noqa: E402
from terminal.words.catalogue import speaker  # noqa: E402
from terminal.words.languages import LANGUAGES  # noqa: E402

STATES, VALUES = 40, 9
_WATCH = """
  window.began = [];
  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    const note = () => window.began.push(performance.timeOrigin + performance.now());
    this.addEventListener("playing", note, { once: true });
    return play.call(this);
  };
"""


async def measure_rendering(folder: Path, language: str) -> dict[str, float]:
    renderer = Renderer()
    library = Library(folder, renderer.render)
    sentences = repertoire(language, speaker(Settings(), ruby=True))
    try:
        await renderer.render("1", language)  # start the process and load its dictionary
        began = time.monotonic()
        process = renderer._process
        assert process is not None
        before = _busy(process.pid)
        await fill(library, sentences)
        elapsed, cpu = time.monotonic() - began, _busy(process.pid) - before
        latencies = []
        for left in range(VALUES):
            say = speaker(Settings())(language)
            sentence = SpokenSentence(str(say("pin.tries-left", left=left)), language)
            began = time.monotonic()
            await library.wav(sentence)
            latencies.append((time.monotonic() - began) * 1000)
        memory = _resident(process.pid)
    finally:
        renderer.close()
    wavs = [library.path(sentence).read_bytes() for sentence in sentences]
    return {
        f"render_s_{language}": elapsed,
        f"render_cpu_s_{language}": cpu,
        f"sentences_{language}": len(sentences),
        f"minutes_{language}": sum(map(duration, wavs)) / 60,
        f"mb_{language}": sum(map(len, wavs)) / 1e6,
        f"value_ms_{language}": statistics.median(latencies),
        f"worker_mb_{language}": memory,
    }


def _busy(process: int) -> float:
    """Return the CPU time of a process and its children in seconds."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _resident(process: int) -> float:
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure_page(state_dir: Path, language: str) -> dict[str, float]:
    from tests.terminal.counter_web.stage import PageStage, chromium, until
    from tests.terminal.screens.stand_in import StandIn
    from tests.terminal.talk.gallery import state_for

    counter = StandIn()
    counter.rules = replace(counter.rules, voices=(language,))
    latencies = []
    with chromium() as browser, PageStage(Settings(state_dir=state_dir), counter) as stage:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.add_init_script(_WATCH)
        stage.open(page)
        for number in range(STATES):
            # screens whose first sentence has no values
            name = ("method", "limit", "pin", "prescription")[number % 4]
            played = page.evaluate("window.began.length")
            began = time.time() * 1000
            stage.set_state(state_for(name, language, voice=True, aloud=True))
            until(page, "played => window.began.length > played", played)
            latencies.append(page.evaluate("played => window.began[played]", played) - began)
            page.wait_for_timeout(300)
    return {
        "say_after_state_ms": statistics.median(latencies),
        "say_after_state_ms_p95": statistics.quantiles(latencies, n=20)[-1],
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", type=Path)
    parser.add_argument("--language", action="append")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(state_dir=Path(folder))
        for language in options.language or [language for language in LANGUAGES if is_installed(language)]:
            figures |= asyncio.run(measure_rendering(settings.voice_dir, language))
        figures |= measure_page(settings.state_dir, (options.language or ["ja"])[0])
    for name, figure in figures.items():
        print(f"{name}: {figure:.1f}")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
