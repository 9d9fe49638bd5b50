"""Somebody at a prompt answers what the terminal asks: for setting up, for tests with real devices."""

import asyncio
import contextlib
import sys
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from reader.printed_code import CodeFault, Era, EraDate, WesternDate, build_printed_code
from terminal.conductor.conductor import Conductor
from terminal.headless.transcript import Line, Transcript, topic
from terminal.qualification.contract import PrescriptionForm, Way
from terminal.session import events as ev
from terminal.session import states as st
from terminal.words.catalogue import Words


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    event: ev.Event


class Lines:
    """Lines typed, read by a thread of its own so that a change of state need not wait for the return key."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._loop = asyncio.get_running_loop()
        threading.Thread(target=self._read, name="prompt", daemon=True).start()

    def _read(self) -> None:
        try:
            for line in self._stream:
                self._tell(line.rstrip("\n"))
        except (ValueError, OSError):
            pass  # no text, or the terminal is gone: there is no more to come
        self._tell(None)

    def _tell(self, line: str | None) -> None:
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._lines.put_nowait, line)

    async def next(self) -> str:
        """Raises EOFError when there is no more."""
        line = await self._lines.get()
        if line is None:
            self._lines.put_nowait(None)
            raise EOFError
        return line

    @property
    def waiting(self) -> int:
        """Lines typed and not asked for; the end of input is one."""
        return self._lines.qsize()

    def forget(self) -> None:
        """What was typed before a question is no answer to it, and a PIN typed too late is not the next patient's.

        A script's lines all lie there from the start and are kept.
        """
        if not self._stream.isatty():
            return
        termios.tcflush(self._stream.fileno(), termios.TCIFLUSH)
        ended = False
        while not self._lines.empty():
            ended = self._lines.get_nowait() is None or ended
        if ended:
            self._lines.put_nowait(None)

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """What is typed is not shown, where it is typed at a terminal."""
        if not self._stream.isatty():
            yield
            return
        descriptor = self._stream.fileno()
        before = termios.tcgetattr(descriptor)
        silent = [*before]
        silent[3] = before[3] & ~termios.ECHO
        termios.tcsetattr(descriptor, termios.TCSADRAIN, silent)
        try:
            yield
        finally:
            termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class PromptOperator:
    """Shows each question with numbered answers; the PIN is typed unseen. Ends the conductor at the end of input."""

    def __init__(self, say: Words, tell: Line, stream: TextIO = sys.stdin) -> None:
        self._say = say
        self._tell = tell
        self._transcript = Transcript(say, tell)
        self._lines = Lines(stream)

    async def act(self, state: st.State, conductor: Conductor) -> None:
        try:
            await self._act(state, conductor)
        except EOFError:
            conductor.stop()

    async def _act(self, state: st.State, conductor: Conductor) -> None:
        self._lines.forget()
        if isinstance(state, st.Idle):
            self._tell(self._say("idle.card-left" if state.card_left is not None else "idle.question"))
            return
        self._transcript.state(state)
        if isinstance(state, st.Complete | st.Problem):
            self._tell("  " + self._say("complete.take-card"))
            return
        if state.waiting is not None:
            return
        if isinstance(state, st.PinEntry) and not state.needs_confirmation:
            await self._pin(conductor)
        elif isinstance(state, st.PrintedCodeEntry):
            await self._printed_code(state, conductor)
        else:
            await self._choose(choices(state, self._say), conductor)

    async def _choose(self, offered: tuple[Choice, ...], conductor: Conductor) -> None:
        for number, choice in enumerate(offered, 1):
            self._tell(f"    {number}  {choice.label}")
        while offered:
            typed = (await self._lines.next()).strip()
            if typed.isdecimal() and 1 <= int(typed) <= len(offered):
                conductor.post(offered[int(typed) - 1].event)
                return
            self._tell(f"    1 - {len(offered)}")

    async def _pin(self, conductor: Conductor) -> None:
        with self._lines.hidden():
            typed = (await self._lines.next()).strip()
        patient = conductor.patient
        if patient is None:
            return
        if not typed:
            conductor.post(ev.Cancelled(patient.reception))
            return
        if len(typed) != 4 or not (typed.isascii() and typed.isdecimal()):
            self._tell("    " + self._say("pin.question"))
            await self._pin(conductor)
            return
        for digit in typed:
            patient.pin.push(int(digit))
        conductor.enter_pin()

    async def _printed_code(self, state: st.PrintedCodeEntry, conductor: Conductor) -> None:
        self._tell("    " + self._say("code.question"))
        self._tell("    " + self._say("code.tries-left", left=state.reception.code_left))
        self._tell("    " + self._say("code.birth-date") + " (S55.3.1 / 1980-03-01)")
        born = _birth_date((await self._lines.next()).strip())
        self._tell("    " + self._say("code.security-code"))
        with self._lines.hidden():
            security_code = bytearray((await self._lines.next()).strip(), "ascii", "replace")
        year = state.card_expiry_year
        if year is None or born is None:
            self._tell("    " + self._say("code.wrong"))
            await self._printed_code(state, conductor)
            return
        code = build_printed_code(born, year, security_code)
        if isinstance(code, CodeFault):
            self._tell(f"    {code.part}: {code.reason} {code.next_step}")
            await self._printed_code(state, conductor)
            return
        conductor.enter_code(code)


def choices(state: st.AfterIdle, say: Words) -> tuple[Choice, ...]:
    """The touches a state offers, numbered in the order of the screen."""
    key = state.reception.id
    stop = Choice(say("button.cancel"), ev.Cancelled(key))
    match state:
        case st.ChoosingMethod(ways=ways):
            events: dict[Way, ev.Event] = {Way.FACE: ev.FaceChosen(key), Way.PIN: ev.PinChosen(key)}
            return (*(Choice(say(f"method.{way}"), events[way]) for way in ways), stop)
        case st.PinEntry():
            return (Choice(say("pin.last-try.confirm"), ev.LastTryConfirmed(key)), stop)
        case st.StaffCheck():
            same = ev.StaffSaysSame(key, "documents checked")
            return (Choice(say("staff.same"), same), Choice(say("staff.other"), ev.StaffSaysOther(key)))
        case st.Notice() | st.Inquiry():
            return (Choice(say("button.understood"), ev.Understood(key)),)
        case st.Registration():
            yes, no = ev.RegistrationWanted(key), ev.RegistrationDeclined(key)
            return (Choice(say("registration.yes"), yes), Choice(say("registration.no"), no))
        case st.Consent(index=None):
            return (
                Choice(say("consent.all"), ev.ShareAll(key)),
                Choice(say("consent.one-by-one"), ev.OneByOne(key)),
                Choice(say("consent.none"), ev.ShareNone(key)),
            )
        case st.Consent() | st.SpecificDisease() | st.Limit() if state.question is not None:
            words = "share" if isinstance(state, st.Consent) else "provide"
            about = topic(state.question, say)
            return (
                Choice(f"{about}: {say(f'answer.{words}')}", ev.QuestionAnswered(key, state.question.id, True)),
                Choice(f"{about}: {say(f'answer.not-{words}')}", ev.QuestionAnswered(key, state.question.id, False)),
            )
        case st.Prescription():
            return tuple(
                Choice(say(f"prescription.{form.name.lower()}"), ev.PrescriptionChosen(key, form))
                for form in PrescriptionForm
            )
        case st.Summary():
            return (Choice(say("summary.confirm"), ev.Confirmed(key)), Choice(say("summary.change"), ev.Back(key)))
        case _:
            return ()


def _birth_date(typed: str) -> EraDate | WesternDate | None:
    """As printed on the card: era letter and year (S55.3.1), or the Western year (1980-03-01)."""
    western = typed[:1].isdecimal()
    parts = (typed if western else typed[1:]).replace("-", ".").replace("/", ".").split(".")
    try:
        year, month, day = (int(part) for part in parts)
        if western:
            return WesternDate(year, month, day)
        return EraDate(next(era for era in Era if era.name[0] == typed[:1].upper()), year, month, day)
    except (ValueError, StopIteration):
        return None
