"""Metrics contain counts and durations but no patient data."""

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
from terminal.monitoring import metrics as m
from terminal.monitoring.exposition import serve_metrics
from terminal.monitoring.metrics import Metrics
from terminal.qualification.contract import Way
from terminal.readiness import NotReady
from terminal.session import events as ev
from terminal.session import states as st
from terminal.session.rules import TIMEOUTS
from terminal.simulated.demo.auto import AutoDemo
from terminal.simulated.demo.readers import SimulatedReaders
from terminal.simulated.demo.stage import SyntheticStage
from terminal.simulated.personas.cast import BY_NAME, PERSONAS
from terminal.simulated.service.misbehaviour import Operation
from tests.terminal.conductor.counter_fixture import Desk

ALLOWED_VALUES = {
    "way": m.WAYS,
    "end": m.OUTCOMES,
    "stage": m.STAGES,
    "code": m.PROBLEMS,
    "device": m.DEVICES,
    "secret": m.TRIES,
}
UNRESTRICTED = {"le", "version"}


def metric_values(metrics: Metrics) -> dict[str, float]:
    """Return the exported metric values by metric name and label values."""
    text = generate_latest(metrics.registry).decode()
    return {
        " ".join([sample.name, *sample.labels.values()]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def assert_no_personal_data(metrics: Metrics) -> None:
    for family in text_string_to_metric_families(generate_latest(metrics.registry).decode()):
        for sample in family.samples:
            for label, value in sample.labels.items():
                assert label in ALLOWED_VALUES.keys() | UNRESTRICTED, f"{sample.name} has a label {label}"
                assert label in UNRESTRICTED or value in ALLOWED_VALUES[label], f"{sample.name}: {label}={value}"


def metrics_after(desk: Desk, scenario: Callable[[Desk, Metrics], Any]) -> Metrics:
    async def play() -> Metrics:
        async with desk.open():
            metrics = Metrics(desk.conductor)
            await scenario(desk, metrics)
            return metrics

    return asyncio.run(play())


async def reception_by_pin(desk: Desk, metrics: Metrics) -> None:
    await desk.share_all_by_pin()


def test_pin_reception_is_counted(desk: Desk) -> None:
    metrics = metrics_after(desk, reception_by_pin)
    values = metric_values(metrics)
    assert values["uketsuke_receptions_total received pin"] == 1
    assert values["uketsuke_stage_seconds_count pin"] == 1
    assert values["uketsuke_stage_seconds_count asking"] == 1  # consent and limit are one stage
    assert values["uketsuke_stage_seconds_sum pin"] > 0
    assert values["uketsuke_device_ready reader"] == values["uketsuke_device_ready results"] == 1
    assert values["uketsuke_outbox_waiting"] == values["uketsuke_outbox_oldest_seconds"] == 0
    assert values["uketsuke_tries_wasted_total pin"] == 0
    assert_no_personal_data(metrics)


def test_metrics_do_not_reveal_whether_data_was_shared(desk: Desk) -> None:
    async def share_nothing(desk: Desk, _: Metrics) -> None:
        await desk.reach_consent()
        desk.touch(ev.CheckInWithoutSharing)
        await desk.until(st.Complete)
        await desk.take_card()

    with_data, without_data = (
        metric_values(metrics_after(desk, reception_by_pin)),
        metric_values(metrics_after(desk, share_nothing)),
    )
    assert with_data.keys() == without_data.keys()
    counts = [name for name in with_data if name.startswith("uketsuke_receptions_total")]
    assert [with_data[name] for name in counts] == [without_data[name] for name in counts]


def test_silent_service_appears_in_metrics(desk: Desk) -> None:
    async def submit_while_silent(desk: Desk, metrics: Metrics) -> None:
        await desk.reach_consent()
        desk.counter.stub.clear_rules()
        desk.counter.stub.silence(Operation.SUBMIT)
        await desk.share_all()
        await desk.until(st.Complete)
        values = metric_values(metrics)
        assert values["uketsuke_outbox_waiting"] == 1
        assert values["uketsuke_outbox_oldest_seconds"] > 0
        assert values["uketsuke_device_ready service"] == 0
        await desk.take_card()
        assert metric_values(metrics)["uketsuke_receptions_total awaiting pin"] == 1
        desk.counter.stub.clear_rules()
        await desk.conductor.delivery.process_outbox()
        assert metric_values(metrics)["uketsuke_outbox_waiting"] == 0

    metrics_after(desk, submit_while_silent)


def test_refused_pin_is_not_counted_as_wasted_try(desk: Desk) -> None:
    async def mistype_the_pin(desk: Desk, metrics: Metrics) -> None:
        desk.readers.insert(desk.card())
        await desk.until(st.ChoosingMethod)
        desk.touch(ev.PinChosen)
        await desk.type_pin("9999")
        await desk.until(lambda state: isinstance(state, st.PinEntry) and state.left == 2)
        assert metric_values(metrics)["uketsuke_tries_wasted_total pin"] == 0
        state = desk.conductor.state
        assert isinstance(state, st.PinEntry)
        # one entry reduced the counter by two
        metrics.on_event(ev.PinRefused(state.reception.id, 1, left=0, sent=True))
        assert metric_values(metrics)["uketsuke_tries_wasted_total pin"] == 1
        await desk.take_card()

    metrics_after(desk, mistype_the_pin)


def test_states_have_stages_and_methods_have_labels() -> None:
    assert {kind.__name__ for kind in m._STAGES} == TIMEOUTS.keys() - {"CardShown"}
    assert set(Way) <= m.WAYS
    assert set(m._OUTCOMES) == set(st.Outcome)


RULES = Path(__file__).parents[3] / "examples" / "prometheus"


def test_alerts_use_metrics_that_exist_from_start_up(desk: Desk) -> None:
    """An alert misses the first failure if it creates the metric."""

    async def no_reception(_: Desk, __: Metrics) -> None: ...

    values = metric_values(metrics_after(desk, no_reception))
    exprs = re.findall(r"expr: (.*)", (RULES / "uketsuke.rules.yml").read_text("utf-8"))
    metrics = [metric for expr in exprs for metric in re.findall(r'(uketsuke_\w+)(?:\{\w+="([^"]*)"\})?', expr)]
    assert len(metrics) == len(exprs) - 1  # `up` comes from Prometheus itself
    for name, value in metrics:
        if name.endswith("_bucket"):
            assert value in m.STAGES
        else:
            assert any(key.split()[0] == name and value in key for key in values), f"{name} {value}"


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Debian's `prometheus` is not installed")
def test_alert_rules_pass_promtool() -> None:
    for action, file in (("check", "uketsuke.rules.yml"), ("test", "uketsuke.rules.test.yml")):
        completed = subprocess.run(["promtool", action, "rules", file], cwd=RULES, capture_output=True, text=True)
        assert completed.returncode == 0, completed.stdout + completed.stderr


@pytest.mark.long
def test_metrics_contain_no_personal_data(counter: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Check every label value after a reception of each persona."""
    all_metrics: list[Metrics] = []

    def open_with_metrics(*args: Any, **kwargs: Any) -> Any:
        conductor = open_terminal(*args, **kwargs)
        all_metrics.append(Metrics(conductor))
        return conductor

    monkeypatch.setattr("terminal.simulated.demo.auto.open_terminal", open_with_metrics)

    async def play() -> list[Any]:
        demo = AutoDemo(counter, SimulatedReaders, SyntheticStage(), counter.settings, lambda _: None)
        return await demo.play(list(PERSONAS))

    results = asyncio.run(play())
    receptions = sum(len(persona.family) for persona in PERSONAS)
    assert len(results) == receptions
    values_of_terminals = [metric_values(metrics) for metrics in all_metrics]
    counted = sum(
        value for values in values_of_terminals for name, value in values.items() if "receptions_total" in name
    )
    assert counted >= receptions
    for metrics in all_metrics:
        assert_no_personal_data(metrics)
        text = generate_latest(metrics.registry).decode()
        assert not any(re.search(rf"\b{re.escape(name)}\b", text) for name in BY_NAME if name not in m.STAGES | m.WAYS)


def test_metrics_are_served_on_loopback_only_if_enabled(desk: Desk) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = desk.settings.model_copy(update={"metrics": desk.settings.metrics.model_copy(update={"port": port})})

    async def check_served(desk: Desk, _: Metrics) -> None:
        assert serve_metrics(desk.conductor, desk.settings) is None
        assert serve_metrics(desk.conductor, settings) == port
        with pytest.raises(NotReady, match=f"metrics.port {port}"):
            serve_metrics(desk.conductor, settings)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
            text = response.read().decode()
        assert 'uketsuke_device_ready{device="reader"} 1.0' in text
        assert "_created" not in text
        lines = Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]
        addresses = [words[1] for line in lines if (words := line.split())[1].endswith(f":{port:04X}")]
        assert addresses
        assert all(address.startswith("0100007F") for address in addresses)  # 127.0.0.1

    metrics_after(desk, check_served)


def test_prometheus_is_not_imported_if_metrics_are_off() -> None:
    import sys

    program = (
        "import sys; from config.settings import Settings; from terminal.monitoring.exposition import serve_metrics; "
        "assert serve_metrics(None, Settings()) is None; assert 'prometheus_client' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
