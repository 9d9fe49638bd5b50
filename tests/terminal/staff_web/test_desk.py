"""Tests for the staff page with a real terminal and Chromium."""

import asyncio
import gc
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from consent.ledger import LedgerFile
from terminal.assembly import ledger_path
from terminal.front.calls import CallKind
from terminal.handover.folder import WORK_FOLDER, DeliveryFailure, NotDelivered
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.service.misbehaviour import Operation
from tests.terminal.counter_web.stage import CHROMIUM
from tests.terminal.staff_web.office import PASSWORD, Office

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (run make setup)")


def row(number: int, status: str) -> str:
    return f"#day li[data-number='{number}'][data-status='{status}']"


async def _calls_and_the_list(office: Office) -> None:
    page = await office.page()
    await office.sign_in(page, "wrong")
    await page.locator(".note", has_text="パスワードがちがいます").wait_for()
    await office.sign_in(page)
    await office.check_in()
    assert office.state.reception.number == 1  # type: ignore[union-attr]
    await page.locator(row(1, "delivered")).wait_for()
    await office.remove_card()

    office.counter.stub.silence(Operation.SUBMIT)
    await office.check_in()
    await page.locator("[data-call=not-delivered]", has_text="2番").wait_for()
    await page.locator(row(2, "awaiting")).wait_for()
    assert "!" in (await page.locator("#devices", has_text="返事がありません").inner_text())
    await office.remove_card()

    await office.insert_card()
    office.touch(ev.StaffCalled)
    call = page.locator("[data-call=patient]")
    await call.wait_for()
    assert "3番" in await call.inner_text()
    assert await page.title() == "● 2 受付 係員のページ"
    assert await office.axe(page) == []
    await call.locator("button").click()
    await call.wait_for(state="detached")
    office.touch(ev.Cancelled)
    await page.locator(row(3, "left")).wait_for()
    office.day.readers.remove()

    office.counter.stub.clear_rules()
    await office.day.conductor.delivery.process_outbox()
    await page.locator(row(2, "delivered")).wait_for()
    await page.locator("[data-call=not-delivered]").wait_for(state="detached")
    await page.locator("#devices", has_text="0件").wait_for()
    assert await page.title() == "受付 係員のページ"
    await _decide_on_lost_result(office, page)


async def _decide_on_lost_result(office: Office, page: Page) -> None:
    delivery, results = office.day.conductor.delivery, office.counter.settings.results_dir
    with pytest.MonkeyPatch.context() as lost:
        lost.setattr(delivery._folder, "move", lambda *_: NotDelivered(DeliveryFailure.OTHER))
        await office.check_in()
    await office.remove_card()
    shutil.rmtree(results / WORK_FOLDER)
    await delivery.process_outbox()
    await page.locator("[data-call=uncertain] button").click()
    await page.locator(row(4, "uncertain")).get_by_role("button", name="どうするか決める").click()
    assert await office.axe(page) == []
    await page.locator("dialog").get_by_role("button", name="もう一度 渡す").click()
    await page.locator("#said", has_text="結果を渡しました").wait_for()
    await page.locator(row(4, "delivered")).wait_for()


async def _withdraw(office: Office) -> None:
    page = await office.signed_in_page()
    await office.check_in()
    await office.remove_card()
    await page.locator(f"{row(1, 'delivered')} button").click()
    await page.get_by_role("button", name="選んだものを取り消す").click()
    await page.locator("dialog .note", has_text="1つ以上").wait_for()
    await page.get_by_label("お薬").check()
    assert await office.axe(page) == []
    await page.get_by_role("button", name="選んだものを取り消す").click()
    await page.locator("#said", has_text="1番の同意を取り消しました").wait_for()
    await page.locator(row(1, "delivered"), has_text="取り消した同意：お薬").wait_for()
    kinds = [record.event.kind for record in LedgerFile(ledger_path(office.counter.settings)).records()]
    assert kinds[-2:] == ["withdrawn", "withdrawal-settled"]


def images_in_memory() -> Iterator[bytes]:
    """Yield the first bytes of each JPEG and JPEG 2000 image in this process's memory."""
    gc.collect()
    for tracked in gc.get_objects():
        for data in gc.get_referents(tracked):
            is_long = isinstance(data, bytes | bytearray) and len(data) > 2000
            if is_long and (data[:3] == b"\xff\xd8\xff" or data[4:8] == b"jP  "):
                yield bytes(data[:8])


async def _confirm_by_eye(office: Office) -> None:
    page = await office.signed_in_page()
    other = await office.page()
    await office.insert_card("face-match")
    await page.get_by_role("button", name="目視で確認する", exact=True).click()
    await office.wait_until(st.StaffCheck)
    await page.locator("canvas[data-drawn]").wait_for()
    assert (await page.request.get(office.address + "/photo")).status == 200
    assert (await other.request.get(office.address + "/photo")).status == 403, "not signed in"
    async with asyncio.timeout(60):
        while await _has_pixels(page) != [True, True]:
            await page.wait_for_timeout(20)
    assert await office.axe(page) == []
    assert await page.locator("#eye fieldset label").all_inner_texts() == ["手助けを頼まれた"]
    talk = office.terminal.screen.talk
    assert talk.body.buttons == (), "the patient's screen offers no decision"
    assert "本人ですか" not in talk.body.question

    await page.locator("#eye-password").fill("guess")
    await page.get_by_role("button", name="本人です").click()
    await page.locator("#eye .note", has_text="パスワードがちがいます").wait_for()
    assert isinstance(office.state, st.StaffCheck)
    await page.locator("#eye-password").fill(PASSWORD)
    await page.get_by_role("button", name="本人です").click()
    await office.wait_until(st.Consent)
    await page.locator("#eye").wait_for(state="hidden")
    assert await _has_pixels(page) == [False, False]
    assert (await page.request.get(office.address + "/photo")).status == 404
    office.touch(ev.ShareNone)
    await office.wait_until(st.Limit)
    office.touch(ev.QuestionAnswered, "limit", False)
    await office.wait_until(st.Complete)
    await office.remove_card()
    await page.locator(row(1, "delivered")).wait_for()


async def _has_pixels(page: Page) -> list[bool]:
    """Return whether both compared images have any pixels."""
    count = (
        "canvas => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(value => value)"
    )
    return [bool(await canvas.evaluate(count)) for canvas in await page.query_selector_all("canvas")] or [False, False]


def _run(office: Office, scenario: object) -> None:
    async def run() -> None:
        async with office.open():
            await scenario(office)  # type: ignore[operator]

    asyncio.run(run())


def test_calls_are_displayed_until_answered_and_the_list_is_updated(counter: DemoCounter) -> None:
    _run(Office(counter), _calls_and_the_list)


def test_consents_are_withdrawn_at_the_patients_request(counter: DemoCounter) -> None:
    _run(Office(counter), _withdraw)


def test_staff_compare_two_images_and_no_copy_remains(counter: DemoCounter, tmp_path: Path) -> None:
    count = len(list(images_in_memory()))
    _run(Office(counter), _confirm_by_eye)
    deadline = time.monotonic() + 30
    while len(list(images_in_memory())) > count and time.monotonic() < deadline:
        time.sleep(0.1)  # threads may not have ended
    assert len(list(images_in_memory())) <= count
    written = [path for path in (tmp_path / "state").rglob("*") if path.is_file() and "cards" not in path.parts]
    assert not [path for path in written if b"\xff\xd8\xff" in path.read_bytes() or b"jP  " in path.read_bytes()]


async def _lock_and_sign_out(office: Office) -> None:
    page = await office.signed_in_page(language="en-US")
    assert await page.locator("h1").inner_text() == "Reception: staff page"
    await page.get_by_role("button", name="Lock").click()
    await page.locator("form", has_text="Calls still appear here").wait_for()
    await office.insert_card()
    office.touch(ev.StaffCalled)
    await page.locator("[data-call=patient]").wait_for()
    assert await page.locator("#day").count() == 0, "the list requires a session"
    await office.sign_in(page)
    second = await page.context.new_page()
    await second.goto(office.address)
    await second.locator("#day").wait_for()
    await page.get_by_role("button", name="Sign out").click()
    for signed_out in (page, second):
        await signed_out.locator("#password").wait_for()
        assert not await signed_out.locator("#calls").is_visible()
    for password, message in (
        ("guess", "not right"),
        ("guess", "not right"),
        ("guess", "seconds"),
        (PASSWORD, "seconds"),
    ):
        await page.locator("#password").fill(password)
        await page.locator("#password").press("Enter")
        await expect(page.locator("#password")).to_have_value("")  # the password has been checked
        await page.locator(".note", has_text=message).wait_for()
    assert await page.locator("#day").count() == 0, "the lock also refuses the correct password"
    assert await office.axe(page) == []


def test_locked_page_displays_calls_until_signing_out(counter: DemoCounter) -> None:
    _run(Office(counter), _lock_and_sign_out)


async def _discard_and_stop(office: Office) -> None:
    page = await office.signed_in_page()
    await office.go_to_consent()
    await page.get_by_role("button", name="この受付を取り消す").click()
    await page.locator("dialog").get_by_role("button", name="もどる").click()
    assert isinstance(office.state, st.Consent)
    await page.get_by_role("button", name="この受付を取り消す").click()
    await page.locator("dialog").get_by_role("button", name="この受付を取り消す").click()
    await office.wait_until(st.Idle)
    await page.locator(row(1, "discarded")).wait_for()
    office.day.readers.remove()
    stop = page.get_by_role("button", name="機械を止める")
    await stop.click()
    await page.locator("dialog").get_by_role("button", name="機械を止める").click()
    await office.wait_until(office.terminal._ending.is_set)


def test_cancelling_and_stopping_require_confirmation(counter: DemoCounter) -> None:
    _run(Office(counter), _discard_and_stop)


def test_call_command_receives_the_kind_of_call_and_no_personal_data(counter: DemoCounter, tmp_path: Path) -> None:
    output = tmp_path / "light"
    script = tmp_path / "light.sh"
    script.write_text(f"#!/bin/sh\nprintf '%s|' \"$@\" >{output}.new; env >>{output}.new; mv {output}.new {output}\n")
    script.chmod(0o755)

    async def scenario(office: Office) -> None:
        await office.insert_card()
        office.touch(ev.StaffCalled)
        await office.wait_until(output.exists)

    _run(Office(counter, call_command=(str(script), "{kind}", "{number}", "; rm -rf /")), scenario)
    words, _, environment = output.read_text().partition("|PATH")
    assert words.split("|")[:3] == [CallKind.PATIENT.value, "1", "; rm -rf /"]
    assert "UKETSUKE" not in environment
