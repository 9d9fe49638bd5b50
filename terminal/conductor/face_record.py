"""Read the face record from the card and encode its photo in parallel."""

import asyncio

from reader.facts import Authenticity
from terminal.conductor.camera_desk import CameraDesk
from terminal.conductor.card_desk import CardDesk
from terminal.conductor.wiped_patient_data import Patient
from terminal.session import effects as fx
from terminal.session import events as ev


async def open_face_record(card: CardDesk, camera: CameraDesk, effect: fx.OpenFaceRecord, patient: Patient) -> ev.Event:
    """Open the face record with the printed code and return its facts, or why it could not be opened."""
    loop = asyncio.get_running_loop()
    encoding_tasks: list[asyncio.Task[bool]] = []

    def begin(photo: bytearray) -> None:
        encoding_tasks.append(loop.create_task(camera.encode_photo(patient, photo)))

    def on_photo(photo: bytearray) -> None:
        # runs on the card thread
        loop.call_soon_threadsafe(begin, photo)

    try:
        opened = await card.open_record(effect, patient, on_photo)
    finally:
        usable = (await asyncio.gather(*encoding_tasks)) == [True]
    if not isinstance(opened, tuple):
        return opened
    record, authenticity = opened
    patient.genuine = authenticity is Authenticity.GENUINE and not patient.wiped
    facts = ev.RecordFacts(authenticity.value, record.photo_jp2 is not None, usable)
    return ev.RecordOpened(effect.reception, effect.effect, facts)
