"""Human-readable transcript of a reception: the sentences of each Talk, and the answers."""

from collections.abc import Callable

from terminal.talk.parts import Talk

Line = Callable[[str], None]


class Transcript:
    """Prints the sentences of each new Talk. The operator adds answers with `answered` and remarks with `note`."""

    def __init__(self, tell: Line) -> None:
        self._tell = tell
        self._last: tuple[str, ...] = ()

    def show(self, talk: Talk) -> None:
        lines = sentences(talk)
        if lines != self._last:
            self._last = lines
            self._tell(f"  {lines[0]}")
            for sentence in lines[1:]:
                self._tell(f"      {sentence}")

    def answered(self, answer: str) -> None:
        self._tell(f"    > {answer}")

    def note(self, remark: str) -> None:
        self._tell(f"    - {remark}")


def sentences(talk: Talk) -> tuple[str, ...]:
    """Return the question with its step or problem code, all lines, the warning and the notice."""
    body = talk.body
    prefix = body.code or talk.steps[talk.step]
    temporary = (talk.warning, talk.notice)
    return (f"[{prefix}] {body.question}", *(line.text for line in body.lines), *filter(None, temporary))
