"""Check that docs/states.md is up to date."""

from tests.terminal.session.diagram import PAGE, edges, page


def test_state_diagram_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(edges()), "run make diagram"
