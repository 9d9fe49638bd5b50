"""Normalise the loudness of sentences without clipping.

The engines' output levels differ by 4 dB between languages and by 8 dB between sentences. Japanese output clips.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float64]

LEVEL = -18.0
"""Target RMS of speech without pauses, in dB relative to full scale."""
CEILING = -1.0
"""Maximum peak level, in dB relative to full scale."""
_FULL_SCALE = 32768.0
_BLOCK, _STEP = 0.4, 0.1
"""Length and spacing in seconds of the measured blocks, as in ITU-R BS.1770."""
_GATE = -10.0
"""Level relative to the mean in dB, below which blocks count as pauses."""
_ATTACK = 0.004
"""Attack and release time of the peak limiter in seconds."""


def level(samples: "Samples", rate: int) -> float:
    """Return the RMS of the blocks with speech, in dB relative to full scale. -inf for silence."""
    import numpy as np

    length, step = int(_BLOCK * rate), int(_STEP * rate)
    starts = range(0, max(len(samples) - length, 0) + 1, step)
    powers = np.array([np.mean(np.square(samples[start : start + length] / _FULL_SCALE)) for start in starts])
    spoken = powers[powers > powers.mean() * 10 ** (_GATE / 10)]
    return float(10 * np.log10(spoken.mean())) if spoken.size else float("-inf")


def normalise(samples: "Samples", rate: int) -> "Samples":
    """Scale samples (-32768 to 32767) to `LEVEL` and limit their peaks to `CEILING`."""
    import numpy as np

    measured = level(samples, rate)
    if not np.isfinite(measured):
        return samples
    return _limit_peaks(samples * 10 ** ((LEVEL - measured) / 20), rate)


def _limit_peaks(samples: "Samples", rate: int) -> "Samples":
    """Limit peaks with smooth gain changes."""
    import numpy as np

    highest, reach = _FULL_SCALE * 10 ** (CEILING / 20), max(int(_ATTACK * rate), 1)
    gains = np.minimum(1.0, highest / np.maximum(np.abs(samples), 1.0))
    if gains.min() == 1.0:
        return samples
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(gains, 2 * reach, constant_values=1.0), 2 * reach + 1)
    lowest = windows.min(axis=1)
    smooth = np.convolve(lowest, np.full(2 * reach + 1, 1 / (2 * reach + 1)), "valid")
    return samples * smooth
