"""The printed code's effects: read by a camera, or by another scanner."""

import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from reader.link import CodeScanner
from reader.printed_code import CodeFault, Era, EraDate, WesternDate, build_printed_code, check_printed_code
from terminal.conductor.card_camera import CardCamera
from terminal.conductor.patient import Patient, wipe_buffer
from terminal.conductor.worker import Worker
from terminal.session.effects import ScanCode
from terminal.session.events import (
    CodeGuided,
    CodeNotScanned,
    CodeScanned,
    Event,
    FrontGuided,
    FrontNotShown,
)
from vision.printed.guidance import CardGuidance

if TYPE_CHECKING:
    from vision.printed.fields import PrintedFields

_ERAS = {"明治": Era.MEIJI, "大正": Era.TAISHO, "昭和": Era.SHOWA, "平成": Era.HEISEI, "令和": Era.REIWA}


class PrintedDesk:
    def __init__(self, scanner: CodeScanner | CardCamera | None) -> None:
        self._scanner = scanner
        self._worker = Worker("printed")
        self._stop = threading.Event()

    @property
    def by_camera(self) -> bool:
        """Whether a card can be shown before it is put down."""
        return isinstance(self._scanner, CardCamera)

    def start(self) -> None:
        if isinstance(self._scanner, CardCamera):
            self._scanner.start()

    async def warm_up(self) -> None:
        """Load the text recogniser before the first patient comes."""
        if isinstance(self._scanner, CardCamera):
            await self._worker.run(self._scanner.warm_up)

    async def scan(self, effect: ScanCode, patient: Patient, post: Callable[[Event], None]) -> Event:
        """Read the code of the card that lies there into `patient`; what was read of it in part as well."""
        ids = (effect.reception, effect.effect)
        self._stop = stop = threading.Event()

        def guided(guidance: CardGuidance) -> None:
            post(CodeGuided(*ids, guidance))

        code = await self._worker.run(self._scanned, effect.expiry, guided, stop, patient)
        if code is None:
            return CodeNotScanned(*ids)
        patient.put_code(code)
        return CodeScanned(*ids)

    def _scanned(
        self, expiry: date | None, guided: Callable[[CardGuidance], None], stop: threading.Event, patient: Patient
    ) -> bytearray | None:
        scanner = self._scanner
        if scanner is None or patient.wiped:
            return None
        if not isinstance(scanner, CardCamera):
            return _checked(scanner.scan())
        if expiry is None:
            # nothing to compare the front with: it might be another card's
            return None
        fields = scanner.read(expiry, guided, stop)
        try:
            code = code_of(fields)
            if code is None:
                patient.put_code_read(digits_of(fields, expiry))
            return code
        finally:
            fields.wipe()

    async def look_for_front(
        self, post: Callable[[Event], None], shown: Callable[[bytearray, date], None]
    ) -> Event | None:
        """Read a front before its card is put down; `shown` takes over code and last day. None where it was stopped."""
        scanner = self._scanner
        if not isinstance(scanner, CardCamera):
            return FrontNotShown()
        self._stop = stop = threading.Event()
        fields = await self._worker.run(scanner.read, None, lambda guidance: post(FrontGuided(guidance)), stop)
        try:
            code, expiry = code_of(fields), fields.expiry
        finally:
            fields.wipe()
        if code is None or expiry is None:
            return None if stop.is_set() else FrontNotShown()
        if stop.is_set():
            wipe_buffer(code)
        else:
            shown(code, expiry)
        return None

    def stop(self) -> None:
        """Stop looking; what was seen is wiped."""
        self._stop.set()

    def close(self) -> None:
        self.stop()
        self._worker.close()
        if isinstance(self._scanner, CardCamera):
            self._scanner.close()


def code_of(fields: "PrintedFields") -> bytearray | None:
    """The 14 digits of a front that was read whole, in a buffer the caller overwrites; None otherwise."""
    birth, expiry = fields.birth, fields.expiry
    if birth is None or expiry is None or not fields.whole:
        return None
    if birth.era is None:
        printed: EraDate | WesternDate = WesternDate(birth.year, birth.month, birth.day)
    else:
        printed = EraDate(_ERAS[birth.era], birth.year, birth.month, birth.day)
    code = build_printed_code(printed, expiry.year, fields.security)
    return None if isinstance(code, CodeFault) else code


def digits_of(fields: "PrintedFields", expiry: date) -> bytearray:
    """The 14 places of a code, as far as they were read: a space for each doubtful digit."""
    birth = fields.birth
    day = b" " * 6 if birth is None else b"%02d%02d%02d" % (birth.year % 100, birth.month, birth.day)
    return bytearray(day + b"%04d" % expiry.year + fields.security)


def _checked(code: bytearray | None) -> bytearray | None:
    """What a scanner handed over, if it can be a code."""
    if code is None or check_printed_code(code) is None:
        return code
    wipe_buffer(code)
    return None
