"""Compare all screens, in two languages and two sizes, with reviewed snapshots."""

from typing import Any

import pytest

from terminal.screens.picture import CardPhoto, LivePicture
from terminal.session.display import Size
from tests.terminal.screens.snapshot import FOLDER, UPDATE, difference, screen_svg
from tests.terminal.screens.stage import SMALL, USUAL, Stage, async_test, stage, synthetic_face
from tests.terminal.talk.gallery import SCREENS, state_for

LOOKS: dict[str, dict[str, Any]] = {"": {}, "high-contrast": {"high_contrast": True}, "large": {"size": Size.LARGE}}
IN_EVERY_LOOK = ("idle", "method", "pin", "consent", "complete")


async def _draw(on_stage: Stage, name: str, language: str, **display: Any) -> str:
    await on_stage.show(state_for(name, language, **display))
    desk = on_stage.app.desk
    if desk.has_class("-pin"):
        for digit in (1, 2):
            on_stage.counter._patient.pin.push(digit)
        desk.typed()
    form = on_stage.app.form
    if form is not None:
        for digit in (6, 0, 0, 1, 0, 2, 9):
            form.push(digit)
        desk.typed()
    if desk.has_class("-camera"):
        desk.query_one("#live", LivePicture).run(True)
        desk.query_one("#live", LivePicture).take()
    if desk.has_class("-photo"):
        desk.query_one("#photo", CardPhoto).show(synthetic_face)
    await on_stage.wait_until_drawn()
    return screen_svg(on_stage.app)


@pytest.mark.parametrize(
    ("size", "language"),
    [(SMALL, "ja"), pytest.param(SMALL, "en", marks=pytest.mark.long), (USUAL, "ja"), (USUAL, "en")],
)
@async_test
async def test_every_screen_matches_its_snapshot(size: tuple[int, int], language: str) -> None:
    folder = f"{size[0]}x{size[1]}/{language}"
    async with stage(size) as on_stage:
        differences = [difference(f"{folder}/{name}", await _draw(on_stage, name, language)) for name in SCREENS]
    assert not list(filter(None, differences)), f"review the screens, then run with {UPDATE}=1"


@pytest.mark.parametrize("look", ["high-contrast", "large"])
@async_test
async def test_other_looks_match_their_snapshots(look: str) -> None:
    async with stage(SMALL) as on_stage:
        differences = [
            difference(f"{look}/{name}", await _draw(on_stage, name, "ja", **LOOKS[look])) for name in IN_EVERY_LOOK
        ]
    assert not list(filter(None, differences)), f"review the screens, then run with {UPDATE}=1"


def test_every_screen_has_one_snapshot() -> None:
    stored = {path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.rglob("*.svg")}
    expected = {
        f"{size}/{language}/{name}" for size in ("80x24", "120x40") for language in ("ja", "en") for name in SCREENS
    }
    expected |= {f"{look}/{name}" for look in LOOKS if look for name in IN_EVERY_LOOK}
    assert stored == expected


@async_test
async def test_changed_screen_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(UPDATE, raising=False)
    async with stage(SMALL) as on_stage:
        svg = await _draw(on_stage, "idle", "ja")
    assert not difference("80x24/ja/idle", svg)
    assert difference("80x24/ja/idle", svg.replace("マイナンバーカード", "カード"))
    assert difference("80x24/ja/no-such-screen", svg)


@async_test
async def test_snapshots_contain_no_external_urls() -> None:
    async with stage(SMALL) as on_stage:
        svg = await _draw(on_stage, "idle", "ja")
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")
