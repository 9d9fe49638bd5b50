"""Live video for a screen: JPEGs of decoded frames, for listeners of `vision.camera.Camera`."""

import cv2

from vision.frame import Frame


def preview_jpeg(frame: Frame, quality: int = 80) -> bytes:
    """Return the unmirrored frame as JPEG: about 3 ms and 40 KB at 640x480. Never store it."""
    bgr = cv2.cvtColor(frame.rgb, cv2.COLOR_RGB2BGR)
    written, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert written
    return jpeg.tobytes()
