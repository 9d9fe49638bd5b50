"""A lesson at the dock: the list in use and the outcomes of its personas."""

from terminal.session.states import Complete, Idle, Problem, State
from terminal.simulated.demo.reception_watch import ReceptionWatch
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import BY_ID, DRILLS, Drill


class Lesson:
    """Tracks which visits of a list's personas ended as expected."""

    def __init__(self) -> None:
        self.drill: Drill = DRILLS[0]
        self.done: set[str] = set()
        """Personas whose last visit ended as expected."""
        self.unexpected: set[str] = set()
        """Personas whose last visit did not end as expected."""
        self._watch: ReceptionWatch | None = None
        self._persona = ""
        self._reception = ""
        """Id of the last reception observed."""
        self._previous_reception = ""
        """Id of the reception before this persona's. Its final screen may remain visible and is ignored."""

    def open(self, drill: str) -> None:
        """Open a list and discard all outcomes. Raises `KeyError` for an unknown id."""
        self.drill = BY_ID[drill]
        self.done, self.unexpected = set(), set()
        self._watch = None

    def next_persona(self, name: str) -> str:
        """Return the persona after `name` in the list, or the first after the last."""
        names = self.drill.personas
        return names[(names.index(name) + 1) % len(names)] if name in names else names[0]

    def card_inserted(self, name: str) -> None:
        """Observe the next reception for this persona, or ignore it if the name is empty."""
        self._persona, self._watch = name, ReceptionWatch(BY_NAME[name].expected.reported) if name else None
        self._previous_reception = self._reception

    def observe(self, state: State) -> bool:
        """Process a state and return whether a persona's outcome changed."""
        watch = self._watch
        if not isinstance(state, Idle):
            self._reception = state.reception.id
        if watch is None or (not isinstance(state, Idle) and state.reception.id == self._previous_reception):
            return False
        watch.observe(state)
        ended = isinstance(state, Complete | Problem) and watch.last is state
        returned = isinstance(state, Idle) and watch.returned_to_idle.is_set()
        if not ended and not returned:
            return False
        if returned:
            self._watch = None
        name = self._persona
        as_expected = watch.matches(BY_NAME[name].expected)
        (self.done if as_expected else self.unexpected).add(name)
        (self.unexpected if as_expected else self.done).discard(name)
        return True
