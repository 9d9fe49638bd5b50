"""The card commands this room uses (ISO/IEC 7816-4), over one link. Below the verbs, above the bytes."""

from typing import Final

from reader.apdu import INS, SHORT_LE_MAX, SW, Command, Response, parse_response, tries_left
from reader.link import CardLink
from reader.profile import Application
from reader.tlv import MalformedCardData, total_length

MAX_FILE_LENGTH: Final = 0x8000
"""READ BINARY's offset has 15 bits."""
_CURRENT_EF = 0x80
_SHA256_DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")


class StatusError(Exception):
    """A status word that the command was not expected to answer with."""

    def __init__(self, sw: int) -> None:
        super().__init__(f"status word {sw:04X}")
        self.sw = sw


def sha256_digest_info(digest: bytes) -> bytes:
    """DER DigestInfo of RFC 8017 for a SHA-256 digest, 51 bytes for 32."""
    if len(digest) != 32:
        raise ValueError("a SHA-256 digest has 32 bytes")
    return _SHA256_DIGEST_INFO + digest


class Channel:
    """Remembers the selected application: selecting it again could cost the VERIFY state on some cards."""

    def __init__(self, link: CardLink, chunk: int = SHORT_LE_MAX) -> None:
        self._link = link
        self._chunk = chunk
        self._application: Application | None = None
        self._woken = False

    def send(self, command: Command) -> Response:
        encoded = command.encode()
        try:
            response = parse_response(self._link.transmit(encoded))
            if response.sw == SW.NO_DIAGNOSIS and not self._woken:
                # Some cards refuse the very first command after power-up, whatever it is. It is always a SELECT here.
                response = parse_response(self._link.transmit(encoded))
            self._woken = True
            return response
        finally:
            encoded[:] = bytes(len(encoded))

    def _expect_ok(self, command: Command) -> Response:
        response = self.send(command)
        if not response.ok:
            raise StatusError(response.sw)
        return response

    def select(self, application: Application) -> bool:
        """False where the card has no such application."""
        if self._application is application:
            return True
        response = self.send(Command(0x00, INS.SELECT, 0x04, 0x0C, application.aid))
        if response.sw == SW.FILE_NOT_FOUND:
            return False
        if not response.ok:
            raise StatusError(response.sw)
        self._application = application
        return True

    def select_file(self, fid: int) -> None:
        self._expect_ok(Command(0x00, INS.SELECT, 0x02, 0x0C, fid.to_bytes(2, "big")))

    def read_file(self, fid: int) -> bytearray:
        """A whole file that is one BER-TLV object, without the fill bytes behind it, in a buffer of our own.

        The first block tells the length, so no command is spent on asking for it.
        """
        self.select_file(fid)
        first = self._read_binary(0, self._chunk)
        length = total_length(first)
        if length > MAX_FILE_LENGTH:
            raise MalformedCardData("file longer than READ BINARY reaches")
        content = bytearray(length)
        done = min(len(first), length)
        content[:done] = first[:done]
        while done < length:
            block = self._read_binary(done, min(self._chunk, length - done))
            if not block:
                raise MalformedCardData("file shorter than it says")
            block = block[: length - done]
            content[done : done + len(block)] = block
            done += len(block)
        return content

    def read_start(self, fid: int, length: int) -> bytes:
        self.select_file(fid)
        return self._read_binary(0, length)

    def _read_binary(self, offset: int, length: int) -> bytes:
        response = self.send(Command(0x00, INS.READ_BINARY, offset >> 8, offset & 0xFF, le=length))
        if response.sw not in (SW.OK, SW.END_OF_FILE):
            raise StatusError(response.sw)
        return response.data

    def read_record(self, fid: int, number: int) -> bytes:
        """Record `number` of the file, named by its short identifier."""
        command = Command(0x00, INS.READ_RECORD, number, (fid & 0x1F) << 3 | 0x04, le=SHORT_LE_MAX)
        return self._expect_ok(command).data

    def tries_left(self, fid: int) -> int | None:
        """The counter of reference data, read by an empty VERIFY; None where the card answers "verified" instead."""
        self.select_file(fid)
        response = self.send(Command(0x00, INS.VERIFY, 0x00, _CURRENT_EF))
        if response.ok:
            return None
        left = tries_left(response.sw)
        if left is None:
            raise StatusError(response.sw)
        return left

    def verify_current(self, secret: bytearray) -> int:
        """VERIFY against the reference data selected last. Returns the status word."""
        return self.send(Command(0x00, INS.VERIFY, 0x00, _CURRENT_EF, secret)).sw

    def sign_digest(self, digest: bytes, fid: int | None) -> bytes:
        """PKCS#1 v1.5 over the SHA-256 digest with the key `fid`, or with the application's default key for None."""
        if fid is not None:
            self.select_file(fid)
        p2 = 0x00 if fid is None else _CURRENT_EF
        command = Command(0x80, INS.COMPUTE_SIGNATURE, 0x00, p2, sha256_digest_info(digest), le=SHORT_LE_MAX)
        return self._expect_ok(command).data
