"""Keyed hashes that identify cards in the ledger without storing their numbers."""

import hashlib
import hmac


def card_hash(key: bytes, serial: int | bytes) -> str:
    """Return the HMAC-SHA-256 of a certificate serial number. `key` is the terminal's secret, at least 32 bytes."""
    if len(key) < 32:
        raise ValueError("the key for card hashes must be at least 32 bytes long")
    number = serial.to_bytes((serial.bit_length() + 7) // 8 or 1, "big") if isinstance(serial, int) else serial
    return hmac.new(key, b"uketsuke card\n" + number, hashlib.sha256).hexdigest()
