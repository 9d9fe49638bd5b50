"""Japanese output of `--help` and `doctor`: all text is translated and examples are unchanged."""

import ast
import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from terminal.cli.doctor import _as_text
from terminal.cli.japanese import is_japanese, to_japanese, translate_help
from terminal.cli.main import app
from terminal.doctor.checks import CHECKS
from terminal.doctor.examination import CheckResult
from terminal.doctor.finding import failed

DOCTOR = Path(__file__).parents[3] / "terminal" / "doctor"
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
UNTRANSLATED = re.compile(r"[^a-zA-Z]*|chmod 700 \{\}|vision\.model \{\}|all, none, or [a-z=,-]+")


def texts(command: Any) -> Iterator[str]:
    if command.help:
        yield cleandoc(command.help)
    for parameter in command.params:
        if text := getattr(parameter, "help", None):
            yield text
    for subcommand in getattr(command, "commands", {}).values():
        yield from texts(subcommand)


def untranslated(english: set[str]) -> list[str]:
    return sorted(
        text for text in english if not UNTRANSLATED.fullmatch(text) and JAPANESE.search(to_japanese(text)) is None
    )


def test_help_text_is_translated_with_the_same_examples() -> None:
    english = set(texts(get_command(app)))
    assert untranslated(english) == []
    for text in english:
        examples = re.findall("^Example: .*$", text, re.MULTILINE)
        assert re.findall("^Example: .*$", to_japanese(text), re.MULTILINE) == examples


def test_doctor_messages_are_translated() -> None:
    messages = {check.name for check in CHECKS} | {check.timeout_remedy for check in CHECKS}
    for file in DOCTOR.glob("*.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("passed", "warning", "failed"):
                messages |= {text for argument in call.args if (text := template(argument)) is not None}
    assert len(messages) > 60
    assert untranslated(messages) == ["pcscd"]


def template(node: ast.expr) -> str | None:
    """Return the text of a string literal with `{}` for values, or None for other expressions."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        fragments = (str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        text = "".join(fragments)
        return None if re.fullmatch(r"(\{\}[:;, ]*)+", text) else text
    return None


@pytest.mark.parametrize(
    ("environment", "japanese"),
    [
        ({"LANG": "ja_JP.UTF-8"}, True),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, False),
        ({"LC_MESSAGES": "ja", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "jam_JM"}, False),
        ({}, False),
    ],
)
def test_locale_selects_language(environment: dict[str, str], japanese: bool) -> None:
    assert is_japanese(environment) is japanese


def test_help_and_doctor_are_printed_in_japanese(monkeypatch: pytest.MonkeyPatch) -> None:
    command = get_command(app)
    translate_help(command)
    doctor = next(subcommand for name, subcommand in getattr(command, "commands", {}).items() if name == "doctor")
    assert doctor.help.startswith("受付に必要なもの")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    finding = failed(
        "Virtual: too small for signatures, which are required to confirm patients",
        "Use a different reader (docs/readers.md).",
    )
    lines = _as_text([CheckResult("staff password", finding)])
    assert lines.splitlines() == [
        "BAD   係員パスワード  Virtual: 署名が届かないので、だれも確認できません",
        f"{'':22}-> 別のリーダーを使ってください: docs/readers.md。",
    ]
    two_readers = to_japanese("A (non-ASCII name); not used: B")
    assert two_readers == "A（名前が ASCII ではありません）。使わないもの: B"
    assert to_japanese("running, 2 readers") == "返事があります。リーダー 2台"
    assert to_japanese("intact, 12 records; no terminal is running") == "切れていません。12件。端末は動いていません"
