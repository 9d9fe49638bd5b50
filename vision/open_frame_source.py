"""Create frame sources by name. Do not create sources directly."""

from vision.sources.protocol import FrameSource

SYNTHETIC = "synthetic:"
CARD = "synthetic:card:"


def open_source(spec: str, *, warm_up_frames: int = 0, loop: bool = False) -> FrameSource:
    """Return the unopened source for a `vision.camera` setting.

    `spec`: camera number, device path, video file, image pattern (`frame-%03d.png`), `synthetic:NAME`,
    `synthetic:NAME+KIND` for an attacker with NAME's photograph (`vision.synthetic.attacks`), or `synthetic:card:SIDE`
    for a card. Conditions (`vision.synthetic.conditions`) may follow, separated by commas. `loop`: repeat files. Raises
    ValueError for an unknown synthetic person, attack, condition or card.
    """
    if spec.startswith(CARD):
        from vision.synthetic.card_source import card_source

        return card_source(spec.removeprefix(CARD))
    if spec.startswith(SYNTHETIC):
        from vision.synthetic.source import SyntheticSource

        return SyntheticSource(spec.removeprefix(SYNTHETIC))
    from vision.sources.opencv import OpenCvSource

    return OpenCvSource(spec, warm_up_frames=warm_up_frames, loop=loop)
