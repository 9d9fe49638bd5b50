"""Several readers: which card is reported and which is ignored. No device needed."""

import itertools

from reader.facts import CardInserted, CardRemoved, ReaderFound, ReaderLost, ReaderStanding, SlotEvent
from reader.watch import Watch

BUILT_IN, ON_TOP, PHONES = "Alcor AU9540 00 00", "ACR1252 [PICC] 01 00", "RC-S300 02 00"


_seconds = itertools.count(step=2)


def look(watch: Watch, reader: str, *, there: bool, swapped: bool = False, at: float | None = None) -> list[SlotEvent]:
    """Poll two seconds after the previous poll, unless a time is given."""
    return watch.card(reader, there=there, at=next(_seconds) if at is None else at, swapped=swapped)


def begin(*readers: str, with_card: tuple[str, ...] = (), named: bool = False) -> Watch:
    watch = Watch(named=named)
    watch.found(readers)
    for reader in readers:
        look(watch, reader, there=reader in with_card)
    return watch


def told(events: list[SlotEvent]) -> list[tuple[str, str]]:
    return [
        (type(event).__name__, event.reader if isinstance(event, CardInserted | CardRemoved) else "")
        for event in events
    ]


def test_the_readers_are_told_from_the_first_look_and_once() -> None:
    watch = Watch()
    assert watch.found([BUILT_IN, ON_TOP]) == [ReaderFound(f"{BUILT_IN}, {ON_TOP}")]
    assert watch.found([BUILT_IN, ON_TOP]) == []
    assert watch.found([ON_TOP]) == [ReaderFound(ON_TOP)]


def test_a_card_on_any_reader_is_told() -> None:
    watch = begin(BUILT_IN, ON_TOP)
    assert told(look(watch, ON_TOP, there=True)) == [("CardInserted", ON_TOP)]
    assert told(look(watch, ON_TOP, there=False)) == [("CardRemoved", ON_TOP)]
    assert told(look(watch, BUILT_IN, there=True)) == [("CardInserted", BUILT_IN)]


def test_a_notebooks_own_card_is_left_alone_until_it_was_taken_out() -> None:
    watch = begin(BUILT_IN, ON_TOP, with_card=(BUILT_IN,))
    assert watch.ignored == {BUILT_IN}
    assert watch.in_use is None
    assert told(look(watch, ON_TOP, there=True)) == [("CardInserted", ON_TOP)]
    assert not watch.two
    assert look(watch, BUILT_IN, there=True) == []
    assert look(watch, BUILT_IN, there=False) == []
    look(watch, ON_TOP, there=False)
    assert told(look(watch, BUILT_IN, there=True)) == [("CardInserted", BUILT_IN)]


def test_another_card_in_its_place_between_two_looks_counts() -> None:
    watch = begin(BUILT_IN, ON_TOP, with_card=(BUILT_IN,))
    assert told(look(watch, BUILT_IN, there=True, swapped=True)) == [("CardInserted", BUILT_IN)]


def test_what_lies_in_the_only_reader_or_in_the_named_one_is_read() -> None:
    assert begin(ON_TOP, with_card=(ON_TOP,)).in_use == ON_TOP
    assert begin(ON_TOP, PHONES, with_card=(ON_TOP,), named=True).in_use == ON_TOP


def test_it_stays_left_alone_over_a_restart_of_the_service() -> None:
    watch = begin(BUILT_IN, ON_TOP, with_card=(BUILT_IN,))
    watch.lost("PC/SC service", ReaderStanding.NO_SERVICE)
    watch.found([BUILT_IN, ON_TOP])
    assert look(watch, BUILT_IN, there=True) == []
    assert told(look(watch, ON_TOP, there=True)) == [("CardInserted", ON_TOP)]


def test_a_reader_plugged_in_later_with_a_card_in_it_is_read() -> None:
    watch = begin(BUILT_IN, ON_TOP)
    watch.found([BUILT_IN, ON_TOP, PHONES])
    assert told(look(watch, PHONES, there=True)) == [("CardInserted", PHONES)]


def test_of_two_cards_that_were_told_the_one_that_stays_is_read_from_the_start() -> None:
    for gone, stays in ((BUILT_IN, ON_TOP), (ON_TOP, BUILT_IN)):
        watch = begin(BUILT_IN, ON_TOP)
        look(watch, BUILT_IN, there=True)
        assert look(watch, ON_TOP, there=True) == []
        assert watch.two
        watch.note_two()
        assert told(look(watch, gone, there=False)) == [("CardRemoved", BUILT_IN), ("CardInserted", stays)]
        assert not watch.two


def test_a_second_card_that_comes_and_goes_during_a_reception_disturbs_nothing() -> None:
    watch = begin(BUILT_IN, ON_TOP)
    look(watch, BUILT_IN, there=True)
    assert look(watch, ON_TOP, there=True) == []
    assert look(watch, ON_TOP, there=False) == []
    assert watch.in_use == BUILT_IN


def test_a_second_card_that_stays_has_its_turn_when_the_first_is_taken() -> None:
    watch = begin(BUILT_IN, ON_TOP)
    look(watch, BUILT_IN, there=True)
    look(watch, ON_TOP, there=True)
    assert told(look(watch, BUILT_IN, there=False)) == [("CardRemoved", BUILT_IN), ("CardInserted", ON_TOP)]


def test_the_reader_in_use_is_unplugged_and_another_still_serves() -> None:
    watch = begin(BUILT_IN, ON_TOP)
    look(watch, ON_TOP, there=True)
    lost, removed, found = watch.found([BUILT_IN])
    assert lost == ReaderLost("reader not connected", ReaderStanding.READY)
    assert (removed, found) == (CardRemoved(), ReaderFound(BUILT_IN))


def test_the_last_reader_is_unplugged_and_it_is_told_once() -> None:
    watch = begin(ON_TOP, with_card=(ON_TOP,))
    assert told(watch.gone(ON_TOP)) == [("ReaderLost", ""), ("CardRemoved", ON_TOP)]
    assert watch.lost("reader not connected") == []
    assert watch.found([ON_TOP]) == [ReaderFound(ON_TOP)]
    assert told(look(watch, ON_TOP, there=True)) == [("CardInserted", ON_TOP)]


def test_what_is_missing_is_told_when_it_changes() -> None:
    watch = Watch(named=True)
    assert watch.lost("reader not connected") == [ReaderLost("reader not connected", ReaderStanding.NONE)]
    missing = ReaderStanding.NAMED_MISSING
    assert watch.lost("reader not connected", missing) == [ReaderLost("reader not connected", missing)]
    assert watch.lost("reader not connected", missing) == []


def test_two_cards_put_down_together_are_told_though_the_first_was_seen_before() -> None:
    watch = begin(BUILT_IN, ON_TOP)
    look(watch, BUILT_IN, there=True, at=100.0)
    assert told(look(watch, ON_TOP, there=True, at=100.9)) == [("CardRemoved", BUILT_IN), ("CardInserted", BUILT_IN)]
    assert watch.two
