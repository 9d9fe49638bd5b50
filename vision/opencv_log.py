"""OpenCV's messages on standard error, where the terminal's screen is painted."""

import cv2


def silence() -> None:
    """Silence it: the code that calls it reports what is wrong."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
