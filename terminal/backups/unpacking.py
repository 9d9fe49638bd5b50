"""Unpack a backup into a folder."""

import os
import tarfile
import zlib
from pathlib import Path

from config.files import private_folder
from terminal.backups.contents import MANIFEST, SETTINGS, Manifest, is_backup_member
from terminal.backups.sealed import Opener, SealError

_MAX_SETTINGS_SIZE = 1 << 20
MAX_SIZE = 50 * 2**30
"""Maximum file size in bytes. A ledger of a million receptions takes about 3 GB."""


def read_manifest(backup: Path, passphrase: str) -> tuple[Manifest, bytes | None]:
    """Return the manifest and the settings file. Raises SealError and OSError."""
    with backup.open("rb") as file:
        opener = Opener(file, passphrase)
        try:
            with tarfile.open(fileobj=opener, mode="r|gz") as archive:  # type: ignore[call-overload]
                first = archive.next()
                content = archive.extractfile(first) if first is not None and first.name == MANIFEST else None
                if content is None:
                    raise SealError("the backup has no manifest.")
                manifest = _parse_manifest(content.read())
                second = archive.next() if manifest.has_settings else None
                text = archive.extractfile(second) if second is not None and second.name == SETTINGS else None
                return manifest, None if text is None else text.read(_MAX_SETTINGS_SIZE)
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise _to_seal_error(error) from None


def unpack(backup: Path, passphrase: str, folder: Path) -> Manifest:
    """Write all files of the backup to `folder` with mode 0600. Raises SealError and OSError.

    Reads the backup to its end to detect truncation.
    """
    private_folder(folder)
    with backup.open("rb") as file:
        opener = Opener(file, passphrase)
        try:
            with tarfile.open(fileobj=opener, mode="r|gz") as archive:  # type: ignore[call-overload]
                manifest = _extract(archive, folder)
            opener.finish()
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise _to_seal_error(error) from None
    (folder / SETTINGS).unlink(missing_ok=True)
    return manifest


def _to_seal_error(error: Exception) -> SealError:
    return SealError(f"invalid backup, or written by a newer version ({type(error).__name__}).")


def _extract(archive: tarfile.TarFile, folder: Path) -> Manifest:
    manifest: Manifest | None = None
    for entry in archive:
        content = archive.extractfile(entry) if entry.isreg() else None
        if content is None or entry.size > MAX_SIZE:
            raise SealError(f"the backup contains an unexpected entry ({entry.name[:80]!r}).")
        if manifest is None:
            if entry.name != MANIFEST:
                raise SealError("the backup has no manifest.")
            manifest = _parse_manifest(content.read())
            continue
        if not is_backup_member(entry.name):
            raise SealError(f"the backup contains an unexpected entry ({entry.name[:80]!r}).")
        target = folder / entry.name
        private_folder(target.parent)
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as output:
            while chunk := content.read(1 << 20):
                output.write(chunk)
    if manifest is None:
        raise SealError("the backup is empty.")
    return manifest


def _parse_manifest(text: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(text)
    except ValueError:
        raise SealError("the backup was written by an unknown version of uketsuke.") from None
