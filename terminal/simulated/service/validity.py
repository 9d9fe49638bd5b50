"""Code values for the validity of a qualification."""

from typing import Literal

Validity = Literal["1", "2", "3", "4", "5", "6"]
"""OQSCD006."""
