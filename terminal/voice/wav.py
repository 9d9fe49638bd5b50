"""Read and write 16-bit mono WAV data."""

import io
import struct
import wave
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 24_000
"""Minimum sample rate in Hz after downsampling."""
_HEADER = 44


def encode_wav(samples: "NDArray[np.float64]", rate: int) -> bytes:
    """Encode samples (-32768 to 32767) as WAV, at half the sample rate if that is at least `RATE`."""
    import numpy as np

    if rate >= 2 * RATE:
        samples = samples[: len(samples) // 2 * 2].reshape(-1, 2).mean(axis=1)
        rate //= 2
    return wrap_wav(np.clip(samples, -32768, 32767).astype("<i2").tobytes(), rate)


def wrap_wav(samples: bytes, rate: int) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples)
    return buffer.getvalue()


def fix_lengths(wav: bytes) -> bytes:
    """Correct the length fields of WAV data that was written to a pipe."""
    if len(wav) < _HEADER or wav[:4] != b"RIFF":
        raise ValueError("not WAV data")
    rate = int(struct.unpack_from("<I", wav, 24)[0])
    return wrap_wav(wav[_HEADER : len(wav) - (len(wav) - _HEADER) % 2], rate)


def duration(wav: bytes) -> float:
    with wave.open(io.BytesIO(wav), "rb") as file:
        return file.getnframes() / file.getframerate()


def decode_wav(wav: bytes) -> "tuple[NDArray[np.float64], int]":
    """Return the samples (-32768 to 32767) and the sample rate."""
    import numpy as np

    with wave.open(io.BytesIO(wav), "rb") as file:
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.float64), file.getframerate()


def scale_volume(wav: bytes, percent: int) -> bytes:
    """Scale the volume of WAV data to `percent`."""
    samples, rate = decode_wav(wav)
    return wrap_wav((samples * percent / 100).astype("<i2").tobytes(), rate)
