"""Perform printed code effects: read the code with a camera or another scanner."""

import threading
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from reader.link import CodeScanner
from reader.printed_code import CodeFault, Era, EraDate, WesternDate, build_printed_code, check_printed_code
from terminal.conductor.code_camera import CodeCamera
from terminal.conductor.secret_buffers import wipe_buffer
from terminal.conductor.wiped_patient_data import Patient
from terminal.conductor.worker import Worker
from terminal.session.effects import ReadFront, ScanCode
from terminal.session.events import (
    CodeNotScanned,
    CodeScanned,
    Event,
    FrontGuidance,
    FrontNotShown,
    FrontRead,
    ScanGuidance,
)
from vision.printed.card_guidance import CardGuidance

if TYPE_CHECKING:
    from vision.printed.fields import PrintedFields

_ERAS = {"明治": Era.MEIJI, "大正": Era.TAISHO, "昭和": Era.SHOWA, "平成": Era.HEISEI, "令和": Era.REIWA}


class PrintedDesk:
    def __init__(self, scanner: CodeScanner | CodeCamera | None) -> None:
        self._scanner = scanner
        self._worker = Worker("printed")
        self._stop = threading.Event()
        self._stop_ahead = threading.Event()

    @property
    def by_camera(self) -> bool:
        """Whether a camera reads the code. If so, patients can show the card before putting it down."""
        return isinstance(self._scanner, CodeCamera)

    @property
    def over_reader(self) -> bool:
        """Whether the camera is mounted above the reader."""
        return isinstance(self._scanner, CodeCamera) and self._scanner.over_reader

    def start(self) -> None:
        if isinstance(self._scanner, CodeCamera):
            self._scanner.start()

    async def warm_up(self) -> None:
        """Load the text recogniser before the first patient arrives."""
        if isinstance(self._scanner, CodeCamera):
            await self._worker.run(self._scanner.warm_up)

    async def scan(self, effect: ScanCode, patient: Patient, post: Callable[[Event], None]) -> Event:
        """Read the card's printed code, or a part of it, into `patient`."""
        ids = (effect.reception, effect.effect)
        self._stop = stop = threading.Event()
        self._stop_ahead.set()

        def on_guidance(guidance: CardGuidance) -> None:
            post(ScanGuidance(*ids, guidance))

        code, pinless = await self._worker.run(self._scan, effect.expiry, on_guidance, stop, patient)
        if code is not None and stop.is_set():  # a typed code may be on its way to the card
            wipe_buffer(code)
            code = None
        if code is None:
            return CodeNotScanned(*ids, pinless)
        patient.put_code(code)
        return CodeScanned(*ids, pinless)

    def _scan(
        self, expiry: date | None, on_guidance: Callable[[CardGuidance], None], stop: threading.Event, patient: Patient
    ) -> tuple[bytearray | None, bool]:
        """Return the code or None, and whether the front shows that the card was issued without a PIN."""
        scanner = self._scanner
        if scanner is None or patient.wiped:
            return None, False
        if not isinstance(scanner, CodeCamera):
            return _valid_or_wiped(scanner.scan()), False
        if expiry is None:
            # a front cannot be matched to this card
            return None, False
        front = patient.take_front(expiry)
        if front is not None:
            return front, False  # `read_ahead` reported whether the card has a PIN
        fields = scanner.read(expiry, on_guidance, stop)
        try:
            code = complete_code(fields)
            if code is None:
                patient.put_code_read(partial_digits(fields, expiry))
            return code, fields.pinless and fields.expiry == expiry
        finally:
            fields.wipe()

    async def read_ahead(self, effect: ReadFront, patient: Patient) -> Event | None:
        """Read the front of the card on the reader into `patient`. Stop when the code is requested."""
        self._stop_ahead = stop = threading.Event()
        return await self._worker.run(self._read_ahead, effect.reception, patient, stop)

    def _read_ahead(self, reception: str, patient: Patient, stop: threading.Event) -> FrontRead | None:
        scanner = self._scanner
        if not isinstance(scanner, CodeCamera) or patient.wiped:
            return None
        fields = scanner.read(None, lambda guidance: None, stop)
        try:
            code, expiry = complete_code(fields), fields.expiry
            if expiry is None:
                return None
            if code is not None:
                patient.put_front(code, expiry)
            return FrontRead(reception, expiry, fields.pinless)
        finally:
            fields.wipe()

    async def look_for_front(
        self, post: Callable[[Event], None], on_code: Callable[[bytearray, date, bool], None]
    ) -> Event | None:
        """Read the front of a card before it is put down. Return `FrontNotShown` if no front was read in time.

        `on_code` is called with the code, the expiry date and whether the card was issued without a PIN. It takes
        ownership of the code.
        """
        scanner = self._scanner
        if not isinstance(scanner, CodeCamera):
            return FrontNotShown()
        self._stop = stop = threading.Event()
        fields = await self._worker.run(scanner.read, None, lambda guidance: post(FrontGuidance(guidance)), stop)
        try:
            code, expiry, pinless = complete_code(fields), fields.expiry, fields.pinless
        finally:
            fields.wipe()
        if code is None or expiry is None:
            return None if stop.is_set() else FrontNotShown()
        if stop.is_set():
            wipe_buffer(code)
        else:
            on_code(code, expiry, pinless)
        return None

    def stop(self) -> None:
        """Stop scanning and wipe what has been read."""
        self._stop.set()
        self._stop_ahead.set()

    def close(self) -> None:
        self.stop()
        self._worker.close()
        if isinstance(self._scanner, CodeCamera):
            self._scanner.close()


def complete_code(fields: "PrintedFields") -> bytearray | None:
    """Return the 14-digit code of a completely read front, or None. The caller must overwrite the buffer."""
    birth, expiry = fields.birth, fields.expiry
    if birth is None or expiry is None or not fields.complete:
        return None
    if birth.era is None:
        printed: EraDate | WesternDate = WesternDate(birth.year, birth.month, birth.day)
    else:
        printed = EraDate(_ERAS[birth.era], birth.year, birth.month, birth.day)
    code = build_printed_code(printed, expiry.year, fields.security)
    return None if isinstance(code, CodeFault) else code


def partial_digits(fields: "PrintedFields", expiry: date) -> bytearray:
    """Return the 14 characters of a partially read code, with a space for each low-confidence digit."""
    birth = fields.birth
    day = b" " * 6 if birth is None else b"%02d%02d%02d" % (birth.year % 100, birth.month, birth.day)
    return bytearray(day + b"%04d" % expiry.year + fields.security)


def _valid_or_wiped(code: bytearray | None) -> bytearray | None:
    """Return the scanner's result if it is a well-formed code, otherwise wipe it and return None."""
    if code is None or check_printed_code(code) is None:
        return code
    wipe_buffer(code)
    return None
