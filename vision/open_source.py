"""The only way to open frame sources."""

from vision.sources.protocol import FrameSource

SYNTHETIC = "synthetic:"
CARD = "synthetic:card:"


def open_source(spec: str, *, warm_up_frames: int = 0, loop: bool = False) -> FrameSource:
    """The source for a `vision.camera` setting, not opened yet.

    A number, a device path, a video file, an image pattern (`frame-%03d.png`), `synthetic:NAME`, `synthetic:NAME+KIND`
    for somebody who shows NAME's photograph (`vision.synthetic.attacks`), either with `,CONDITION` behind
    (`vision.synthetic.conditions`). `loop`: files begin again at their end. Raises ValueError for a synthetic person,
    attack or condition nobody knows.
    """
    if spec.startswith(CARD):
        from vision.synthetic.card_source import card_source

        return card_source(spec.removeprefix(CARD))
    if spec.startswith(SYNTHETIC):
        from vision.synthetic.source import SyntheticSource

        return SyntheticSource(spec.removeprefix(SYNTHETIC))
    from vision.sources.opencv import OpenCvSource

    return OpenCvSource(spec, warm_up_frames=warm_up_frames, loop=loop)
