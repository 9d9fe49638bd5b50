"""The demo's reader for printed codes: a camera above the card reader, or a simulated scanner."""

from reader.link import CodeScanner
from terminal.conductor.code_camera import CodeCamera
from vision.camera import Camera
from vision.printed.model import NoRecogniser, require_recogniser
from vision.sources.protocol import FrameSource
from vision.synthetic.fonts import NoFont, fonts

NAME = "simulated camera over the reader"


def code_reader(scanner: CodeScanner, source: FrameSource) -> CodeCamera | CodeScanner:
    """Return a camera that reads from `source`, or `scanner` if no font or no recogniser is installed."""
    try:
        fonts()
        require_recogniser()
    except (NoFont, NoRecogniser):
        return scanner
    return CodeCamera(Camera(source), is_separate=True)
