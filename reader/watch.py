"""Card events derived from the states of a group of readers, with one card in use at a time. No I/O.

With more than one reader, cards that are present when watching begins are ignored until they are removed, because a
notebook's built-in slot often contains an unrelated card.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, ReaderStatus, SlotEvent

SIMULTANEOUS_SECONDS: Final = 1.0
"""Maximum seconds between two insertions that are treated as simultaneous. Readers are polled every 0.4 s."""


@dataclass
class Watch:
    """State of the readers. `named`: the settings name a reader, so a card that is present at start is not ignored."""

    named: bool = False
    readers: tuple[str, ...] | None = None
    """Connected readers; None before the first poll."""
    in_use: str | None = None
    """Reader with the card in use."""
    present: list[str] = field(default_factory=list)
    """Readers with a card that is not ignored, in order of insertion."""
    ignored: set[str] = field(default_factory=set)
    """Readers with an ignored card."""
    _initial_readers: frozenset[str] = frozenset()
    """Readers connected when watching began."""
    _polled: set[str] = field(default_factory=set)
    _lost_reported: tuple[str, ReaderStatus] | None = None
    _two_reported: bool = False
    _used_since: float = 0.0

    @property
    def has_two_cards(self) -> bool:
        return len(self.present) > 1

    def mark_two_reported(self) -> None:
        """Note that two cards were reported, so that the remaining card is reported as inserted after a removal."""
        self._two_reported = True

    # --- readers --------------------------------------------------------------------------------------------

    def readers_connected(self, readers: Sequence[str]) -> list[SlotEvent]:
        """Handle a non-empty list of connected readers."""
        events = self._removed_readers(
            set(self.readers or ()) - set(readers), "reader not connected", ReaderStatus.READY
        )
        if self.readers is None:
            self._initial_readers = frozenset(readers)
        if tuple(readers) != self.readers or self._lost_reported is not None:
            self.readers, self._lost_reported = tuple(readers), None
            events.append(ReaderFound(", ".join(readers)))
        return events

    def reader_removed(self, reader: str) -> list[SlotEvent]:
        """Handle the loss of one reader."""
        if self.readers is None or reader not in self.readers:
            return []
        remaining = tuple(name for name in self.readers if name != reader)
        if not remaining:
            return self.readers_lost("reader not connected")
        self.readers = remaining
        events = self._removed_readers({reader}, "reader not connected", ReaderStatus.READY)
        return [*events, ReaderFound(", ".join(remaining))]

    def readers_lost(self, reason: str, status: ReaderStatus = ReaderStatus.NONE) -> list[SlotEvent]:
        """Handle the loss of all readers."""
        events: list[SlotEvent] = []
        if (reason, status) != self._lost_reported:
            self._lost_reported = reason, status
            events.append(ReaderLost(reason, status))
        events += self._removed_all_cards()
        if self.readers is not None:
            self.readers = ()
        return events

    def _removed_readers(self, readers: set[str], reason: str, status: ReaderStatus) -> list[SlotEvent]:
        events: list[SlotEvent] = []
        for reader in sorted(readers):
            if reader == self.in_use:
                events.append(ReaderLost(reason, status))
            events += self._removed_card(reader)
        return events

    def _removed_all_cards(self) -> list[SlotEvent]:
        reader, self.in_use, self._two_reported = self.in_use, None, False
        self.present.clear()
        return [] if reader is None else [CardRemoved(reader)]

    # --- cards ----------------------------------------------------------------------------------------------

    def card_polled(self, reader: str, *, present: bool, at: float, swapped: bool = False) -> list[SlotEvent]:
        """Handle the result of polling a reader at `at` seconds. `swapped`: the card was replaced since the last poll.

        A second card within `SIMULTANEOUS_SECONDS` is treated as inserted together with the card in use, which is then
        reported again so that the caller connects and gets `TwoCards`.
        """
        first_poll = reader not in self._polled
        self._polled.add(reader)
        if not present:
            self.ignored.discard(reader)
            return self._removed_card(reader)
        if first_poll and not self.named and reader in self._initial_readers and len(self._initial_readers) > 1:
            self.ignored.add(reader)
        if reader in self.ignored:
            if not swapped:
                return []
            self.ignored.discard(reader)
        events = self._removed_card(reader) if swapped else []
        if reader not in self.present:
            self.present.append(reader)
            if self.in_use is None:
                self.in_use, self._used_since = reader, at
                events.append(CardInserted(reader))
            elif at - self._used_since <= SIMULTANEOUS_SECONDS:
                events += [CardRemoved(self.in_use), CardInserted(self.in_use)]
        return events

    def _removed_card(self, reader: str) -> list[SlotEvent]:
        if reader not in self.present:
            return []
        self.present.remove(reader)
        if reader != self.in_use and not (self._two_reported and not self.has_two_cards):
            return []
        # the card in use was removed, or one of two cards reported together
        assert self.in_use is not None
        events: list[SlotEvent] = [CardRemoved(self.in_use)]
        self.in_use, self._two_reported = next(iter(self.present), None), False
        if self.in_use is not None:
            events.append(CardInserted(self.in_use))
        return events
