"""Suppress OpenCV's log on standard error, where the terminal draws its screen."""

import cv2


def silence() -> None:
    """Silence OpenCV's log. Callers report the errors."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
