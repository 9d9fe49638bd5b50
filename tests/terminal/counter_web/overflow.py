"""Measure whether screens fit on the page: draw the gallery's talks with the page code and check their layout.

Each batch is measured by one call into an open page. `python -m tests.terminal.counter_web.overflow` measures every
combination of screen, language, size and look, and prints the number of pages and problems.
"""

import argparse
import tempfile
import time
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from playwright.sync_api import Page

from config.settings import Profile, Settings
from terminal.cli.common import echo
from terminal.counter_web.drawing import page_text, serialize_pad, serialize_talk
from terminal.front.keypad import Keypad
from terminal.problems import ProblemCode
from terminal.session.display import Display, Size
from terminal.session.events import Aside
from terminal.session.states import Idle, State
from terminal.talk.parts import Remark
from terminal.talk.view import talk_for
from terminal.words.catalogue import Speak, speaker
from terminal.words.languages import LANGUAGES
from tests.terminal.counter_web.stage import PageStage, chromium, settings_in
from tests.terminal.screens.stand_in import StandIn
from tests.terminal.talk.gallery import ALL_LANGUAGES, SCREENS, problem, state_for

SIZES = ((1280, 800), (800, 1280), (1920, 1080), (1024, 600), (1366, 1024))
LOOKS: dict[str, dict[str, Any]] = {
    "normal": {},
    "large": {"size": Size.LARGE},
    "largest": {"size": Size.LARGEST},
    "low": {"low": True},
    "contrast": {"high_contrast": True},
}
COMBINED_LOOKS: dict[str, dict[str, Any]] = {
    "large, low": {"size": Size.LARGE, "low": True},
    "largest, low": {"size": Size.LARGEST, "low": True},
}
"""Combined looks. High contrast is not combined because it changes only colours."""

VOICE_RULES = replace(ALL_LANGUAGES, voices=LANGUAGES)
ASIDES = {
    "idle-changes": ("idle", Aside.CHANGES),
    "pin-changes": ("pin-wrong", Aside.CHANGES),
    "consent-changes": ("consent", Aside.CHANGES),
    "method-leaving": ("method", Aside.LEAVING),
    "consent-leaving": ("consent", Aside.LEAVING),
}
REMARKS = {
    "idle-too-early": ("idle", Remark.TOO_EARLY),
    "consent-staff-coming": ("consent", Remark.STAFF_COMING),
    "pin-voice-missing": ("pin", Remark.VOICE_MISSING),
}
ALOUD = {"consent-aloud": "consent", "pin-aloud": "pin-warned", "code-aloud": "code-wrong"}
PROBLEMS = {f"problem-{code.code}": code for code in ProblemCode}
ALL_SCREENS = (*SCREENS, *ASIDES, *REMARKS, *PROBLEMS, "idle-voice", *ALOUD)
"""Screen names: the gallery, asides, short remarks, every problem, and screens with voice."""

_SPEAK = {profile: speaker(Settings(profile=profile), ruby=True) for profile in (Profile.CLINIC, Profile.PHARMACY)}


@cache
def _script() -> str:
    """Return the script that measures a batch, with fits.js inserted."""
    template, fits = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("overflow.js", "fits.js"))
    return template.replace("FITS;", f"{fits[fits.index('() =>') :].strip()};")


def measure(page: Page, names: Iterable[str], language: str, look: str) -> tuple[int, list[str]]:
    """Measure screens in one language and look, and return the number of pages and a list of problems.

    Screens with different texts for clinics and pharmacies are measured with both.
    """
    looks = LOOKS | COMBINED_LOOKS
    talks = []
    for name in names:
        clinic, pharmacy = (_content(name, language, looks[look], speak) for speak in _SPEAK.values())
        talks.append((f"{name} {language} {look}", clinic))
        if pharmacy != clinic:
            talks.append((f"{name} {language} {look} pharmacy", pharmacy))
    for number, (_, content) in enumerate(talks, 1):
        content["serial"] = -number  # the terminal's own serials are positive
    pages, problems = page.evaluate(_script(), talks)
    return pages, problems


def _content(name: str, language: str, look: dict[str, Any], speak: Speak) -> dict[str, Any]:
    """Return the message that shows this screen on the page."""
    state, remark = _state(name), Remark.NONE
    display = Display(language=language, **look)
    rules = ALL_LANGUAGES
    if name in REMARKS:
        _, remark = REMARKS[name]
    if name == "idle-voice" or name in ALOUD or name in ASIDES:
        rules = VOICE_RULES
    if name in ALOUD:
        display = replace(display, voice=True)
    state = (
        replace(state, display=display)
        if isinstance(state, Idle)
        else replace(state, reception=replace(state.reception, display=display))
    )
    counter = StandIn(rules)
    counter.set_state(state)
    keypad = Keypad(counter)
    keypad.follow(state)
    talk = talk_for(state, rules, speak, remark=remark)
    return serialize_talk(talk) | {
        "words": page_text(speak(talk.language), simulated=True),
        "pad": serialize_pad(keypad.parts(talk.body.pad), has_invalid_date=keypad.has_invalid_date),
    }


@cache
def _state(name: str) -> State:
    if name in PROBLEMS:
        return problem(PROBLEMS[name])
    if name in ASIDES:
        base, aside = ASIDES[name]
        state = _state(base)
        if isinstance(state, Idle):
            return replace(state, aside=aside)
        return replace(state, reception=replace(state.reception, aside=aside))
    if name in REMARKS:
        return _state(REMARKS[name][0])
    return state_for({"idle-voice": "idle", **ALOUD}.get(name, name))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--screen", action="append", choices=ALL_SCREENS, metavar="NAME")
    parser.add_argument("--size", action="append", metavar="1280x800")
    parser.add_argument("--look", action="append", choices=(*LOOKS, *COMBINED_LOOKS))
    parser.add_argument("--language", action="append", choices=LANGUAGES)
    arguments = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in arguments.size] if arguments.size else SIZES
    pages = problem_count = 0
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        chromium() as browser,
        PageStage(settings_in(Path(folder)), StandIn(ALL_LANGUAGES)) as stage,
    ):
        page = stage.open(browser.new_page())
        for width, height in sizes:
            page.set_viewport_size({"width": width, "height": height})
            for look in arguments.look or (*LOOKS, *COMBINED_LOOKS):
                for language in arguments.language or LANGUAGES:
                    count, problems = measure(page, arguments.screen or ALL_SCREENS, language, look)
                    pages, problem_count = pages + count, problem_count + len(problems)
                    for description in problems:
                        echo(f"{width}x{height} {description}")
    echo(f"{pages} pages, {problem_count} problems, {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
