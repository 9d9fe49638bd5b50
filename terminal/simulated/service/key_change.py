"""Replace a terminal's key after a backup has been restored, and revoke the previous key."""

from datetime import datetime

from terminal.qualification.contract import KeyChange, KeyChanged, RefusalReason, Refused
from terminal.qualification.keys import SigningKey, is_public_key, key_digest, verify
from terminal.qualification.statements import key_change_statement, key_changed_statement
from terminal.simulated.service.refusals import refuse
from terminal.simulated.service.registry import Registry, RegistryFile


def change_key(file: RegistryFile, change: KeyChange, service_key: SigningKey, now: datetime) -> KeyChanged | Refused:
    """Replace the key and return a signed confirmation, or a refusal. Safe to repeat with the same key."""
    refusal = _refusal(file.current(), change)
    if refusal is not None:
        return refuse(refusal)
    ended = change.ended_key.hex()

    def replace_key(registry: Registry) -> Registry:
        if ended in registry.ended_keys:
            return registry  # another process changed the key
        return registry.with_key(change.terminal_id, change.public_key)

    if file.update(replace_key).terminals.get(change.terminal_id) != change.public_key:
        return refuse(RefusalReason.UNKNOWN_TERMINAL)
    key = key_digest(change.public_key)
    statement = key_changed_statement(
        terminal_id=change.terminal_id, ended_key=change.ended_key, key=key, changed_at=now
    )
    return KeyChanged(
        terminal_id=change.terminal_id,
        ended_key=change.ended_key,
        key=key,
        changed_at=now,
        signature=service_key.sign(statement),
        simulated=True,
    )


def _refusal(registry: Registry, change: KeyChange) -> RefusalReason | None:
    current = registry.terminals.get(change.terminal_id)
    if current is None:
        return RefusalReason.UNKNOWN_TERMINAL
    if not is_public_key(change.public_key):
        return RefusalReason.MALFORMED
    key = key_digest(change.public_key)
    statement = key_change_statement(
        terminal_id=change.terminal_id, ended_key=change.ended_key, key=key, asked_at=change.asked_at
    )
    if not verify(change.public_key, statement, change.next_signature):
        return RefusalReason.BAD_SIGNATURE
    if key == key_digest(current):
        is_repeat = registry.ended_keys.get(change.ended_key.hex()) == change.terminal_id
        return None if is_repeat else RefusalReason.NOT_ALLOWED
    if key.hex() in registry.ended_keys or change.ended_key != key_digest(current):
        return RefusalReason.UNKNOWN_TERMINAL
    return None if verify(current, statement, change.signature) else RefusalReason.BAD_SIGNATURE
