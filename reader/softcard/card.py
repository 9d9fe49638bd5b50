"""Software card, modelled on OpenSC and on published tests of real cards."""

import hmac
import secrets
import threading
from pathlib import Path
from typing import Final, Protocol

from reader.apdu import INS, SHORT_LE_MAX, SW, ApduError, Command, Response, parse_command
from reader.profile import Application, File, FileEntry, Key, Password, PasswordEntry
from reader.softcard.card_image import CardFile, CardImage, CardStore, PasswordState
from reader.softcard.keys import VARIANTS, CardPrivateKey, compute_signature, load_card_key

_CURRENT_EF = 0x80
_MAX_SECRET = 16
_SECURE_MESSAGING = (0x08, 0x0C)
"""Secure messaging command classes."""
_SECURITY_DOMAIN = bytes.fromhex("A0000001510000")
"""AID of the GlobalPlatform security domain, which is selected after power-up and supports GET DATA."""


class _Refusal(Exception):
    def __init__(self, sw: int) -> None:
        self.sw = sw


class Card(Protocol):
    """Card that can be inserted into a simulated slot or the virtual reader."""

    @property
    def atr(self) -> bytes: ...

    @property
    def printed_code(self) -> str: ...

    def power_on(self) -> None: ...

    def power_off(self) -> None: ...

    def reset(self) -> None: ...

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        """Return the response to a command APDU. Raises `CardVanished` if a scripted fault removes the card."""


class CardVanished(Exception):
    """A scripted fault removed or silenced the card during a command."""

    def __init__(self, *, mute: bool = False, part: bytes = b"") -> None:
        super().__init__("the card is mute" if mute else "the card was removed")
        self.mute = mute
        self.part = part
        """Bytes of the response transmitted before the removal."""


class SoftCard:
    """Thread-safe software card.

    A warm reset preserves the VERIFY state; power-off clears it.
    """

    def __init__(
        self, image: CardImage, store: CardStore | None = None, *, refuses_first_command: bool = False
    ) -> None:
        """`store`: storage in which changed counters are saved before the response is returned; None for memory only.

        `refuses_first_command`: answer `6F00` to the first command after power-up, as some real cards do.
        """
        self.image: Final = image
        self._store = store
        self._profile = image.card_profile
        self._keys: dict[Key, CardPrivateKey] = {}
        self._refuses_first_command: Final = refuses_first_command
        self._refuse_next = refuses_first_command
        self._lock = threading.RLock()
        self._application: Application | None = None
        self._fid: int | None = None
        self._verified: set[Password] = set()
        self.owner_confirms = True
        """Whether the owner passes the phone's verification."""

    @classmethod
    def from_file(cls, path: Path) -> "SoftCard":
        """Load a card from a file. Raises `CardFileError`."""
        file = CardFile(path)
        return cls(file.load(), file)

    @property
    def atr(self) -> bytes:
        return self._profile.atr

    @property
    def printed_code(self) -> str:
        return self.image.printed_code

    def power_on(self) -> None:
        self.reset()

    def power_off(self) -> None:
        with self._lock:
            self._verified.clear()
            self._refuse_next = self._refuses_first_command
            self._deselect()

    def reset(self) -> None:
        """Perform a warm reset, which clears the selection and preserves the VERIFY state."""
        with self._lock:
            self._deselect()

    def transmit(self, apdu: bytes | bytearray) -> bytes:
        """Return the response to a command APDU."""
        with self._lock:
            if self._refuse_next:
                self._refuse_next = False
                return Response(b"", SW.NO_DIAGNOSIS).encode()
            try:
                return self._dispatch(parse_command(apdu)).encode()
            except ApduError:
                return Response(b"", SW.WRONG_LENGTH).encode()
            except _Refusal as refusal:
                return Response(b"", refusal.sw).encode()

    @property
    def _is_card(self) -> bool:
        return Key.CHIP in self.image.keys

    def _deselect(self) -> None:
        self._application = None
        self._fid = None

    def _dispatch(self, command: Command) -> Response:
        if self._profile.storage_card:
            raise _Refusal(self._profile.unknown_application)
        if command.cla in (0x01, 0x02, 0x03):
            raise _Refusal(SW.CHANNEL_NOT_SUPPORTED)
        if command.cla in _SECURE_MESSAGING:
            selects = command.ins == INS.SELECT
            raise _Refusal(SW.SECURE_MESSAGING_NOT_SUPPORTED if selects else SW.NO_SECURE_MESSAGING_SESSION)
        if command.cla not in (0x00, 0x80):
            raise _Refusal(SW.CLA_NOT_SUPPORTED)
        match command.cla, command.ins:
            case 0x00, INS.SELECT:
                return self._select(command)
            case 0x00, INS.VERIFY:
                return self._verify(command)
            case 0x00, INS.READ_BINARY:
                return self._read_binary(command)
            case 0x00, INS.READ_RECORD:
                return self._read_record(command)
            case 0x00, INS.CHANGE_REFERENCE_DATA:
                return self._change(command, p1=0x01)
            case 0x80, INS.CHANGE_PASSWORD:
                return self._change(command, p1=0x00)
            case 0x00, INS.GET_CHALLENGE:
                return self._challenge(command)
            case 0x00, INS.GET_DATA:
                return self._get_data(command)
            case 0x80, INS.SET_SESSION_KEY:
                return self._set_session_key()
            case 0x80, INS.SET_PUBLIC_KEY:
                raise _Refusal(SW.WRONG_P1_P2)
            case 0x80, INS.LAST_COMMAND:
                if not self._profile.verifies_its_owner:
                    raise _Refusal(SW.WRONG_LENGTH)
                return Response(b"", SW.OK)
            case 0x80, INS.COMPUTE_SIGNATURE:
                return self._sign(command)
            case _:
                raise _Refusal(SW.INS_NOT_SUPPORTED)

    def _set_session_key(self) -> Response:
        """Refuse secure messaging, which only the text application supports after its PIN. It is not modelled."""
        files = () if self._application is None else self._application.files
        if File.TOKEN_INFO in files or File.RESIDENTS_KEY_REFERENCE in files:
            raise _Refusal(SW.SECURITY_STATUS_NOT_SATISFIED)
        if File.TEXT_INFO in files:
            self._require(frozenset({Password.TEXT_PIN}))
        raise _Refusal(SW.SESSION_KEY_REFUSED)

    # --- selection ------------------------------------------------------------------------------------------

    def _select(self, command: Command) -> Response:
        if (command.p1, command.p2) == (0x04, 0x0C) and command.data == _SECURITY_DOMAIN and self._is_card:
            self._deselect()
        elif (command.p1, command.p2) == (0x04, 0x0C):
            application = next((app for app in self._profile.applications if app.aid == command.data), None)
            if application is None:
                raise _Refusal(self._profile.unknown_application)
            self._application, self._fid = application, None
        elif (command.p1, command.p2) == (0x02, 0x0C):
            if len(command.data) != 2:
                raise _Refusal(SW.WRONG_LENGTH)
            self._fid = self._require_existing(int.from_bytes(command.data, "big"))
        elif (command.p1, command.p2) == (0x00, 0x00):
            self._select_nothing(command.data)
        else:
            raise _Refusal(SW.WRONG_P1_P2)
        return Response(b"", SW.OK)

    def _select_nothing(self, data: bytes | bytearray) -> None:
        """Handle SELECT with P1-P2 `0000` like the real card, which has no master file."""
        if data == b"\x3f\x00":
            raise _Refusal(SW.FILE_NOT_FOUND)
        if data or self._application is None:
            raise _Refusal(SW.WRONG_P1_P2)

    def _require_existing(self, fid: int) -> int:
        application = self._application
        if application is not None:
            files = [file for file, entry in application.files.items() if entry.fid == fid]
            if any(file in self.image.files for file in files):
                return fid
            passwords = {
                entry.fid for password, entry in application.passwords.items() if password in self.image.passwords
            }
            keys = {entry.fid for entry in application.keys.values()}
            if fid in passwords | keys:
                return fid
        raise _Refusal(SW.FILE_NOT_FOUND)

    def _referenced_ef(self, reference: int) -> int:
        """Return the EF referenced by P2 (P1 of READ BINARY): `80` is the current EF, `80` + short identifier selects
        an EF.
        """
        if reference & 0x60 or not reference & 0x80:
            raise _Refusal(SW.WRONG_P1_P2)
        if reference & 0x1F:
            self._fid = self._require_existing(reference & 0x1F)
        if self._fid is None:
            raise _Refusal(SW.NO_CURRENT_EF)
        return self._fid

    def _require(self, opened_by: frozenset[Password] | None) -> None:
        if opened_by is not None and not opened_by & self._verified:
            raise _Refusal(SW.SECURITY_STATUS_NOT_SATISFIED)

    # --- reference data -------------------------------------------------------------------------------------

    def _password(self, reference: int) -> tuple[Password, PasswordEntry, PasswordState]:
        fid = self._referenced_ef(reference)
        assert self._application is not None
        for password, entry in self._application.passwords.items():
            if entry.fid == fid:
                return password, entry, self.image.passwords[password]
        raise _Refusal(SW.WRONG_FILE_STRUCTURE)

    def _verify(self, command: Command) -> Response:
        if command.p1 != 0:
            raise _Refusal(SW.WRONG_P1_P2)
        password, entry, state = self._password(command.p2)
        if not command.data:
            # return the counter even if verified, because OpenSC handles 9000 as an error here
            return Response(b"", SW.TRIES_LEFT_0 | state.left)
        if len(command.data) > _MAX_SECRET:
            raise _Refusal(SW.WRONG_LENGTH)
        if state.left == 0:
            raise _Refusal(SW.REFERENCE_DATA_BLOCKED)
        matches = state.reference is not None and hmac.compare_digest(command.data, state.reference.encode("ascii"))
        if matches:
            self._set_counter(password, entry.max_tries)
            self._verified.add(password)
            return Response(b"", SW.OK)
        self._verified.discard(password)
        self._set_counter(password, state.left - 1)
        return Response(b"", SW.TRIES_LEFT_0 | state.left)

    def _change(self, command: Command, *, p1: int) -> Response:
        """Change a password. The old password must be verified, and the command contains only the new one."""
        if command.p1 != p1:
            raise _Refusal(SW.WRONG_P1_P2)
        password, entry, state = self._password(command.p2)
        if entry.lengths is None:
            raise _Refusal(SW.CONDITIONS_NOT_SATISFIED)
        if state.left == 0:
            raise _Refusal(SW.REFERENCE_DATA_BLOCKED)
        self._require(frozenset({password}))
        shortest, longest = entry.lengths
        if not shortest <= len(command.data) <= longest:
            raise _Refusal(SW.WRONG_LENGTH)
        if not bytes(command.data).isalnum():
            raise _Refusal(SW.WRONG_DATA)
        state.reference = bytes(command.data).decode("ascii")
        self._save()
        return Response(b"", SW.OK)

    def _set_counter(self, password: Password, left: int) -> None:
        state = self.image.passwords[password]
        if state.left == left:
            return
        state.left = left
        self._save()

    def _save(self) -> None:
        if self._store is not None:
            try:
                self._store.save(self.image)
            except OSError:
                raise _Refusal(SW.MEMORY_FAILURE) from None

    # --- files ----------------------------------------------------------------------------------------------

    def _content(self, fid: int, *, record: bool) -> bytes:
        assert self._application is not None
        entries = self._application.files.items()
        file: tuple[File, FileEntry] | None = next((item for item in entries if item[1].fid == fid), None)
        if file is None or file[1].record != record:
            raise _Refusal(SW.WRONG_FILE_STRUCTURE)
        self._require(file[1].opened_by)
        return self.image.files[file[0]]

    def _read_binary(self, command: Command) -> Response:
        if command.p1 & 0x80:
            fid, offset = self._referenced_ef(command.p1), command.p2
        else:
            fid, offset = self._referenced_ef(_CURRENT_EF), command.p1 << 8 | command.p2
        content = self._content(fid, record=False)
        if command.le is None or command.data:
            raise _Refusal(SW.WRONG_LENGTH)
        if offset >= len(content):
            raise _Refusal(SW.WRONG_OFFSET)
        return Response(content[offset : offset + command.le], SW.OK)

    def _read_record(self, command: Command) -> Response:
        if command.p2 & 0x07 != 0x04:
            raise _Refusal(SW.WRONG_P1_P2)
        content = self._content(self._referenced_ef(0x80 | command.p2 >> 3), record=True)
        if command.p1 != 1:
            raise _Refusal(SW.RECORD_NOT_FOUND)
        if command.le is None or command.data:
            raise _Refusal(SW.WRONG_LENGTH)
        return Response(content[: command.le], SW.OK)

    def _get_data(self, command: Command) -> Response:
        """Return a data object of the security domain. CV certificates are not modelled."""
        if command.le is None or command.data:
            raise _Refusal(SW.WRONG_LENGTH)
        if self._application is not None:
            raise _Refusal(SW.REFERENCE_NOT_FOUND)
        record = self.image.files.get(File.CARD_EXPIRY, b"")[2:]
        values = {0x0045: record[:15], 0x00F0: record[15:20], 0x00F2: record[20:28], 0x5F51: self.atr}
        value = values.get(command.p1 << 8 | command.p2)
        if not value:
            raise _Refusal(SW.REFERENCE_NOT_FOUND)
        return Response(value[: command.le], SW.OK)

    # --- keys -----------------------------------------------------------------------------------------------

    def _challenge(self, command: Command) -> Response:
        if command.p1 or command.p2:
            raise _Refusal(SW.WRONG_P1_P2)
        if command.le is None or command.data:
            raise _Refusal(SW.WRONG_LENGTH)
        if command.le > SHORT_LE_MAX:
            raise _Refusal(SW.CONDITIONS_NOT_SATISFIED)
        return Response(secrets.token_bytes(command.le), SW.OK)

    def _sign(self, command: Command) -> Response:
        if command.p1 not in VARIANTS:
            raise _Refusal(SW.WRONG_P1_P2)
        if self._application is None:
            raise _Refusal(SW.NO_CURRENT_EF)
        fid = None if command.p2 == 0x00 else self._referenced_ef(command.p2)
        key = next((key for key, entry in self._application.keys.items() if entry.fid == fid), None)
        if key is None:
            raise _Refusal(SW.WRONG_FILE_STRUCTURE if fid is not None else SW.WRONG_P1_P2)
        self._require(self._application.keys[key].opened_by)
        if self._profile.verifies_its_owner and not self.owner_confirms:
            raise _Refusal(SW.CONDITIONS_NOT_SATISFIED)
        if key not in self.image.keys:
            raise _Refusal(SW.CONDITIONS_NOT_SATISFIED)
        if not command.data:
            raise _Refusal(SW.WRONG_LENGTH)
        try:
            return Response(compute_signature(self._private(key), command.p1, bytes(command.data)), SW.OK)
        except ValueError:
            raise _Refusal(SW.WRONG_LENGTH) from None

    def _private(self, key: Key) -> CardPrivateKey:
        if key not in self._keys:
            self._keys[key] = load_card_key(self.image.keys[key])
        return self._keys[key]
