"""Check the PC/SC service and the card readers: connected ones, used ones, and known limits of each."""

from collections.abc import Sequence
from typing import Final

from config.settings import Settings
from reader.apdu import SHORT_LE_MAX
from terminal.assembly import ledger_path, reader_models
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.doctor.running import terminal_running

START_SERVICE: Final = "`systemctl start pcscd.socket`; Debian's package is `pcscd`."
ALLOW_USER: Final = (
    "Allow the terminal's user in polkit: a rule for the actions org.debian.pcsc-lite.access_pcsc and access_card."
)
ANOTHER_READER: Final = "Use another reader: docs/readers.md."


def pcscd(_settings: Settings) -> Finding:
    from reader.pcsc import PcscUnavailable, list_readers

    try:
        count = len(list_readers())
    except PcscUnavailable as error:
        if error.denied:
            return bad(f"running, but refuses this user: {error}", ALLOW_USER)
        return bad(f"does not answer: {error}", START_SERVICE)
    return fine(f"answers, {count} reader{'' if count == 1 else 's'}")


def reader(settings: Settings) -> Finding:
    from reader.holders import likely_holders
    from reader.names import is_virtual
    from reader.pcsc import PcscUnavailable, list_readers
    from reader.softcard.insert import OPEN_TO_THE_NETWORK

    try:
        names = list_readers()
    except PcscUnavailable:
        return bad("cannot be listed: pcscd does not answer", "See the pcscd check.")
    if not names:
        return bad("none is connected", "Plug it in; `pcsc_scan` shows what pcscd sees.")
    wrong = _misnamed(settings, names)
    if wrong is not None:
        return wrong
    used = _used(settings, names)
    text = _list(settings, names, used)
    if not used:
        return bad(f"{text}: the virtual reader is used only if reader.name names it", "Connect a card reader.")
    if not any(_can_sign(settings, name) for name in used):
        return bad(f"{text}: signatures do not fit through it, so no patient can be confirmed", ANOTHER_READER)
    holders = [] if terminal_running(ledger_path(settings)) else list(likely_holders())
    if holders:
        return doubtful(
            f"{text}; running programs that may hold cards: {', '.join(holders)}", "Stop them if cards cannot be read."
        )
    if any(is_virtual(name) for name in names):
        return doubtful(f"{text}; a virtual reader is set up: {OPEN_TO_THE_NETWORK}", "Remove vsmartcard-vpcd here.")
    return fine(text)


def _misnamed(settings: Settings, names: Sequence[str]) -> Finding | None:
    """Return a finding if a reader name in the settings matches no reader, with what to write instead."""
    from reader.names import choose_reader, instead_of_expression

    for setting, wanted in (("reader.name", settings.reader.name), ("reader.phone", settings.reader.phone)):
        if not wanted or choose_reader(names, wanted) is not None:
            continue
        remedy = f"Set {setting} to part of one of these names; case is ignored, * and ? match varying characters."
        better = instead_of_expression(wanted)
        if better is not None:
            remedy = f"It looks like a regular expression, which is no longer accepted: write {better!r}."
        return bad(f"{setting} {wanted!r} is not among: {', '.join(names)}", remedy)
    return None


def _used(settings: Settings, names: Sequence[str]) -> list[str]:
    from reader.names import choose_reader, is_virtual

    if not settings.reader.name:
        return [name for name in names if not is_virtual(name)]
    chosen = (choose_reader(names, wanted) for wanted in (settings.reader.name, settings.reader.phone) if wanted)
    return [name for name in dict.fromkeys(chosen) if name is not None]


def _list(settings: Settings, names: Sequence[str], used: Sequence[str]) -> str:
    """List all readers with notes, used ones first."""
    watched = [f"{name}{_known(settings, name)}" for name in used]
    if len(watched) > 1:
        watched.append("cards inserted before the start are ignored if there are several readers")
    unused = [name for name in names if name not in used]
    return "; ".join([*watched, *([f"not used: {', '.join(unused)}"] if unused else [])])


def _known(settings: Settings, name: str) -> str:
    from reader.models import known_model

    notes = []
    if not name.isascii():
        notes.append("name is not ASCII")
    known = known_model(name)
    if known is not None:
        notes.append(known.note)
    found = reader_models(settings).longest_read(name)
    if found <= SHORT_LE_MAX:
        notes.append(f"measured here: {found} bytes at once")
    return f" ({'; '.join(notes)})" if notes else ""


def _can_sign(settings: Settings, name: str) -> bool:
    from reader.models import known_model

    known = known_model(name)
    return (known is None or known.longest_answer >= SHORT_LE_MAX) and reader_models(settings).longest_read(
        name
    ) >= SHORT_LE_MAX
