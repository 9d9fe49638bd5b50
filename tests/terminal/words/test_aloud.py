"""Test that every patient sentence is marked as public (for the loudspeaker) or private."""

import re

from terminal.words.aloud import is_private, marked_ids
from terminal.words.catalogue import catalogue, is_for_staff, words
from terminal.words.message_text import MessageText

SENSITIVE = re.compile(
    r"specific-disease|subsid|elderly|health-checkup|not-valid|not-registered|suspended$|guardian|by\.companion"
    r"|complete\.(counts|nothing-shared|registration)|summary\.(line|prescription)|certificate-expired$"
)
"""Pattern for ids of sentences that reveal a person's illness, status, age or answers."""


def test_every_sentence_is_marked_as_public_or_private() -> None:
    all_ids = {
        message.id if isinstance(message.id, str) else message.id[0] for message in catalogue("ja") if message.id
    }
    ids = {message_id for message_id in all_ids if not is_for_staff(message_id)}
    public, private = marked_ids()["public"], marked_ids()["private"]
    assert set(marked_ids()) == {"public", "private"}
    assert not public & private
    assert ids - public - private == set(), "add them to terminal/words/aloud.toml, as private if in doubt"
    assert public | private == ids, "aloud.toml lists unknown ids"


def test_sentences_about_the_person_are_private() -> None:
    # the first screen also shows the option to check in for a child
    visible = {"pin.question.child", "consent.as-companion", "problem.no-certificate.next"}
    assert {message_id for message_id in marked_ids()["public"] if SENSITIVE.search(message_id)} - visible == set()


def test_unknown_text_is_private() -> None:
    say = words("ja")
    assert not is_private(say("consent.question"))
    assert is_private(say("question.specific-disease"))
    assert is_private("山田 太郎")
    assert is_private(MessageText("?", "no-such-message"))
