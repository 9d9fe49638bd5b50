"""Take screenshots of all pages of every screen.

Usage: `python -m tests.terminal.counter_web.shoot OUT [--screen NAME] [--size 1280x800] ...`.
`overflow.py` measures the layout without screenshots.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from terminal.cli.common import echo
from terminal.session.display import Size
from tests.terminal.counter_web import overflow
from tests.terminal.counter_web.stage import PageStage, chromium, settings_in, wait_painted
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import ALL_LANGUAGES, SCREENS, state_for

SIZES = [f"{width}x{height}" for width, height in overflow.SIZES]
LOOKS = ("normal", "large", "largest", "contrast", "low")


def display(look: str) -> dict[str, Any]:
    """Return the display settings of a look in `LOOKS`, or of several looks joined by `+`."""
    parts = look.split("+")
    size = next((size for size in Size if size.value in parts), Size.NORMAL)
    return {"size": size, "low": "low" in parts, "high_contrast": "contrast" in parts}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--screen", action="append")
    parser.add_argument("--size", action="append")
    parser.add_argument("--look", action="append")
    parser.add_argument("--language", action="append")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    count = 0
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        PageStage(settings_in(Path(folder)), StandIn(ALL_LANGUAGES)) as stage,
    ):
        page = browser.new_page()
        page.on("console", lambda message: echo(f"console: {message.text}"))
        page.on("pageerror", lambda error: echo(f"error: {error}"))
        stage.open(page)
        for size in arguments.size or SIZES:
            width, height = map(int, size.split("x"))
            page.set_viewport_size({"width": width, "height": height})
            for language in arguments.language or ("ja", "en"):
                for look in arguments.look or LOOKS:
                    for name in arguments.screen or SCREENS:
                        state = state_for(name, language, **display(look))
                        stage.set_state(state)
                        wait_painted(page, stage.serial)
                        index = 0
                        while True:
                            count += 1
                            page.screenshot(path=arguments.out / f"{name}-{size}-{language}-{look}-{index}.png")
                            next_button = page.query_selector(".turner .onward")
                            if next_button is None or next_button.is_disabled() or index > 8:
                                break
                            page.wait_for_timeout(380)
                            page.evaluate("document.querySelector('.turner .onward').click()")
                            index += 1
    echo(f"{count} pages, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
