"""A lesson at the dock: the open list, and the personas already played with their outcomes."""

from terminal.session.states import Complete, Idle, Problem, State
from terminal.simulated.demo.watched import ReceptionWatch
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import BY_ID, DRILLS, Drill


class Lesson:
    def __init__(self) -> None:
        self.drill: Drill = DRILLS[0]
        self.done: set[str] = set()
        """Personas of the list that ended as expected."""
        self.otherwise: set[str] = set()
        """Personas whose last visit ended differently."""
        self._watched: ReceptionWatch | None = None
        self._persona = ""
        self._reception = ""
        """The last reception seen."""
        self._before = ""
        """The reception before this persona's; its final screen, which remains for a while, marks no other persona."""

    def open(self, drill: str) -> None:
        """Open a list, with nothing played. Raises KeyError."""
        self.drill = BY_ID[drill]
        self.done, self.otherwise = set(), set()
        self._watched = None

    def following(self, name: str) -> str:
        """Return the persona after this one, or the first after the last."""
        names = self.drill.personas
        return names[(names.index(name) + 1) % len(names)] if name in names else names[0]

    def comes(self, name: str) -> None:
        """Note whose card was put down; empty for a card of no persona on the list, which marks nothing."""
        self._persona, self._watched = name, ReceptionWatch(BY_NAME[name].expected.reported) if name else None
        self._before = self._reception

    def see(self, state: State) -> bool:
        """Record a state; return whether a persona has to be marked."""
        watched = self._watched
        if not isinstance(state, Idle):
            self._reception = state.reception.id
        if watched is None or (not isinstance(state, Idle) and state.reception.id == self._before):
            return False
        watched.state(state)
        ended = isinstance(state, Complete | Problem) and watched.last is state
        left = isinstance(state, Idle) and watched.back.is_set()
        if not ended and not left:
            return False
        if left:
            self._watched = None
        name = self._persona
        right = watched.ended_as(BY_NAME[name].expected)
        (self.done if right else self.otherwise).add(name)
        (self.otherwise if right else self.done).discard(name)
        return True
