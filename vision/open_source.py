"""Opening frame sources by name. Do not create them in any other way."""

from vision.sources.protocol import FrameSource

SYNTHETIC = "synthetic:"
CARD = "synthetic:card:"


def open_source(spec: str, *, warm_up_frames: int = 0, loop: bool = False) -> FrameSource:
    """Return the source for a `vision.camera` setting without opening it.

    `spec`: camera number, device path, video file, image pattern (`frame-%03d.png`), `synthetic:NAME`, or
    `synthetic:NAME+KIND` for an attacker with NAME's photograph (`vision.synthetic.attacks`), the latter two optionally
    followed by `,CONDITION` (`vision.synthetic.conditions`). `loop`: repeat files. Raises ValueError for an unknown
    synthetic person, attack or condition.
    """
    if spec.startswith(CARD):
        from vision.synthetic.card_source import card_source

        return card_source(spec.removeprefix(CARD))
    if spec.startswith(SYNTHETIC):
        from vision.synthetic.source import SyntheticSource

        return SyntheticSource(spec.removeprefix(SYNTHETIC))
    from vision.sources.opencv import OpenCvSource

    return OpenCvSource(spec, warm_up_frames=warm_up_frames, loop=loop)
