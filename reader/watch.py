"""Events to report from the states of several readers: one card is in use at a time. Pure.

A card that was in one of several readers before watching began is silently ignored: a notebook's own slot
often holds an unrelated card. It counts again once it was removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, ReaderStanding, SlotEvent

TOGETHER: Final = 1.0
"""Seconds within which two cards count as put down together; readers are polled every 0.4 s."""


@dataclass
class Watch:
    """`named`: the settings name the reader, so a card that was in it before is not ignored."""

    named: bool = False
    readers: tuple[str, ...] | None = None
    """Watched now; None before the first poll."""
    in_use: str | None = None
    """The reader whose card was reported last."""
    present: list[str] = field(default_factory=list)
    """Readers with a card that counts, in the order the cards came."""
    left_alone: set[str] = field(default_factory=set)
    _first: frozenset[str] = frozenset()
    """Readers that were connected when watching began."""
    _seen: set[str] = field(default_factory=set)
    _lost_told: tuple[str, ReaderStanding] | None = None
    _two_told: bool = False
    _used_since: float = 0.0

    @property
    def two(self) -> bool:
        return len(self.present) > 1

    def tell_two(self) -> None:
        """Two cards were reported: the one that remains has to be read from the start."""
        self._two_told = True

    # --- readers --------------------------------------------------------------------------------------------

    def found(self, readers: Sequence[str]) -> list[SlotEvent]:
        """These readers, at least one, are connected now."""
        events = self._gone(set(self.readers or ()) - set(readers), "reader not connected", ReaderStanding.READY)
        if self.readers is None:
            self._first = frozenset(readers)
        if tuple(readers) != self.readers or self._lost_told is not None:
            self.readers, self._lost_told = tuple(readers), None
            events.append(ReaderFound(", ".join(readers)))
        return events

    def gone(self, reader: str) -> list[SlotEvent]:
        """One reader is no longer connected."""
        if self.readers is None or reader not in self.readers:
            return []
        left = tuple(one for one in self.readers if one != reader)
        if not left:
            return self.lost("reader not connected")
        self.readers = left
        return [*self._gone({reader}, "reader not connected", ReaderStanding.READY), ReaderFound(", ".join(left))]

    def lost(self, reason: str, standing: ReaderStanding = ReaderStanding.NONE) -> list[SlotEvent]:
        """No reader is left."""
        events: list[SlotEvent] = []
        if (reason, standing) != self._lost_told:
            self._lost_told = reason, standing
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
        was, self.in_use, self._two_told = self.in_use, None, False
        self.present.clear()
        return [] if was is None else [CardRemoved(was)]

    # --- cards ----------------------------------------------------------------------------------------------

    def card(self, reader: str, *, there: bool, at: float, swapped: bool = False) -> list[SlotEvent]:
        """Report what a poll of one reader showed, `at` seconds. `swapped`: its card differs from the previous poll's.

        A second card right after the first one counts as put down together with it: the first is reported again, so
        that the user hears of two.
        """
        first_look = reader not in self._seen
        self._seen.add(reader)
        if not there:
            self.left_alone.discard(reader)
            return self._taken(reader)
        if first_look and not self.named and reader in self._first and len(self._first) > 1:
            self.left_alone.add(reader)
        if reader in self.left_alone:
            if not swapped:
                return []
            self.left_alone.discard(reader)
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
        if reader != self.in_use and not (self._two_told and not self.two):
            return []
        # the card in use is gone, or one of two of which it was told that they are too many
        assert self.in_use is not None
        events: list[SlotEvent] = [CardRemoved(self.in_use)]
        self.in_use, self._two_told = next(iter(self.present), None), False
        if self.in_use is not None:
            events.append(CardInserted(self.in_use))
        return events
