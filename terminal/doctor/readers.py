"""Check the PC/SC service and the card readers."""

from collections.abc import Sequence
from typing import Final

from config.settings import Settings
from reader.apdu import SHORT_LE_MAX
from terminal.assembly import ledger_path, reader_models
from terminal.doctor.finding import Finding, failed, passed, warning
from terminal.doctor.running import running_process_id

START_SERVICE: Final = "`systemctl start pcscd.socket` (Debian package `pcscd`)."
ALLOW_USER: Final = (
    "Add a polkit rule for the terminal's user: actions org.debian.pcsc-lite.access_pcsc and access_card."
)
OTHER_READER: Final = "Use a different reader (docs/readers.md)."


def pcscd(_settings: Settings) -> Finding:
    from reader.pcsc import PcscUnavailable, list_readers

    try:
        count = len(list_readers())
    except PcscUnavailable as error:
        if error.denied:
            return failed(f"running, but denies access to this user: {error}", ALLOW_USER)
        return failed(f"not responding: {error}", START_SERVICE)
    return passed(f"running, {count} reader{'' if count == 1 else 's'}")


def reader(settings: Settings) -> Finding:
    from reader.competing_programs import likely_holders
    from reader.pcsc import PcscUnavailable, list_readers
    from reader.reader_names import is_virtual
    from reader.softcard.insert import NETWORK_WARNING

    try:
        names = list_readers()
    except PcscUnavailable:
        return failed("unknown: pcscd is not responding", "See the pcscd check.")
    if not names:
        return failed("not connected", "Connect the reader. `pcsc_scan` lists the readers found by pcscd.")
    unmatched = _unmatched_name(settings, names)
    if unmatched is not None:
        return unmatched
    selected = _selected_readers(settings, names)
    text = _describe_readers(settings, names, selected)
    if not selected:
        return failed(f"{text}: a virtual reader is only used if set in reader.name", "Connect a card reader.")
    if not any(_can_sign(settings, name) for name in selected):
        return failed(f"{text}: too small for signatures, which are required to confirm patients", OTHER_READER)
    other_programs = [] if running_process_id(ledger_path(settings)) else list(likely_holders())
    if other_programs:
        return warning(
            f"{text}; running programs that may lock cards: {', '.join(other_programs)}",
            "Stop them if cards cannot be read.",
        )
    if any(is_virtual(name) for name in names):
        return warning(f"{text}; a virtual reader is installed: {NETWORK_WARNING}", "Remove vsmartcard-vpcd.")
    return passed(text)


def _unmatched_name(settings: Settings, names: Sequence[str]) -> Finding | None:
    """Return a finding if a reader name in the settings matches no reader, with a suggestion."""
    from reader.reader_names import choose_reader, name_for_expression

    for setting, expression in (("reader.name", settings.reader.name), ("reader.phone", settings.reader.phone)):
        if not expression or choose_reader(names, expression) is not None:
            continue
        remedy = f"Set {setting} to part of one of these names. Case is ignored; * and ? are wildcards."
        suggestion = name_for_expression(expression)
        if suggestion is not None:
            remedy = f"Regular expressions are not supported. Write {suggestion!r}."
        return failed(f"{setting} {expression!r} matches none of: {', '.join(names)}", remedy)
    return None


def _selected_readers(settings: Settings, names: Sequence[str]) -> list[str]:
    from reader.reader_names import choose_reader, is_virtual

    if not settings.reader.name:
        return [name for name in names if not is_virtual(name)]
    expressions = (settings.reader.name, settings.reader.phone)
    chosen = (choose_reader(names, expression) for expression in expressions if expression)
    return [name for name in dict.fromkeys(chosen) if name is not None]


def _describe_readers(settings: Settings, names: Sequence[str], selected: Sequence[str]) -> str:
    """Describe all readers, starting with those in use."""
    descriptions = [f"{name}{_notes(settings, name)}" for name in selected]
    if len(descriptions) > 1:
        descriptions.append("with several readers, cards inserted before startup are ignored")
    unused = [name for name in names if name not in selected]
    return "; ".join([*descriptions, *([f"not used: {', '.join(unused)}"] if unused else [])])


def _notes(settings: Settings, name: str) -> str:
    from reader.reader_models import known_model

    notes = []
    if not name.isascii():
        notes.append("non-ASCII name")
    model = known_model(name)
    if model is not None:
        notes.append(model.note)
    longest_read = reader_models(settings).longest_read(name)
    if longest_read <= SHORT_LE_MAX:
        notes.append(f"measured here: {longest_read} bytes per command")
    return f" ({'; '.join(notes)})" if notes else ""


def _can_sign(settings: Settings, name: str) -> bool:
    from reader.reader_models import known_model

    known = known_model(name)
    return (known is None or known.longest_response >= SHORT_LE_MAX) and reader_models(settings).longest_read(
        name
    ) >= SHORT_LE_MAX
