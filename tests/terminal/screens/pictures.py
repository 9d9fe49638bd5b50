"""Create the README's screenshots: `.venv/bin/python -m tests.terminal.screens.pictures`.

Draws gallery states and the synthetic patient, and writes PNG files to `docs/pictures`. Requires `rsvg-convert`
(librsvg2-bin) and the fonts below (fonts-dejavu-core, fonts-noto-cjk).
"""

import asyncio
import io
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from xml.sax.saxutils import escape

from PIL import Image

from terminal.screens.picture import LivePicture
from terminal.screens.wrapping import cells
from tests.terminal.screens.snapshot import WIDTH, screen_svg
from tests.terminal.screens.stage import USUAL, Stage, StillCamera, stage
from tests.terminal.talk.gallery import state_for
from vision.frame import Frame
from vision.synthetic.source import SyntheticSource

FOLDER = Path(__file__).parents[3] / "docs" / "pictures"
PICTURES = (
    ("idle", "ja"),
    ("method", "ja"),
    ("face-nearly", "ja"),
    ("pin", "ja"),
    ("consent", "ja"),
    ("complete", "ja"),
    ("method", "en"),
    ("consent", "en"),
)
FONTS = "DejaVu Sans Mono, Noto Sans CJK JP"
COLOURS = 64
_TEXT = re.compile(
    r'<text x="(?P<x>\d+)" y="(?P<y>\d+)" textLength="\d+"(?P<attributes>[^>]*?) xml:space="preserve">'
    r"(?P<text>[^<]*)</text>"
)


async def render_svg(on_stage: Stage, name: str, language: str) -> str:
    await on_stage.show(state_for(name, language))
    desk = on_stage.app.desk
    if desk.has_class("-pin"):
        for digit in (1, 2):
            on_stage.counter._patient.pin.push(digit)
        desk.typed()
    if desk.has_class("-camera"):
        live = desk.query_one("#live", LivePicture)
        live.source = StillCamera(patient())
        live.run(True)
        live.take()
    await on_stage.wait_until_drawn()
    return screen_svg(on_stage.app)


def patient() -> Frame:
    frame = SyntheticSource("hana", realtime=False).read()
    assert isinstance(frame, Frame)
    return frame


def render_png(svg: str) -> bytes:
    result = subprocess.run(["rsvg-convert"], input=_split_texts(svg).encode(), capture_output=True, check=True)
    picture = Image.open(io.BytesIO(result.stdout)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def _split_texts(svg: str) -> str:
    """Centre each character in its cells, because librsvg does not support `textLength`."""
    return _TEXT.sub(_split_text, svg.replace("monospace", FONTS, 1))


def _split_text(text: re.Match[str]) -> str:
    x, elements = int(text["x"]), []
    for character in unescape(text["text"]):
        width = cells(character) * WIDTH
        if character.strip():
            attributes = f'y="{text["y"]}" text-anchor="middle"{text["attributes"]}'
            elements.append(f'<text x="{x + width / 2}" {attributes}>{escape(character)}</text>')
        x += width
    return "\n".join(elements)


async def make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with stage(USUAL) as on_stage:
        for name, language in PICTURES:
            png = render_png(await render_svg(on_stage, name, language))
            path = folder / f"{name.partition('-')[0]}-{language}.png"
            path.write_bytes(png)
            sys.stderr.write(f"{path.name:20} {len(png):7} bytes\n")


if __name__ == "__main__":
    asyncio.run(make(FOLDER))
