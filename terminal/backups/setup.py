"""Set up a terminal: settings, staff code and enrolment. Undo everything if a step fails."""

import shutil
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from config.files import private_folder, write_atomically
from config.load import SettingsError, load
from config.settings import Settings
from config.writing import as_toml
from consent import store
from consent.store import LedgerInUse, WriterLock
from terminal.assembly import ledger_path
from terminal.backups.undo import Undo
from terminal.qualification.keys import Enrolment, enrolment_path, terminal_key_path
from terminal.readiness import NotReady
from terminal.staff_password import hash_file, password_problem, save_password
from terminal.words.languages import LANGUAGES

Enrol = Callable[[Settings], Enrolment]
"""Function that enrols the terminal and saves the key and enrolment. Raises NotReady."""


@dataclass(frozen=True, slots=True)
class SetupReport:
    settings: Settings
    file: Path
    previous_copy: Path | None
    """Copy of the previous settings; None if no settings existed or they are unchanged."""
    enrolment: Enrolment


def set_up(
    values: Mapping[str, Any],
    file: Path,
    *,
    staff_code: str | None,
    enrol: Enrol,
    replace: bool,
    now: datetime,
) -> SetupReport:
    """Write all of a terminal's files. If a step fails, restore the previous files.

    `values` are the settings, nested as in the file. If `staff_code` is None, the code is left unchanged.
    `replace` allows replacing existing settings, after copying them to a file in the same folder. Raises NotReady,
    SettingsError, LedgerError and OSError.
    """
    text = as_toml(values)
    settings = load_as(file, text)
    previous_copy = _previous_copy_path(file, text, now, replace=replace)
    if staff_code is not None:
        _require_valid_code(settings, staff_code)
    require_results_folder(settings)
    lock = _lock_ledger(settings)
    try:
        with Undo() as undo:
            for path in (terminal_key_path(settings.state_dir), enrolment_path(settings.state_dir)):
                undo.remember(path)
            private_folder(settings.state_dir)
            enrolment = enrol(settings)
            if staff_code is not None:
                undo.remember(hash_file(settings.state_dir))
                save_password(settings, staff_code)
            if previous_copy is not None:
                undo.remember(previous_copy)
                shutil.copyfile(file, previous_copy)
                previous_copy.chmod(0o600)
            undo.remember(file)
            write_atomically(file, text.encode())
            load(file, languages=LANGUAGES)
    finally:
        if lock is not None:
            lock.release()
    return SetupReport(settings, file, previous_copy, enrolment)


def load_as(file: Path, text: str) -> Settings:
    """Load `text` as if it were the content of `file`, without touching the file. Raises SettingsError."""
    folder = file.parent
    while not folder.exists():
        folder = folder.parent
    temporary = folder / f".{file.name}.setup"
    try:
        write_atomically(temporary, text.encode())
        return load(temporary, languages=LANGUAGES)
    except SettingsError as error:
        raise SettingsError(*(problem.replace(str(temporary), str(file)) for problem in error.problems)) from None
    finally:
        temporary.unlink(missing_ok=True)


def require_results_folder(settings: Settings) -> None:
    """Raise NotReady if the receipt computer's folder is configured but unusable."""
    folder = settings.handover.folder
    if folder is None:
        return
    if not folder.is_dir():
        raise NotReady(f"handover.folder {folder} is not a folder. Connect the share, or correct the setting.")
    probe = folder / ".uketsuke-setup"
    try:
        probe.write_bytes(b"")
    except OSError as error:
        raise NotReady(
            f"handover.folder {folder} is not writable: {error.strerror}. Grant this user write permission."
        ) from None
    finally:
        probe.unlink(missing_ok=True)


def _previous_copy_path(file: Path, text: str, now: datetime, *, replace: bool) -> Path | None:
    if not file.exists() or file.read_text(encoding="utf-8", errors="replace") == text:
        return None
    if not replace and not _has_only_defaults(file):
        raise NotReady(
            f"{file} exists and differs. Compare the settings, then use --replace, which keeps a copy of the old file "
            "in the same folder."
        )
    return file.with_name(f"{file.name}.before-{now:%Y%m%d-%H%M%S}")


def _has_only_defaults(file: Path) -> bool:
    """Return whether a settings file contains only defaults, like the one in the package."""
    try:
        values = tomllib.loads(file.read_text(encoding="utf-8"))
        return Settings.model_validate(values) == Settings.model_validate({})
    except ValueError:  # only a user can have written invalid settings
        return False


def _require_valid_code(settings: Settings, staff_code: str) -> None:
    problem = password_problem(staff_code)
    if problem is not None:
        raise NotReady(f"invalid staff code: {problem}.")
    if settings.staff.password_hash.get_secret_value():
        raise NotReady("staff.password_hash in the settings takes precedence. Remove it there.")


def is_terminal_running(settings: Settings) -> bool:
    """Return whether a terminal is running with this state folder."""
    ledger = ledger_path(settings)
    if not ledger.with_name(f"{ledger.name}.lock").exists():
        return False
    try:
        WriterLock(ledger).release()
    except LedgerInUse:
        return True
    return False


def _lock_ledger(settings: Settings) -> WriterLock | None:
    """Lock the ledger to prevent a terminal from starting. Raises NotReady if one is running or has another id."""
    ledger = ledger_path(settings)
    if not ledger.exists():
        return None
    try:
        lock = WriterLock(ledger)
    except LedgerInUse:
        raise NotReady(f"a terminal is running with {settings.state_dir}. Stop it, then run setup again.") from None
    try:
        with store.reading(ledger) as connection:
            ledger_terminal = store.terminal_id_in(connection, ledger)
        if ledger_terminal != settings.service.terminal_id:
            raise NotReady(
                f"{ledger} is the ledger of {ledger_terminal!r}, not of {settings.service.terminal_id!r}. Set "
                "service.terminal_id to that name, or state_dir to a different folder."
            )
    except BaseException:
        lock.release()
        raise
    return lock
