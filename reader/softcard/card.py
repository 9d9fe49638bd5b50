"""A card in software: command APDU in, response APDU out, as OpenSC and published probing describe the real one."""

import hmac
import secrets
import threading
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from reader.apdu import INS, SW, ApduError, Command, Response, parse_command
from reader.channel import sha256_digest_info
from reader.profile import Application, File, FileEntry, Key, Password
from reader.softcard.image import CardFile, CardImage, CardStore
from reader.softcard.rsa import load_key, sign_message

_MEMORY_FAILURE = 0x6581
_CURRENT_EF = 0x80
_MAX_SECRET = 16


class _Refused(Exception):
    def __init__(self, sw: int) -> None:
        self.sw = sw


class SoftCard:
    """One card. Locks itself, so that a reader's thread and a test's may both hold it.

    What VERIFY opened stays open over a warm reset and closes with the power.
    """

    def __init__(self, image: CardImage, store: CardStore | None = None) -> None:
        """With a `store`, every counter is durable before its answer is given; without, the card is in memory."""
        self.image: Final = image
        self._store = store
        self._profile = image.card_profile
        self._keys: dict[Key, RSAPrivateKey] = {}
        self._lock = threading.RLock()
        self._application: Application | None = None
        self._fid: int | None = None
        self._verified: set[Password] = set()

    @classmethod
    def from_file(cls, path: Path) -> "SoftCard":
        """The card kept in a file. Raises `CardFileError`."""
        file = CardFile(path)
        return cls(file.load(), file)

    @property
    def atr(self) -> bytes:
        return self._profile.atr

    @property
    def code_on_face(self) -> str:
        return self.image.code_on_face

    def power_on(self) -> None:
        self.reset()

    def power_off(self) -> None:
        with self._lock:
            self._verified.clear()
            self._deselect()

    def reset(self) -> None:
        """Warm reset: the selection is lost, the VERIFY state is not."""
        with self._lock:
            self._deselect()

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        """Answer one command APDU."""
        with self._lock:
            try:
                return self._dispatch(parse_command(apdu)).encode()
            except ApduError:
                return Response(b"", SW.WRONG_LENGTH).encode()
            except _Refused as refusal:
                return Response(b"", refusal.sw).encode()

    def _deselect(self) -> None:
        self._application = None
        self._fid = None

    def _dispatch(self, command: Command) -> Response:
        if command.cla in (0x01, 0x02, 0x03):
            raise _Refused(SW.CHANNEL_NOT_SUPPORTED)
        if command.cla not in (0x00, 0x80):
            raise _Refused(SW.CLA_NOT_SUPPORTED)
        match command.cla, command.ins:
            case 0x00, INS.SELECT:
                return self._select(command)
            case 0x00, INS.VERIFY:
                return self._verify(command)
            case 0x00, INS.READ_BINARY:
                return self._read_binary(command)
            case 0x00, INS.READ_RECORD:
                return self._read_record(command)
            case 0x00, INS.GET_CHALLENGE:
                return self._challenge(command)
            case 0x80, INS.COMPUTE_SIGNATURE:
                return self._sign(command)
            case _:
                raise _Refused(SW.INS_NOT_SUPPORTED)

    # --- selection ------------------------------------------------------------------------------------------

    def _select(self, command: Command) -> Response:
        if (command.p1, command.p2) == (0x04, 0x0C):
            application = next((app for app in self._profile.applications if app.aid == command.data), None)
            if application is None:
                raise _Refused(SW.FILE_NOT_FOUND)
            self._application, self._fid = application, None
        elif (command.p1, command.p2) == (0x02, 0x0C):
            if len(command.data) != 2:
                raise _Refused(SW.WRONG_LENGTH)
            self._fid = self._existing(int.from_bytes(command.data, "big"))
        else:
            raise _Refused(SW.WRONG_P1_P2)
        return Response(b"", SW.OK)

    def _existing(self, fid: int) -> int:
        application = self._application
        if application is not None:
            files = [file for file, entry in application.files.items() if entry.fid == fid]
            if any(file in self.image.files for file in files):
                return fid
            passwords = {entry.fid for entry in application.passwords.values()}
            keys = {entry.fid for entry in application.keys.values()}
            if fid in passwords | keys:
                return fid
        raise _Refused(SW.FILE_NOT_FOUND)

    def _named_by(self, reference: int) -> int:
        """P2 (P1 of READ BINARY): `80` the current EF, `80` + short identifier that one, which becomes current."""
        if reference & 0x60 or not reference & 0x80:
            raise _Refused(SW.WRONG_P1_P2)
        if reference & 0x1F:
            self._fid = self._existing(reference & 0x1F)
        if self._fid is None:
            raise _Refused(SW.NO_CURRENT_EF)
        return self._fid

    def _require(self, opened_by: frozenset[Password] | None) -> None:
        if opened_by is not None and not opened_by & self._verified:
            raise _Refused(SW.SECURITY_STATUS_NOT_SATISFIED)

    # --- reference data -------------------------------------------------------------------------------------

    def _verify(self, command: Command) -> Response:
        if command.p1 != 0:
            raise _Refused(SW.WRONG_P1_P2)
        fid = self._named_by(command.p2)
        assert self._application is not None
        password = next((one for one, entry in self._application.passwords.items() if entry.fid == fid), None)
        if password is None:
            raise _Refused(SW.WRONG_FILE_STRUCTURE)
        state = self.image.passwords[password]
        if not command.data:
            # The counter, even when verified: OpenSC takes 9000 here for a fault.
            return Response(b"", SW.TRIES_LEFT_0 | state.left)
        if len(command.data) > _MAX_SECRET:
            raise _Refused(SW.WRONG_LENGTH)
        if state.left == 0:
            raise _Refused(SW.REFERENCE_DATA_BLOCKED)
        right = state.reference is not None and hmac.compare_digest(command.data, state.reference.encode("ascii"))
        if right:
            self._set_counter(password, self._application.passwords[password].max_tries)
            self._verified.add(password)
            return Response(b"", SW.OK)
        self._verified.discard(password)
        self._set_counter(password, state.left - 1)
        return Response(b"", SW.TRIES_LEFT_0 | state.left)

    def _set_counter(self, password: Password, left: int) -> None:
        state = self.image.passwords[password]
        if state.left == left:
            return
        state.left = left
        if self._store is not None:
            try:
                self._store.save(self.image)
            except OSError:
                raise _Refused(_MEMORY_FAILURE) from None

    # --- files ----------------------------------------------------------------------------------------------

    def _content(self, fid: int, *, record: bool) -> bytes:
        assert self._application is not None
        found: tuple[File, FileEntry] | None = next(
            ((file, entry) for file, entry in self._application.files.items() if entry.fid == fid), None
        )
        if found is None or found[1].record != record:
            raise _Refused(SW.WRONG_FILE_STRUCTURE)
        self._require(found[1].opened_by)
        return self.image.files[found[0]]

    def _read_binary(self, command: Command) -> Response:
        if command.p1 & 0x80:
            fid, offset = self._named_by(command.p1), command.p2
        else:
            fid, offset = self._named_by(_CURRENT_EF), command.p1 << 8 | command.p2
        content = self._content(fid, record=False)
        if command.le is None or command.data:
            raise _Refused(SW.WRONG_LENGTH)
        if offset >= len(content):
            raise _Refused(SW.WRONG_OFFSET)
        return Response(content[offset : offset + command.le], SW.OK)

    def _read_record(self, command: Command) -> Response:
        if command.p2 & 0x07 != 0x04:
            raise _Refused(SW.WRONG_P1_P2)
        content = self._content(self._named_by(0x80 | command.p2 >> 3), record=True)
        if command.p1 != 1:
            raise _Refused(SW.RECORD_NOT_FOUND)
        if command.le is None or command.data:
            raise _Refused(SW.WRONG_LENGTH)
        return Response(content[: command.le], SW.OK)

    # --- keys -----------------------------------------------------------------------------------------------

    def _challenge(self, command: Command) -> Response:
        if command.p1 or command.p2:
            raise _Refused(SW.WRONG_P1_P2)
        if command.le is None or command.le > 256 or command.data:
            raise _Refused(SW.WRONG_LENGTH)
        return Response(secrets.token_bytes(command.le), SW.OK)

    def _sign(self, command: Command) -> Response:
        if command.p1 > 0x05:
            raise _Refused(SW.WRONG_P1_P2)
        if self._application is None:
            raise _Refused(SW.NO_CURRENT_EF)
        fid = None if command.p2 == 0x00 else self._named_by(command.p2)
        key = next((one for one, entry in self._application.keys.items() if entry.fid == fid), None)
        if key is None:
            raise _Refused(SW.WRONG_FILE_STRUCTURE if fid is not None else SW.WRONG_P1_P2)
        self._require(self._application.keys[key].opened_by)
        if key not in self.image.keys:
            raise _Refused(SW.CONDITIONS_NOT_SATISFIED)
        if not command.data:
            raise _Refused(SW.WRONG_LENGTH)
        return Response(_signature(self._private(key), command.p1, bytes(command.data)), SW.OK)

    def _private(self, key: Key) -> RSAPrivateKey:
        if key not in self._keys:
            self._keys[key] = load_key(self.image.keys[key])
        return self._keys[key]


def _signature(key: RSAPrivateKey, variant: int, data: bytes) -> bytes:
    """P1: `00` pads what it is given; `01` `03` `05` hash it first; `02` `04` take a digest; `04` `05` are PSS."""
    if variant in (0x01, 0x03, 0x05):
        digest = Hash(SHA256())
        digest.update(data)
        data = digest.finalize()
    elif variant in (0x02, 0x04) and len(data) != 32:
        raise _Refused(SW.WRONG_LENGTH)
    if variant in (0x04, 0x05):
        return key.sign(data, PSS(MGF1(SHA256()), PSS.DIGEST_LENGTH), Prehashed(SHA256()))
    try:
        return sign_message(key, sha256_digest_info(data) if variant in (0x02, 0x03) else data)
    except ValueError:
        raise _Refused(SW.WRONG_LENGTH) from None
