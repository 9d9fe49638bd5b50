"""What OpenCV complains of on standard error, where the terminal's screen is painted."""

import cv2


def silence() -> None:
    """Keep it quiet: what is wrong is told by the code that calls it."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
