"""Tests for rendering sentences in a separate process and caching those without personal values."""

import asyncio
import shutil
import stat
import sys
import wave
from io import BytesIO
from pathlib import Path

import pytest

from config.settings import Settings
from terminal.voice.engines import NoVoice, voice_for
from terminal.voice.library import Library, fill
from terminal.voice.renderer import Renderer
from terminal.voice.repertoire import repertoire
from terminal.voice.tones import tone
from terminal.voice.utterance import SpokenSentence, Tone
from terminal.voice.wav import duration, scale_volume
from terminal.words.catalogue import speaker

needs_espeak = pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is missing (run make setup)")
STORED = SpokenSentence("Please take your card", "en", private=False, cacheable=True)
WITH_VALUE = SpokenSentence("2 tries left", "en", private=False, cacheable=False)


async def _wavs(folder: Path, *sentences: SpokenSentence) -> list[bytes]:
    renderer = Renderer()
    library = Library(folder, renderer.render)
    try:
        return [await library.wav(sentence) for sentence in sentences]
    finally:
        renderer.close()


@needs_espeak
def test_only_sentences_without_values_are_stored(tmp_path: Path) -> None:
    folder = tmp_path / "voice"
    wavs = asyncio.run(_wavs(folder, STORED, WITH_VALUE))
    assert all(duration(wav) > 0.5 for wav in wavs)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.read_bytes() for path in files] == [wavs[0]]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())} == {0o700}


@needs_espeak
@pytest.mark.skipif(sys.platform != "linux", reason="/proc")
def test_speech_process_writes_no_core_file() -> None:
    async def limits() -> list[str]:
        renderer = Renderer()
        try:
            await renderer.render("2 tries left", "en")
            assert renderer._process is not None
            return Path(f"/proc/{renderer._process.pid}/limits").read_text().splitlines()
        finally:
            renderer.close()

    (core,) = [line.split()[4:6] for line in asyncio.run(limits()) if line.startswith("Max core file size")]
    assert core == ["0", "0"]


def test_stored_sentences_require_no_voice(tmp_path: Path) -> None:
    async def raise_no_voice(*_: object, **__: object) -> bytes:
        raise NoVoice("none")

    library = Library(tmp_path, raise_no_voice)
    path = library.path(STORED)
    path.parent.mkdir()
    path.write_bytes(b"rendered")
    assert asyncio.run(library.wav(STORED)) == b"rendered"
    with pytest.raises(NoVoice):
        asyncio.run(library.wav(WITH_VALUE))


def test_concurrent_requests_render_a_sentence_once(tmp_path: Path) -> None:
    rendered = []

    async def slowly(text: str, language: str, *, slow: bool) -> bytes:
        rendered.append((text, language, slow))
        await asyncio.sleep(0.02)
        return b"wav"

    async def request_twice() -> None:
        library = Library(tmp_path, slowly)
        cancelled = asyncio.create_task(library.wav(STORED))
        awaited = asyncio.create_task(library.wav(STORED))
        await asyncio.sleep(0)
        cancelled.cancel()
        assert await awaited == b"wav"
        assert await fill(library, (STORED,)) == 0

    asyncio.run(request_twice())
    assert rendered == [(STORED.text, "en", False)]


def test_error_for_a_missing_voice_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoVoice, match="apt-get install espeak-ng"):
        voice_for("en")


@pytest.mark.parametrize("language", ["ja", "en"])
def test_only_sentences_without_personal_data_are_prerendered(language: str) -> None:
    sentences = repertoire(language, speaker(Settings(), ruby=True))
    assert len(sentences) > 200
    assert all(sentence.cacheable for sentence in sentences)
    assert not [sentence.text for sentence in sentences if "{" in sentence.text]


def test_tones_require_no_voice() -> None:
    for name in Tone:
        with wave.open(BytesIO(tone(name)), "rb") as file:
            assert 0.05 < file.getnframes() / file.getframerate() < 1
    assert len(scale_volume(tone(Tone.CARD), 50)) == len(tone(Tone.CARD))
