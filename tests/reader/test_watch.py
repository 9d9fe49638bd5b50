"""Tests for selecting the card to report when several readers are connected."""

import itertools

from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, ReaderStatus, SlotEvent
from reader.watch import Watch

BUILT_IN, ON_TOP, PHONES = "Alcor AU9540 00 00", "ACR1252 [PICC] 01 00", "RC-S300 02 00"


_seconds = itertools.count(step=2)


def poll(
    watch: Watch, reader: str, *, present: bool, swapped: bool = False, at: float | None = None
) -> list[SlotEvent]:
    """Poll at time `at`, by default two seconds after the previous poll."""
    return watch.card_polled(reader, present=present, at=next(_seconds) if at is None else at, swapped=swapped)


def watching(*readers: str, with_card: tuple[str, ...] = (), named: bool = False) -> Watch:
    watch = Watch(named=named)
    watch.readers_connected(readers)
    for reader in readers:
        poll(watch, reader, present=reader in with_card)
    return watch


def names(events: list[SlotEvent]) -> list[tuple[str, str]]:
    return [
        (type(event).__name__, event.reader if isinstance(event, CardInserted | CardRemoved) else "")
        for event in events
    ]


def test_readers_are_reported_once_from_first_poll() -> None:
    watch = Watch()
    assert watch.readers_connected([BUILT_IN, ON_TOP]) == [ReaderFound(f"{BUILT_IN}, {ON_TOP}")]
    assert watch.readers_connected([BUILT_IN, ON_TOP]) == []
    assert watch.readers_connected([ON_TOP]) == [ReaderFound(ON_TOP)]


def test_card_on_any_reader_is_reported() -> None:
    watch = watching(BUILT_IN, ON_TOP)
    assert names(poll(watch, ON_TOP, present=True)) == [("CardInserted", ON_TOP)]
    assert names(poll(watch, ON_TOP, present=False)) == [("CardRemoved", ON_TOP)]
    assert names(poll(watch, BUILT_IN, present=True)) == [("CardInserted", BUILT_IN)]


def test_card_inserted_before_watching_is_ignored_until_removed() -> None:
    watch = watching(BUILT_IN, ON_TOP, with_card=(BUILT_IN,))
    assert watch.ignored == {BUILT_IN}
    assert watch.in_use is None
    assert names(poll(watch, ON_TOP, present=True)) == [("CardInserted", ON_TOP)]
    assert not watch.has_two_cards
    assert poll(watch, BUILT_IN, present=True) == []
    assert poll(watch, BUILT_IN, present=False) == []
    poll(watch, ON_TOP, present=False)
    assert names(poll(watch, BUILT_IN, present=True)) == [("CardInserted", BUILT_IN)]


def test_card_swapped_in_between_two_polls_is_reported() -> None:
    watch = watching(BUILT_IN, ON_TOP, with_card=(BUILT_IN,))
    assert names(poll(watch, BUILT_IN, present=True, swapped=True)) == [("CardInserted", BUILT_IN)]


def test_card_present_at_start_is_used_with_single_or_named_reader() -> None:
    assert watching(ON_TOP, with_card=(ON_TOP,)).in_use == ON_TOP
    assert watching(ON_TOP, PHONES, with_card=(ON_TOP,), named=True).in_use == ON_TOP


def test_ignored_card_remains_ignored_after_service_restart() -> None:
    watch = watching(BUILT_IN, ON_TOP, with_card=(BUILT_IN,))
    watch.readers_lost("PC/SC service", ReaderStatus.NO_SERVICE)
    watch.readers_connected([BUILT_IN, ON_TOP])
    assert poll(watch, BUILT_IN, present=True) == []
    assert names(poll(watch, ON_TOP, present=True)) == [("CardInserted", ON_TOP)]


def test_card_in_reader_plugged_in_later_is_reported() -> None:
    watch = watching(BUILT_IN, ON_TOP)
    watch.readers_connected([BUILT_IN, ON_TOP, PHONES])
    assert names(poll(watch, PHONES, present=True)) == [("CardInserted", PHONES)]


def test_card_remaining_after_two_cards_starts_new_reception() -> None:
    for removed, remaining in ((BUILT_IN, ON_TOP), (ON_TOP, BUILT_IN)):
        watch = watching(BUILT_IN, ON_TOP)
        poll(watch, BUILT_IN, present=True)
        assert poll(watch, ON_TOP, present=True) == []
        assert watch.has_two_cards
        watch.mark_two_reported()
        assert names(poll(watch, removed, present=False)) == [("CardRemoved", BUILT_IN), ("CardInserted", remaining)]
        assert not watch.has_two_cards


def test_briefly_inserted_second_card_does_not_affect_reception() -> None:
    watch = watching(BUILT_IN, ON_TOP)
    poll(watch, BUILT_IN, present=True)
    assert poll(watch, ON_TOP, present=True) == []
    assert poll(watch, ON_TOP, present=False) == []
    assert watch.in_use == BUILT_IN


def test_removing_first_of_two_cards_reports_second() -> None:
    watch = watching(BUILT_IN, ON_TOP)
    poll(watch, BUILT_IN, present=True)
    poll(watch, ON_TOP, present=True)
    assert names(poll(watch, BUILT_IN, present=False)) == [("CardRemoved", BUILT_IN), ("CardInserted", ON_TOP)]


def test_unplugging_reader_in_use_keeps_other_reader_ready() -> None:
    watch = watching(BUILT_IN, ON_TOP)
    poll(watch, ON_TOP, present=True)
    lost, removed, found = watch.readers_connected([BUILT_IN])
    assert lost == ReaderLost("reader not connected", ReaderStatus.READY)
    assert (removed, found) == (CardRemoved(), ReaderFound(BUILT_IN))


def test_unplugging_last_reader_is_reported_once() -> None:
    watch = watching(ON_TOP, with_card=(ON_TOP,))
    assert names(watch.reader_removed(ON_TOP)) == [("ReaderLost", ""), ("CardRemoved", ON_TOP)]
    assert watch.readers_lost("reader not connected") == []
    assert watch.readers_connected([ON_TOP]) == [ReaderFound(ON_TOP)]
    assert names(poll(watch, ON_TOP, present=True)) == [("CardInserted", ON_TOP)]


def test_missing_reader_is_reported_again_if_reason_changes() -> None:
    watch = Watch(named=True)
    assert watch.readers_lost("reader not connected") == [ReaderLost("reader not connected", ReaderStatus.NONE)]
    missing = ReaderStatus.NAMED_MISSING
    assert watch.readers_lost("reader not connected", missing) == [ReaderLost("reader not connected", missing)]
    assert watch.readers_lost("reader not connected", missing) == []


def test_two_cards_inserted_within_one_second_are_reported() -> None:
    watch = watching(BUILT_IN, ON_TOP)
    poll(watch, BUILT_IN, present=True, at=100.0)
    assert names(poll(watch, ON_TOP, present=True, at=100.9)) == [("CardRemoved", BUILT_IN), ("CardInserted", BUILT_IN)]
    assert watch.has_two_cards
