"""Events derived from the states of several readers, of which one card is in use at a time. No I/O.

If there are several readers, cards inserted before watching began are ignored until they are removed, because the
built-in slot of a notebook often contains an unrelated card.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, ReaderStanding, SlotEvent

TOGETHER: Final = 1.0
"""Seconds within which two cards count as inserted together. Readers are polled every 0.4 s."""


@dataclass
class Watch:
    """State of the readers. `named`: the reader was chosen in the settings, so a card already in it is not ignored."""

    named: bool = False
    readers: tuple[str, ...] | None = None
    """Connected readers; None before the first poll."""
    in_use: str | None = None
    """Reader whose card was reported last."""
    present: list[str] = field(default_factory=list)
    """Readers with a card that is not ignored, in order of insertion."""
    ignored: set[str] = field(default_factory=set)
    """Readers with a card that is ignored."""
    _first: frozenset[str] = frozenset()
    """Readers that were connected when watching began."""
    _seen: set[str] = field(default_factory=set)
    _lost_reported: tuple[str, ReaderStanding] | None = None
    _two_reported: bool = False
    _used_since: float = 0.0

    @property
    def two(self) -> bool:
        return len(self.present) > 1

    def note_two(self) -> None:
        """Note that two cards have been reported, so that the remaining one is reported as inserted later."""
        self._two_reported = True

    # --- readers --------------------------------------------------------------------------------------------

    def found(self, readers: Sequence[str]) -> list[SlotEvent]:
        """Handle the list of connected readers, of which there is at least one."""
        events = self._gone(set(self.readers or ()) - set(readers), "reader not connected", ReaderStanding.READY)
        if self.readers is None:
            self._first = frozenset(readers)
        if tuple(readers) != self.readers or self._lost_reported is not None:
            self.readers, self._lost_reported = tuple(readers), None
            events.append(ReaderFound(", ".join(readers)))
        return events

    def gone(self, reader: str) -> list[SlotEvent]:
        """Handle the loss of one reader."""
        if self.readers is None or reader not in self.readers:
            return []
        left = tuple(one for one in self.readers if one != reader)
        if not left:
            return self.lost("reader not connected")
        self.readers = left
        return [*self._gone({reader}, "reader not connected", ReaderStanding.READY), ReaderFound(", ".join(left))]

    def lost(self, reason: str, standing: ReaderStanding = ReaderStanding.NONE) -> list[SlotEvent]:
        """Handle the loss of all readers."""
        events: list[SlotEvent] = []
        if (reason, standing) != self._lost_reported:
            self._lost_reported = reason, standing
            events.append(ReaderLost(reason, standing))
        events += self._removed_all()
        if self.readers is not None:
            self.readers = ()
        return events

    def _gone(self, gone: set[str], reason: str, standing: ReaderStanding) -> list[SlotEvent]:
        events: list[SlotEvent] = []
        for reader in sorted(gone):
            if reader == self.in_use:
                events.append(ReaderLost(reason, standing))
            events += self._taken(reader)
        return events

    def _removed_all(self) -> list[SlotEvent]:
        was, self.in_use, self._two_reported = self.in_use, None, False
        self.present.clear()
        return [] if was is None else [CardRemoved(was)]

    # --- cards ----------------------------------------------------------------------------------------------

    def card(self, reader: str, *, there: bool, at: float, swapped: bool = False) -> list[SlotEvent]:
        """Handle the result of polling a reader, `at` seconds. `swapped`: its card was replaced since the last poll.

        A second card shortly after the first counts as inserted together with it. The first is then reported again, so
        that `connect` reports two cards.
        """
        first_poll = reader not in self._seen
        self._seen.add(reader)
        if not there:
            self.ignored.discard(reader)
            return self._taken(reader)
        if first_poll and not self.named and reader in self._first and len(self._first) > 1:
            self.ignored.add(reader)
        if reader in self.ignored:
            if not swapped:
                return []
            self.ignored.discard(reader)
        events = self._taken(reader) if swapped else []
        if reader not in self.present:
            self.present.append(reader)
            if self.in_use is None:
                self.in_use, self._used_since = reader, at
                events.append(CardInserted(reader))
            elif at - self._used_since <= TOGETHER:
                events += [CardRemoved(self.in_use), CardInserted(self.in_use)]
        return events

    def _taken(self, reader: str) -> list[SlotEvent]:
        if reader not in self.present:
            return []
        self.present.remove(reader)
        if reader != self.in_use and not (self._two_reported and not self.two):
            return []
        # the card in use was removed, or one of two cards that were reported as too many
        assert self.in_use is not None
        events: list[SlotEvent] = [CardRemoved(self.in_use)]
        self.in_use, self._two_reported = next(iter(self.present), None), False
        if self.in_use is not None:
            events.append(CardInserted(self.in_use))
        return events
