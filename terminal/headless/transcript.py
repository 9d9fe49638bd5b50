"""Human-readable transcript of a reception: the sentences of each Talk, and the answers."""

from collections.abc import Callable

from terminal.talk.parts import Talk

WriteLine = Callable[[str], None]


class Transcript:
    """Prints the sentences of each new Talk. The operator adds answers with `answer` and remarks with `note`."""

    def __init__(self, write_line: WriteLine) -> None:
        self._write_line = write_line
        self._last: tuple[str, ...] = ()

    def show(self, talk: Talk) -> None:
        lines = sentences(talk)
        if lines != self._last:
            self._last = lines
            self._write_line(f"  {lines[0]}")
            for sentence in lines[1:]:
                self._write_line(f"      {sentence}")

    def answer(self, text: str) -> None:
        self._write_line(f"    > {text}")

    def note(self, remark: str) -> None:
        self._write_line(f"    - {remark}")


def sentences(talk: Talk) -> tuple[str, ...]:
    """Return the question with its step or problem code, all lines, the warning and the notice."""
    body = talk.body
    prefix = body.code or talk.steps[talk.step]
    temporary = (talk.warning, talk.notice)
    return (f"[{prefix}] {body.question}", *(line.text for line in body.lines), *filter(None, temporary))
