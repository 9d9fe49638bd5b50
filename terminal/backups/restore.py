"""Restore a terminal from a backup with a new key, and record lost decisions in the ledger.

The service first revokes the backup's key, which prevents two terminals from sharing it. Decisions missing from the
backup are recorded from the service's signed receipts. No decision is submitted twice.
"""

import json
import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config.files import private_folder, write_atomically
from config.platform.current import system
from config.settings import Settings
from consent.ledger import Ledger, LedgerFile
from consent.verification import LedgerBroken, LedgerIntact, verify_file
from terminal.assembly import service_client
from terminal.backups.contents import LEDGER, Manifest
from terminal.backups.gap import Gap, LedgerConflict, find_gap
from terminal.backups.setup import is_terminal_running, load_as, require_results_folder
from terminal.backups.unpacking import read_manifest, unpack
from terminal.conductor.clock import Clock
from terminal.qualification.client import Audit, QualificationClient
from terminal.qualification.contract import KeyChanged, NoAnswer, RefusalReason, Refused
from terminal.qualification.genuine import is_genuine_receipt
from terminal.qualification.keys import Enrolment, SigningKey, enrolment_path, key_digest, terminal_key_path
from terminal.qualification.receipts import verify_with_receipts
from terminal.readiness import NotReady

_WORK = ".restoring"
"""Subfolder of the state folder during a restore. Contains the unpacked files, the next key and marker files."""
_FILES, _NEXT, _SENT, _READY = "files", "next.pem", "sent", "ready"
_ATTEMPTS = 3
"""Maximum number of requests for the key change."""

KeyReplacer = Callable[[Settings, str, bytes], None]
"""Function that receives the settings, the new public key (PEM) and the digest of the backup's key. It makes the
service revoke the backup's key and the terminal's current key, and accept the new key. Raises NotReady."""


@dataclass(frozen=True, slots=True)
class RestoreReport:
    settings: Settings
    manifest: Manifest
    confirmed: int
    """Number of decisions that are unconfirmed in the backup but confirmed by the service."""
    lost: int
    """Number of decisions that the service has but the backup does not."""
    opened: int
    """Number of opened checks without a record, including those in `lost`."""


@dataclass(frozen=True, slots=True)
class _Backup:
    """Backup unpacked in the target state folder."""

    files: Path
    manifest: Manifest
    settings: Settings
    enrolment: Enrolment
    key: SigningKey
    """Key to revoke."""

    @property
    def ledger(self) -> Path:
        return self.files / LEDGER

    def client(self, key: SigningKey) -> QualificationClient:
        return service_client(self.settings, key, self.enrolment, state_dir=self.files)


async def restore(
    backup: Path,
    passphrase: str,
    settings_file: Path,
    *,
    current: Settings | None,
    replace_key: KeyReplacer | None = None,
) -> RestoreReport:
    """Restore a terminal. `current` replaces the backup's settings and leaves `settings_file` unchanged.

    Nothing is changed until the service has replaced the key. After an interruption, call it again to continue.
    Raises NotReady, SealError, SettingsError, LedgerError and OSError.
    """
    manifest, text = read_manifest(backup, passphrase)
    settings = current or _backup_settings(settings_file, text)
    work = settings.state_dir / _WORK
    _check_target(manifest, settings, work)
    if not (work / _READY).exists():
        try:
            await _prepare(_unpack(backup, passphrase, settings, work), work, replace_key)
        except BaseException:
            _clean_up(work)
            raise
    if current is None and text is not None:
        write_atomically(settings_file, text)
    counts = json.loads((work / _READY).read_text(encoding="ascii"))
    _move(work, settings.state_dir)
    return RestoreReport(settings, manifest, counts["confirmed"], counts["lost"], counts["opened"])


# --- preconditions -------------------------------------------------------------------------------------------


def _backup_settings(settings_file: Path, text: bytes | None) -> Settings:
    if text is None:
        raise NotReady(
            "the backup contains no settings file. Set the same UKETSUKE_* variables as before and use --keep-settings."
        )
    settings = load_as(settings_file, text.decode("utf-8", errors="replace"))
    if settings_file.exists() and settings_file.read_bytes() != text:
        raise NotReady(
            f"{settings_file} exists and differs from the backup's settings. Move it elsewhere, or keep it with "
            "--keep-settings."
        )
    return settings


def _check_target(manifest: Manifest, settings: Settings, work: Path) -> None:
    if manifest.terminal_id != settings.service.terminal_id:
        raise NotReady(
            f"the backup is from terminal {manifest.terminal_id!r}, but the settings have service.terminal_id = "
            f"{settings.service.terminal_id!r}. Correct the setting."
        )
    folder = settings.state_dir
    if is_terminal_running(settings):
        raise NotReady(f"a terminal is running with state folder {folder}. Stop it first.")
    existing = sorted(path.name for path in folder.iterdir() if path != work) if folder.exists() else []
    if existing and not (work / _READY).exists():
        raise NotReady(
            f"{folder} is not empty ({', '.join(existing[:3])}{', ...' if len(existing) > 3 else ''}) and will not be "
            "overwritten. Move it elsewhere, or set a different state_dir."
        )
    require_results_folder(settings)


def _unpack(backup: Path, passphrase: str, settings: Settings, work: Path) -> _Backup:
    files = work / _FILES
    shutil.rmtree(files, ignore_errors=True)
    private_folder(work)
    manifest = unpack(backup, passphrase, files)
    enrolment = Enrolment.load(enrolment_path(files))
    if enrolment is None or not terminal_key_path(files).exists():
        raise NotReady("the backup contains no enrolment and cannot be restored.")
    _require_intact_ledger(files / LEDGER, manifest.terminal_id)
    return _Backup(files, manifest, settings, enrolment, SigningKey.load_or_create(terminal_key_path(files)))


def _require_intact_ledger(ledger: Path, terminal_id: str) -> None:
    if not ledger.exists():
        return  # no receptions before the backup
    verified = verify_file(ledger)
    if isinstance(verified, LedgerBroken):
        raise NotReady(
            f"the ledger in this backup is broken at record {verified.sequence}: {verified.problem}. "
            "Use an earlier backup, and keep this one for the audit."
        )
    if verified.terminal_id != terminal_id:
        raise NotReady(f"the ledger in this backup is from terminal {verified.terminal_id!r}, not {terminal_id!r}.")


# --- service and ledger --------------------------------------------------------------------------------------


async def _prepare(backup: _Backup, work: Path, replace_key: KeyReplacer | None) -> None:
    """Change the key, record the gap in the ledger, and prepare all files for `_move`."""
    next_key = SigningKey.load_or_create(work / _NEXT)
    changed, audit = await _change_keys(backup, next_key, replace_key, work / _SENT)
    gap = _compare(backup, audit)
    _record_gap(backup, gap, changed)
    verified = verify_with_receipts(backup.ledger, backup.enrolment.service_public_key, audit.receipts, audit.opened)
    if not isinstance(verified, LedgerIntact):
        raise NotReady(
            f"the restored ledger does not match the service's receipts: {verified}. Keep the backup and the folder."
        )
    write_atomically(terminal_key_path(backup.files), (work / _NEXT).read_bytes())
    counts = {
        "confirmed": len(gap.confirmed),
        "lost": len(gap.lost),
        "opened": sum(opening.checks for opening in gap.opened),
    }
    write_atomically(work / _READY, json.dumps(counts).encode())


async def _change_keys(
    backup: _Backup, next_key: SigningKey, replace_key: KeyReplacer | None, sent: Path
) -> tuple[KeyChanged, Audit]:
    """Replace the key registered with the service. Return its answer and its final data about the terminal."""
    old_digest = key_digest(backup.key.public_pem)
    async with backup.client(backup.key) as old_client, backup.client(next_key) as new_client:
        before = await old_client.audit()
        if isinstance(before, Audit):
            _compare(backup, before)  # detect a conflict before changing anything
        elif isinstance(before, NoAnswer):
            raise NotReady(
                f"no answer from the service at {backup.settings.service.url} ({before.reason}). Without its receipts, "
                "decisions made since the backup are unknown. Nothing was changed."
            )
        elif not isinstance(await new_client.audit(), Audit):  # otherwise, continue an interrupted restore
            if replace_key is None:
                raise _key_refused(before)
            write_atomically(sent, b"")
            replace_key(backup.settings, next_key.public_pem, old_digest)
        write_atomically(sent, b"")  # `_clean_up` keeps the next key if this file exists
        changed = await _change(old_client, next_key, old_digest)
        after = await new_client.audit()
    if not isinstance(after, Audit):
        raise NotReady(f"the service changed the key but returned no receipts ({after.reason}). Run the command again.")
    return changed, after


async def _change(client: QualificationClient, next_key: SigningKey, old_digest: bytes) -> KeyChanged:
    for _ in range(_ATTEMPTS):
        answer = await client.change_key(next_key, old_digest)
        if isinstance(answer, KeyChanged):
            return answer
        if isinstance(answer, Refused):
            raise _key_refused(answer)
    raise NotReady("the service did not confirm the key change. Run the command again.")


def _key_refused(refused: Refused) -> NotReady:
    if refused.reason is not RefusalReason.UNKNOWN_TERMINAL:
        return NotReady(f"the service refused to change the key: {refused.reason}.")
    return NotReady(
        "the service does not accept this backup's key: the terminal was restored or enrolled again since the backup. "
        "To replace the terminal that now uses this name, contact the service's administrator. With a service stub on "
        "this computer, use --new-enrolment."
    )


def _compare(backup: _Backup, audit: Audit) -> Gap:
    for receipt in audit.receipts:
        if not is_genuine_receipt(backup.enrolment.service_public_key, receipt):
            raise NotReady(f"the receipt for check {receipt.check_id} is not signed by the enrolled service.")
    records = LedgerFile(backup.ledger).records() if backup.ledger.exists() else ()
    gap = find_gap(records, audit)
    if isinstance(gap, LedgerConflict):
        raise NotReady(
            f"ledger and service have different records of check {gap.check_id}: this terminal did not write this "
            "ledger, or it was enrolled with a different service. Nothing was restored."
        )
    return gap


def _record_gap(backup: _Backup, gap: Gap, changed: KeyChanged) -> None:
    with Ledger.open(backup.ledger, backup.manifest.terminal_id, clock=Clock().wall) as ledger:
        ledger.restored(gap.to_record(backup.manifest.created_at, changed, f"restore-{secrets.token_hex(8)}"))
        for confirmed in gap.confirmed:
            ledger.confirmed(confirmed)
        for lost in gap.lost:
            ledger.lost(lost)
    backup.ledger.with_name(f"{LEDGER}.lock").unlink(missing_ok=True)


# --- files ---------------------------------------------------------------------------------------------------


def _move(work: Path, state_dir: Path) -> None:
    """Move all files into place. The enrolment is last, because no terminal starts without it."""
    files = work / _FILES
    for path in sorted(files.iterdir(), key=lambda path: path.name == "terminal"):
        path.rename(state_dir / path.name)
    system.sync_folder(state_dir)
    shutil.rmtree(work)


def _clean_up(work: Path) -> None:
    """Remove the unpacked files, but keep the next key if the service may have received it."""
    shutil.rmtree(work / _FILES, ignore_errors=True)
    (work / _READY).unlink(missing_ok=True)
    if not (work / _SENT).exists():
        shutil.rmtree(work, ignore_errors=True)
        with suppress(OSError):
            work.parent.rmdir()
