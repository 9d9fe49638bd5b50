"""Test that all states, reasons, endings and help screens are reachable."""

from enum import Enum
from typing import get_args

import pytest

from terminal.session import states as st
from tests.terminal.talk.gallery import SCREENS, state_for

STATES = [state_for(name) for name in SCREENS]


def test_every_state_is_reachable() -> None:
    assert {type(state) for state in STATES} == set(get_args(st.State)) | {st.CardShown}


@pytest.mark.parametrize(
    ("field", "values"),
    [("why", st.MethodReason), ("left", st.LeaveReason), ("help", st.Help), ("outcome", st.Outcome)],
)
def test_every_reason_help_and_ending_is_reachable(field: str, values: type[Enum]) -> None:
    reached = {getattr(state, field, None) for state in STATES}
    assert set(values) - reached == REACHED_ELSEWHERE.get(field, set())


REACHED_ELSEWHERE: dict[str, set[Enum]] = {
    # covered by `test_days`, `test_face_and_pin` and `test_printed_code` instead of the gallery
    "why": {
        st.MethodReason.NO_PHOTO,
        st.MethodReason.PHOTO_WITHOUT_FACE,
        st.MethodReason.PIN_NEEDED,
        st.MethodReason.PINLESS,
    },
}
