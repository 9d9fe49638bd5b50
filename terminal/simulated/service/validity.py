"""Validity of a qualification, as a code value."""

from typing import Literal

Validity = Literal["1", "2", "3", "4", "5", "6"]
"""OQSCD006."""
