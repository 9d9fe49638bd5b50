"""Each state, reason, ending and help of the flow is reached, by hands and devices."""

from enum import Enum
from typing import get_args

import pytest

from terminal.session import states as st
from tests.terminal.talk.gallery import SCREENS, state_of

STATES = [state_of(name) for name in SCREENS]


def test_every_state_is_reached() -> None:
    assert {type(state) for state in STATES} == set(get_args(st.State)) | {st.CardShown}


@pytest.mark.parametrize(
    ("field", "values"), [("why", st.WhyHere), ("left", st.WhyLeft), ("help", st.Help), ("outcome", st.Outcome)]
)
def test_every_reason_help_and_ending_is_reached(field: str, values: type[Enum]) -> None:
    reached = {getattr(state, field, None) for state in STATES}
    assert set(values) - reached == REACHED_ELSEWHERE.get(field, set())


REACHED_ELSEWHERE: dict[str, set[Enum]] = {
    # without a picture of their own: `test_days`, `test_certainty`, `test_printed_code`
    "why": {st.WhyHere.NO_PHOTO, st.WhyHere.PHOTO_WITHOUT_FACE, st.WhyHere.PIN_NEEDED, st.WhyHere.PINLESS},
}
