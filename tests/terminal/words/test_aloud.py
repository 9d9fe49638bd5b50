"""Every sentence a patient meets is marked: the loudspeaker may say it, or nobody but the person may hear it."""

import re

from terminal.words.aloud import is_private, marks
from terminal.words.catalogue import catalogue, is_for_staff, words
from terminal.words.said import Said

SENSITIVE = re.compile(
    r"specific-disease|subsid|elderly|health-checkup|not-valid|not-registered|suspended$|guardian|by\.companion"
    r"|complete\.(counts|nothing-shared|registration)|summary\.(line|prescription)|certificate-expired$"
)
"""What tells of the person's illness, standing, age or answers, by the look of its id."""


def test_every_sentence_is_marked_once() -> None:
    every = {message.id if isinstance(message.id, str) else message.id[0] for message in catalogue("ja") if message.id}
    ids = {one for one in every if not is_for_staff(one)}
    public, private = marks()["public"], marks()["private"]
    assert set(marks()) == {"public", "private"}
    assert not public & private
    assert ids - public - private == set(), "mark them in terminal/words/aloud.toml; in doubt, private"
    assert public | private == ids, "aloud.toml names sentences that are gone"


def test_what_tells_of_the_person_is_private() -> None:
    # a child's reception was chosen on the first screen, before everybody's eyes
    chosen = {"pin.question.child", "consent.as-companion", "problem.no-certificate.next"}
    assert {one for one in marks()["public"] if SENSITIVE.search(one)} - chosen == set()


def test_a_text_from_elsewhere_is_private() -> None:
    say = words("ja")
    assert not is_private(say("consent.question"))
    assert is_private(say("question.specific-disease"))
    assert is_private("山田 太郎")
    assert is_private(Said("?", "no-such-message"))
