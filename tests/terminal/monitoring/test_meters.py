"""What a monitor may read: figures of a day, and nothing of anybody."""

import asyncio
import re
import shutil
import socket
import subprocess
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from terminal.assembly import open_terminal
from terminal.monitoring import meters as m
from terminal.monitoring.exposition import serve_meters
from terminal.monitoring.meters import Meters
from terminal.qualification.contract import Way
from terminal.readiness import NotReady
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import TIMEOUTS
from terminal.simulated.demo.auto import AutoDemo
from terminal.simulated.demo.places import SimulatedPlace
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import BY_NAME, PERSONAS
from terminal.simulated.service.misbehaviour import Operation
from tests.terminal.conductor.counter_fixture import Desk

ALLOWED = {"way": m.WAYS, "end": m.ENDS, "stage": m.STAGES, "code": m.PROBLEMS, "device": m.DEVICES, "secret": m.TRIES}
FREE = {"le", "version"}


def figures(meters: Meters) -> dict[str, float]:
    """By name and label values, as a monitor reads them."""
    text = generate_latest(meters.registry).decode()
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def require_nothing_of_anybody(meters: Meters) -> None:
    for family in text_string_to_metric_families(generate_latest(meters.registry).decode()):
        for sample in family.samples:
            for label, value in sample.labels.items():
                assert label in ALLOWED.keys() | FREE, f"{sample.name} has a label {label}"
                assert label in FREE or value in ALLOWED[label], f"{sample.name}: {label}={value}"


def played(desk: Desk, day: Callable[[Desk, Meters], Any]) -> Meters:
    async def play() -> Meters:
        async with desk.open():
            meters = Meters(desk.conductor)
            await day(desk, meters)
            return meters

    return asyncio.run(play())


async def one_by_pin(desk: Desk, meters: Meters) -> None:
    await desk.to_consent()
    await desk.share_all()
    await desk.until(st.Complete)
    await desk.take_card()


def test_a_reception_by_pin(desk: Desk) -> None:
    meters = played(desk, one_by_pin)
    told = figures(meters)
    assert told["uketsuke_receptions_total received pin"] == 1
    assert told["uketsuke_stage_seconds_count pin"] == 1
    assert told["uketsuke_stage_seconds_count asking"] == 1  # consent and limit: one stage
    assert told["uketsuke_stage_seconds_sum pin"] > 0
    assert told["uketsuke_device_ready reader"] == told["uketsuke_device_ready results"] == 1
    assert told["uketsuke_outbox_waiting"] == told["uketsuke_outbox_oldest_seconds"] == 0
    assert told["uketsuke_tries_wasted_total pin"] == 0
    require_nothing_of_anybody(meters)


def test_sharing_or_not_cannot_be_told_apart(desk: Desk) -> None:
    async def refused(desk: Desk, _: Meters) -> None:
        await desk.to_consent()
        desk.touch(ev.CheckInWithoutSharing)
        await desk.until(st.Complete)
        await desk.take_card()

    shared, alone = figures(played(desk, one_by_pin)), figures(played(desk, refused))
    assert shared.keys() == alone.keys()
    counts = [name for name in shared if name.startswith("uketsuke_receptions_total")]
    assert [shared[name] for name in counts] == [alone[name] for name in counts]


def test_a_silent_service_fills_the_outbox_and_says_so(desk: Desk) -> None:
    async def silent(desk: Desk, meters: Meters) -> None:
        await desk.to_consent()
        desk.counter.stub.behave()
        desk.counter.stub.silence(Operation.SUBMIT)
        await desk.share_all()
        await desk.until(st.Complete)
        told = figures(meters)
        assert told["uketsuke_outbox_waiting"] == 1
        assert told["uketsuke_outbox_oldest_seconds"] > 0
        assert told["uketsuke_device_ready service"] == 0
        await desk.take_card()
        assert figures(meters)["uketsuke_receptions_total awaiting pin"] == 1
        desk.counter.stub.behave()
        await desk.conductor.delivery.work_off()
        assert figures(meters)["uketsuke_outbox_waiting"] == 0

    played(desk, silent)


def test_wrong_pins_are_not_wasted_tries_but_lost_ones_are(desk: Desk) -> None:
    async def wrong(desk: Desk, meters: Meters) -> None:
        desk.place.insert(desk.card())
        await desk.until(st.ChoosingMethod)
        desk.touch(ev.PinChosen)
        await desk.type_pin("9999")
        await desk.until(lambda state: isinstance(state, st.PinEntry) and state.left == 2)
        assert figures(meters)["uketsuke_tries_wasted_total pin"] == 0
        state = desk.conductor.state
        assert isinstance(state, st.PinEntry)
        # a card whose counter fell by two for one entry
        meters.on_event(ev.PinRefused(state.reception.id, 1, left=0, sent=True))
        assert figures(meters)["uketsuke_tries_wasted_total pin"] == 1
        await desk.take_card()

    played(desk, wrong)


def test_every_state_has_a_stage_and_every_way_a_label() -> None:
    assert {kind.__name__ for kind in m._STAGES} == TIMEOUTS.keys() - {"CardShown"}
    assert set(Way) <= m.WAYS
    assert set(m._ENDS) == set(st.Outcome)


RULES = Path(__file__).parents[3] / "examples" / "prometheus"


def test_the_alerts_name_figures_that_are_there_from_the_start(desk: Desk) -> None:
    """A series that begins when something fails for the first time raises no alert about it."""

    async def nothing(_: Desk, __: Meters) -> None: ...

    told = figures(played(desk, nothing))
    exprs = re.findall(r"expr: (.*)", (RULES / "uketsuke.rules.yml").read_text("utf-8"))
    named = [name for expr in exprs for name in re.findall(r'(uketsuke_\w+)(?:\{\w+="([^"]*)"\})?', expr)]
    assert len(named) == len(exprs) - 1  # `up` is the monitor's own
    for name, value in named:
        if name.endswith("_bucket"):
            assert value in m.STAGES
        else:
            assert any(one.split()[0] == name and value in one for one in told), f"{name} {value}"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's `prometheus` is not installed")
def test_the_alerts_by_the_monitors_own_tool() -> None:
    for what, file in (("check", "uketsuke.rules.yml"), ("test", "uketsuke.rules.test.yml")):
        done = subprocess.run(["promtool", what, "rules", file], cwd=RULES, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.long
def test_all_personas_leave_nothing_of_themselves(counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every label value over the days of the whole cast is one of the closed lists."""
    listening: list[Meters] = []

    def watched(*given: Any, **more: Any) -> Any:
        conductor = open_terminal(*given, **more)
        listening.append(Meters(conductor))
        return conductor

    monkeypatch.setattr("terminal.simulated.demo.auto.open_terminal", watched)

    async def play() -> list[Any]:
        demo = AutoDemo(counter, SimulatedPlace, SyntheticStage(), counter.settings, lambda _: None)
        return await demo.play(list(PERSONAS))

    told = asyncio.run(play())
    assert len(told) == len(PERSONAS)
    counted = [figures(meters) for meters in listening]
    assert sum(value for told in counted for name, value in told.items() if "receptions_total" in name) >= len(PERSONAS)
    for meters in listening:
        require_nothing_of_anybody(meters)
        text = generate_latest(meters.registry).decode()
        assert not any(re.search(rf"\b{re.escape(name)}\b", text) for name in BY_NAME if name not in m.STAGES | m.WAYS)


def test_served_on_this_computer_alone_and_only_when_asked(desk: Desk) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = desk.settings.model_copy(update={"metrics": desk.settings.metrics.model_copy(update={"port": port})})

    async def served(desk: Desk, _: Meters) -> None:
        assert serve_meters(desk.conductor, desk.settings) is None
        assert serve_meters(desk.conductor, settings) == port
        with pytest.raises(NotReady, match=f"metrics.port {port}"):
            serve_meters(desk.conductor, settings)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            text = answer.read().decode()
        assert 'uketsuke_device_ready{device="reader"} 1.0' in text
        assert "_created" not in text
        lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
        addresses = [words[1] for line in lines if (words := line.split())[1].endswith(f":{port:04X}")]
        assert addresses
        assert all(address.startswith("0100007F") for address in addresses)  # 127.0.0.1

    played(desk, served)


def test_nothing_is_loaded_where_nobody_asks() -> None:
    import sys

    program = (
        "import sys; from config.settings import Settings; from terminal.monitoring.exposition import serve_meters; "
        "assert serve_meters(None, Settings()) is None; assert 'prometheus_client' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
