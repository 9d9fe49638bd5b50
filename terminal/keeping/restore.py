"""Restore a terminal from its backup, with a new key, and mark lost records in the ledger.

The service first revokes the backup's key, so that two terminals can never share it. Decisions missing from the backup
are recorded from the service's signed receipts; no decision is submitted twice.
"""

import json
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.files import private_folder, write_atomically
from config.platform.chosen import system
from config.settings import Settings
from consent.ledger import Ledger, LedgerFile
from consent.verification import LedgerBroken, LedgerIntact, verify_file
from terminal.assembly import client_with
from terminal.conductor.clock import Clock
from terminal.keeping.contents import LEDGER, Manifest
from terminal.keeping.gap import Gap, OtherLedger, gap_of
from terminal.keeping.setting_up import read_as, require_results_folder, running_terminal
from terminal.keeping.unpacking import peek, unpack
from terminal.qualification.client import Audit, QualificationClient
from terminal.qualification.contract import KeyChanged, NoAnswer, RefusalReason, Refused
from terminal.qualification.genuine import receipt_is_genuine
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, key_digest, terminal_key_path
from terminal.qualification.receipts import verify_with_receipts
from terminal.readiness import NotReady

_WORK = ".restoring"
"""Folder in the state folder during a restore: unpacked files, the next key, and a marker file when all is ready."""
_FILES, _NEXT, _SENT, _READY = "files", "next.pem", "sent", "ready"
_AGAIN = 3
"""Number of requests for the key change if the answer is lost."""

Administrator = Callable[[Settings, str, bytes], None]
"""Called with settings, new public key (PEM) and digest of the backup's key. Has the service revoke that key and the
terminal's current key, and accept the new one. Raises `NotReady`."""


@dataclass(frozen=True, slots=True)
class RestoredTo:
    settings: Settings
    manifest: Manifest
    confirmed: int
    """Decisions that the service has and the backup has as unconfirmed."""
    lost: int
    """Decisions that the service has and the backup lacks."""
    opened: int
    """Checks without a record, including those in `lost`."""


@dataclass(frozen=True, slots=True)
class _Backup:
    """A backup unpacked in its target state folder."""

    files: Path
    manifest: Manifest
    settings: Settings
    enrolment: Enrolment
    key: SigningKey
    """The key to revoke."""

    @property
    def ledger(self) -> Path:
        return self.files / LEDGER

    def client(self, key: SigningKey) -> QualificationClient:
        return client_with(self.settings, key, self.enrolment, state_dir=self.files)


async def restore(
    backup: Path,
    passphrase: str,
    settings_file: Path,
    *,
    current: Settings | None,
    administrator: Administrator | None = None,
) -> RestoredTo:
    """Restore a terminal. `current`: use these settings instead of the backup's, and do not touch `settings_file`.

    Nothing is changed until the service has changed the key. If interrupted after that, call it again to continue.
    Raises `NotReady`, `SealError`, `SettingsError`, `LedgerError`, OSError.
    """
    manifest, text = peek(backup, passphrase)
    settings = current or _settings_in(settings_file, text)
    work = settings.state_dir / _WORK
    _require_fit(manifest, settings, work)
    if not (work / _READY).exists():
        try:
            await _prepare(_unpacked(backup, passphrase, settings, work), work, administrator)
        except BaseException:
            _clean_up(work)
            raise
    if current is None and text is not None:
        write_atomically(settings_file, text)
    counts = json.loads((work / _READY).read_text(encoding="ascii"))
    _move(work, settings.state_dir)
    return RestoredTo(settings, manifest, counts["confirmed"], counts["lost"], counts["opened"])


# --- preconditions -------------------------------------------------------------------------------------------


def _settings_in(settings_file: Path, text: bytes | None) -> Settings:
    if text is None:
        raise NotReady(
            "the backup contains no settings file. Set the UKETSUKE_* variables as before and use --keep-settings."
        )
    settings = read_as(settings_file, text.decode("utf-8", errors="replace"))
    if settings_file.exists() and settings_file.read_bytes() != text:
        raise NotReady(
            f"{settings_file} exists and differs from the backup's settings. Move it away, or keep it with "
            "--keep-settings."
        )
    return settings


def _require_fit(manifest: Manifest, settings: Settings, work: Path) -> None:
    if manifest.terminal_id != settings.service.terminal_id:
        raise NotReady(
            f"the backup is of {manifest.terminal_id!r}, but the settings have service.terminal_id = "
            f"{settings.service.terminal_id!r}. Set that back."
        )
    folder = settings.state_dir
    if running_terminal(settings):
        raise NotReady(f"a terminal is running on {folder}. A running terminal needs no restore; stop it first.")
    others = sorted(path.name for path in folder.iterdir() if path != work) if folder.exists() else []
    if others and not (work / _READY).exists():
        raise NotReady(
            f"{folder} is not empty ({', '.join(others[:3])}{', ...' if len(others) > 3 else ''}) and is not "
            "overwritten. Move it away, or set another state_dir."
        )
    require_results_folder(settings)


def _unpacked(backup: Path, passphrase: str, settings: Settings, work: Path) -> _Backup:
    files = work / _FILES
    shutil.rmtree(files, ignore_errors=True)
    private_folder(work)
    manifest = unpack(backup, passphrase, files)
    enrolment = Enrolment.load(enrolment_path(files))
    if enrolment is None or not terminal_key_path(files).exists():
        raise NotReady("the backup contains no enrolment, so it is not the backup of a terminal.")
    _require_intact_ledger(files / LEDGER, manifest.terminal_id)
    return _Backup(files, manifest, settings, enrolment, SigningKey.load_or_create(terminal_key_path(files)))


def _require_intact_ledger(ledger: Path, terminal_id: str) -> None:
    if not ledger.exists():
        return  # no reception yet
    found = verify_file(ledger)
    if isinstance(found, LedgerBroken):
        raise NotReady(
            f"the ledger in this backup is broken at record {found.sequence}: {found.what}. It cannot be continued. "
            "Take an earlier backup, and keep this one for the auditor."
        )
    if found.terminal_id != terminal_id:
        raise NotReady(f"the ledger in this backup is of {found.terminal_id!r}, not of {terminal_id!r}.")


# --- service and ledger --------------------------------------------------------------------------------------


async def _prepare(found: _Backup, work: Path, administrator: Administrator | None) -> None:
    """Change the key, mark the gap, and prepare all files for `_move`."""
    next_key = SigningKey.load_or_create(work / _NEXT)
    changed, audit = await _change_keys(found, next_key, administrator, work / _SENT)
    gap = _compared(found, audit)
    _mark(found, gap, changed)
    verified = verify_with_receipts(found.ledger, found.enrolment.service_public_key, audit.receipts, audit.opened)
    if not isinstance(verified, LedgerIntact):
        raise NotReady(
            f"the restored ledger does not match the service's receipts: {verified}. Keep the backup and the folder."
        )
    write_atomically(terminal_key_path(found.files), (work / _NEXT).read_bytes())
    counts = {"confirmed": len(gap.confirmed), "lost": len(gap.lost), "opened": sum(one.checks for one in gap.opened)}
    write_atomically(work / _READY, json.dumps(counts).encode())


async def _change_keys(
    found: _Backup, next_key: SigningKey, administrator: Administrator | None, sent: Path
) -> tuple[KeyChanged, Audit]:
    """Have the service replace the old key. Return its answer and everything it has, which can no longer change."""
    ended = key_digest(found.key.public_pem)
    async with found.client(found.key) as old, found.client(next_key) as new:
        before = await old.audit()
        if isinstance(before, Audit):
            _compared(found, before)  # a mismatch must be found before anything changes
        elif isinstance(before, NoAnswer):
            raise NotReady(
                f"the service at {found.settings.service.url} does not answer ({before.reason}). Without its receipts, "
                "decisions made since the backup are unknown. Nothing was changed."
            )
        elif not isinstance(await new.audit(), Audit):  # otherwise an interrupted restore continues
            if administrator is None:
                raise _key_refused(before)
            write_atomically(sent, b"")
            administrator(found.settings, next_key.public_pem, ended)
        write_atomically(sent, b"")  # from here on the next key must not be lost
        changed = await _change(old, next_key, ended)
        after = await new.audit()
    if not isinstance(after, Audit):
        raise NotReady(
            f"the service changed the key but returned no receipts ({after.reason}). Run the same command again."
        )
    return changed, after


async def _change(client: QualificationClient, next_key: SigningKey, ended: bytes) -> KeyChanged:
    for _ in range(_AGAIN):
        answer = await client.change_key(next_key, ended)
        if isinstance(answer, KeyChanged):
            return answer
        if isinstance(answer, Refused):
            raise _key_refused(answer)
    raise NotReady("the service did not confirm the change of the key. Run the same command again.")


def _key_refused(refused: Refused) -> NotReady:
    if refused.reason is not RefusalReason.UNKNOWN_TERMINAL:
        return NotReady(f"the service refused to change the key: {refused.reason}.")
    return NotReady(
        "the service no longer accepts this backup's key: the terminal was restored before, or enrolled again since. "
        "To replace the terminal now running under its name, ask the service's administrator; with a service stub on "
        "this computer, use --new-enrolment."
    )


def _compared(found: _Backup, audit: Audit) -> Gap:
    for receipt in audit.receipts:
        if not receipt_is_genuine(found.enrolment.service_public_key, receipt):
            raise NotReady(f"the receipt for check {receipt.check_id} is not signed by the enrolled service.")
    records = LedgerFile(found.ledger).records() if found.ledger.exists() else ()
    gap = gap_of(records, audit)
    if isinstance(gap, OtherLedger):
        raise NotReady(
            f"ledger and service contradict each other on check {gap.check_id}: this terminal did not write this "
            "ledger, or it was enrolled with another service. Nothing was restored."
        )
    return gap


def _mark(found: _Backup, gap: Gap, changed: KeyChanged) -> None:
    with Ledger.open(found.ledger, found.manifest.terminal_id, clock=Clock().wall) as ledger:
        ledger.restored(gap.restored(found.manifest.created_at, changed, f"restore-{secrets.token_hex(8)}"))
        for confirmed in gap.confirmed:
            ledger.confirmed(confirmed)
        for lost in gap.lost:
            ledger.lost(lost)
    found.ledger.with_name(f"{LEDGER}.lock").unlink(missing_ok=True)


# --- files ---------------------------------------------------------------------------------------------------


def _move(work: Path, state_dir: Path) -> None:
    """Move all files into place, the enrolment last, because no terminal starts without it."""
    files = work / _FILES
    for path in sorted(files.iterdir(), key=lambda one: one.name == "terminal"):
        path.rename(state_dir / path.name)
    system.sync_folder(state_dir)
    shutil.rmtree(work)


def _clean_up(work: Path) -> None:
    """Remove the unpacked files. Keep the next key if the service may have it."""
    shutil.rmtree(work / _FILES, ignore_errors=True)
    (work / _READY).unlink(missing_ok=True)
    if not (work / _SENT).exists():
        shutil.rmtree(work, ignore_errors=True)
        with suppress(OSError):
            work.parent.rmdir()
