"""Check links in the documentation, and compare Japanese pages with their English originals."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAIRS = {
    "README.md": "README.ja.md",
    "docs/accessibility.md": "docs/accessibility.ja.md",
    "docs/problems.md": "docs/problems.ja.md",
    "docs/vendors.md": "docs/vendors.ja.md",
}
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"^ {4}((?:uketsuke|make) [^#\n]*)", re.MULTILINE)


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*.md")]


def test_links_have_targets() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in documents()
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken, broken


def headings(page: str) -> list[str]:
    return re.findall(r"^##? ", page, re.MULTILINE)


def codes(page: str) -> set[str]:
    return set(re.findall(r"\bU-\d{3}\b", page))


def commands(page: str) -> set[str]:
    return {command.strip() for command in COMMAND.findall(page)}


@pytest.mark.parametrize(("english", "japanese"), PAIRS.items(), ids=list(PAIRS))
def test_japanese_page_has_same_headings_codes_and_commands(english: str, japanese: str) -> None:
    pages = [(ROOT / name).read_text(encoding="utf-8") for name in (english, japanese)]
    for extract in (headings, codes, commands):
        assert extract(pages[0]) == extract(pages[1])


def test_readmes_list_every_page() -> None:
    pages = subprocess.run(
        ["git", "ls-files", "docs/*.md"], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout.split()
    readmes = (ROOT / "README.md").read_text(encoding="utf-8") + (ROOT / "README.ja.md").read_text(encoding="utf-8")
    assert [name for name in pages if name not in readmes] == []


def test_operation_page_quotes_restore_messages() -> None:
    page = (ROOT / "docs/operation.md").read_text(encoding="utf-8")
    table = page.split("| Message | What to do |\n|---|---|\n")[1].split("\n\n")[0]
    quoted = [row.split("|")[1] for row in table.splitlines()]
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "terminal" / "backups").glob("*.py"))
    messages = re.sub(r'"\n\s*f?"', "", source)
    assert len(quoted) >= 8
    assert not [part for message in quoted for part in message.split("...") if part.strip() not in messages]
