"""The page that shows the states is the code's."""

from tests.terminal.session.diagram import PAGE, edges, page


def test_the_state_diagram_is_not_stale() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(edges()), "run: make diagram"
