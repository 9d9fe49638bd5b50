"""Back up a terminal's irreplaceable files to one encrypted file."""

import contextlib
import errno
import io
import os
import secrets
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from config.platform.current import system
from config.settings import Settings
from config.version import VERSION
from consent.ledger_copy import copy_file
from consent.store import LedgerError
from consent.verification import LedgerBroken, LedgerIntact
from terminal.assembly import ledger_path
from terminal.backups.contents import EXCHANGE, LEDGER, MANIFEST, SETTINGS, Manifest, files_to_copy
from terminal.backups.sealed import MIN_PASSPHRASE_LENGTH, Cost, Sealer
from terminal.handover.patient_numbers import copy_patient_numbers
from terminal.qualification.keys import Enrolment, enrolment_path
from terminal.readiness import NotReady


@dataclass(frozen=True, slots=True)
class BackupReport:
    file: Path
    size: int
    terminal_id: str
    ledger: LedgerIntact | LedgerBroken | None
    """The ledger's state; None if it does not exist."""
    numbers: int | str
    """Number of patient numbers included, or the reason why they could not be read."""


def back_up(
    settings: Settings,
    settings_file: Path | None,
    target: Path,
    passphrase: str,
    now: datetime,
    cost: Cost | None = None,
) -> BackupReport:
    """Write a complete backup to a new file, even while a terminal is running.

    Raises NotReady, FileExistsError, LedgerError and OSError, without leaving an incomplete file.
    """
    if len(passphrase) < MIN_PASSPHRASE_LENGTH:
        raise NotReady(f"passphrase too short: use at least {MIN_PASSPHRASE_LENGTH} characters.")
    enrolment = Enrolment.load(enrolment_path(settings.state_dir))
    if enrolment is None:
        raise NotReady(f"cannot back up {settings.state_dir}: no terminal is enrolled in this folder.")
    if target.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    manifest = Manifest(
        version=VERSION,
        terminal_id=enrolment.terminal_id,
        created_at=now,
        has_settings=settings_file is not None,
    )
    with _new_file(target) as file, tempfile.TemporaryDirectory(dir=settings.state_dir, prefix=".backup-") as folder:
        ledger = _copy_ledger(ledger_path(settings), Path(folder) / LEDGER)
        numbers = _copy_patient_numbers(settings.state_dir / EXCHANGE, Path(folder) / EXCHANGE)
        sealer = Sealer(file, passphrase, cost)
        with tarfile.open(fileobj=sealer, mode="w|gz", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
            _add(archive, MANIFEST, manifest.model_dump_json().encode())
            if settings_file is not None:
                _add(archive, SETTINGS, settings_file.read_bytes())
            for path in files_to_copy(settings.state_dir):
                _add_file(archive, path.relative_to(settings.state_dir).as_posix(), path)
            if ledger is not None:
                _add_file(archive, LEDGER, Path(folder) / LEDGER)
            if numbers and isinstance(numbers, int):
                _add_file(archive, EXCHANGE, Path(folder) / EXCHANGE)
        sealer.close()
        size = file.tell()
    return BackupReport(target, size, enrolment.terminal_id, ledger, numbers)


def _copy_ledger(ledger: Path, copy: Path) -> LedgerIntact | LedgerBroken | None:
    if not ledger.exists():
        return None
    try:
        return copy_file(ledger, copy)
    except LedgerError as error:
        # copy the bytes of an unreadable ledger for recovery
        copy.write_bytes(ledger.read_bytes())
        return LedgerBroken(0, str(error))


def _copy_patient_numbers(database: Path, copy: Path) -> int | str:
    if not database.exists():
        return 0
    try:
        return copy_patient_numbers(database, copy)
    except sqlite3.Error as error:  # continue, because the other files are more important
        return f"cannot read {database}: {error}"


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> None:
    """Add a file with its current size. The audit trail may grow while it is copied."""
    with path.open("rb") as file:
        entry = _entry(name, os.fstat(file.fileno()).st_size)
        archive.addfile(entry, file)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    archive.addfile(_entry(name, len(content)), io.BytesIO(content))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


@contextmanager
def _new_file(target: Path) -> Iterator[BinaryIO]:
    """Yield a temporary file that is renamed to `target` if the block succeeds, and removed otherwise."""
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _rename_if_absent(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # not supported by some USB sticks and shares
        system.sync_folder(target.parent)


def _rename_if_absent(temporary: Path, target: Path) -> None:
    try:
        system.rename_new(temporary, target)
    except OSError as error:
        if error.errno not in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
            raise
        if target.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target)) from None
        temporary.rename(target)
