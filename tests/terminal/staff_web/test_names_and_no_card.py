"""Tests for names that the service cannot encode and for patients without a card."""

import asyncio
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Page

from consent.items import Item
from consent.ledger import LedgerFile
from consent.records import WITHOUT_CARD, Decided, Opened
from terminal.assembly import ledger_path
from terminal.conductor.name_pictures import FILE_SECONDS
from terminal.handover.audit import check_files
from terminal.session import events as ev
from terminal.session import states as st
from terminal.simulated.demo.counter import DemoCounter
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.service.misbehaviour import Operation, Rule
from terminal.simulated.service.people import fictitious_people
from tests.terminal.counter_web.stage import CHROMIUM
from tests.terminal.staff_web.office import PASSWORD, Office
from tests.terminal.staff_web.test_desk import row

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed (run make setup)")


def _run(office: Office, scenario: Any) -> None:
    async def run() -> None:
        async with office.open():
            await scenario(office)

    asyncio.run(run())


async def _confirm_by_eye(office: Office, page: Page) -> None:
    office.day.readers.insert(office.day.prepare(replace(BY_NAME["face-match"], person="old-characters")))
    await office.wait_until(st.ChoosingMethod)
    await page.get_by_role("button", name="目視で確認する", exact=True).click()
    await office.wait_until(st.StaffCheck)
    await page.locator("canvas[data-drawn]").wait_for()  # the decision requires the images
    await page.locator("#eye-password").fill(PASSWORD)
    await page.get_by_role("button", name="本人です").click()
    await office.wait_until(st.Consent)
    office.touch(ev.ShareNone)
    await office.wait_until(st.Limit)
    office.touch(ev.QuestionAnswered, "limit", False)
    await office.wait_until(st.Complete)


def test_staff_can_view_the_name_image_until_they_delete_it(counter: DemoCounter, tmp_path: Path) -> None:
    names = tmp_path / "names"

    async def scenario(office: Office) -> None:
        page = await office.signed_in_page()
        counter.stub.set_rule(Operation.RESULT, Rule(old_characters=True))
        await _confirm_by_eye(office, page)
        await office.remove_card()
        line = page.locator(row(1, "delivered"))
        await line.get_by_role("button", name="名前の字を見る").click()
        width = "image => image.decode().then(() => image.naturalWidth)"
        assert await page.locator("dialog img").evaluate(width) == 240
        assert await office.axe(page) == []
        (result,) = counter.settings.results_dir.glob("*.xml")
        assert "●" in result.read_text(encoding="utf-8")
        picture = names / f"{result.stem}.png"
        assert picture.stat().st_mode & 0o077 == 0
        assert Image.open(picture).mode == "1"
        await page.get_by_role("button", name="写したので消す").click()
        await line.get_by_role("button", name="名前の字を見る").wait_for(state="detached")
        reception = next(iter(office.day.conductor.names.unreadable))
        assert (await page.request.get(f"{office.address}/name/{reception}")).status == 404

        office.day.conductor.names.clean(())
        assert picture.exists(), "the receipt computer has not collected the result"
        result.unlink()
        office.day.conductor.names.clean((result.stem,))
        assert picture.exists(), "the result has not been delivered yet"
        office.day.conductor.names.clean(())
        assert not picture.exists()
        picture.write_bytes(b"")
        os.utime(picture, (time.time() - FILE_SECONDS - 1,) * 2)
        office.day.conductor.names.clean((result.stem,))
        assert not picture.exists(), "deleted after a day"

    _run(Office(counter, name_picture_folder=names), scenario)


def test_reception_by_pin_has_no_name_image_and_staff_are_informed(counter: DemoCounter) -> None:
    async def scenario(office: Office) -> None:
        page = await office.signed_in_page()
        counter.stub.set_rule(Operation.RESULT, Rule(old_characters=True))
        office.day.readers.insert(office.day.prepare(replace(BY_NAME["pin-right"], person="old-characters")))
        await office.wait_until(st.ChoosingMethod)
        await office.confirm_by_pin()
        office.touch(ev.ShareNone)
        await office.wait_until(st.Limit)
        office.touch(ev.QuestionAnswered, "limit", False)
        await page.locator(row(1, "delivered"), has_text="この受付では画像がありません").wait_for()

    _run(Office(counter), scenario)


async def _fill(page: Page, **values: str) -> None:
    await page.get_by_role("button", name="番号を入れる").click()
    for name, value in values.items():
        await page.locator(f"#nocard-{name}").fill(value)


def test_check_without_card_delivers_a_result_file(counter: DemoCounter) -> None:
    person = fictitious_people()["seventies"].qualifications[0]

    async def scenario(office: Office) -> None:
        page = await office.signed_in_page()
        await _fill(page, insurer="12")
        await page.get_by_role("button", name="確認する", exact=True).click()
        await page.locator("dialog .note", has_text="番号・生年月日").wait_for()
        for name, value in (
            ("insurer", person.insurer_number),
            ("symbol", person.insured_card_symbol or ""),
            ("number", person.insured_identification_number or ""),
            ("branch", person.insured_branch_number or ""),
            ("birth", person.birth_date.isoformat()),
        ):
            await page.locator(f"#nocard-{name}").fill(value)
        await page.get_by_label("よいと答えた").check()
        assert await office.axe(page) == []
        await page.get_by_role("button", name="確認する", exact=True).click()
        await page.locator("dialog", has_text="結果をレセコンへ渡しました").wait_for()
        assert "資格：有効" in await page.locator("dialog").inner_text()
        await page.get_by_role("button", name="とじる").click()
        await page.locator("#day li[data-status=delivered]", has_text="カードなし").wait_for()

    _run(Office(counter), scenario)
    ledger = ledger_path(counter.settings)
    events = [record.event for record in LedgerFile(ledger).records()]
    assert [event.kind for event in events] == ["opened", "decided", "handing-over", "delivered"]
    opened, decided = events[:2]
    assert isinstance(opened, Opened)
    assert isinstance(decided, Decided)
    assert opened.way == WITHOUT_CARD
    assert decided.granted == {Item.HIGH_COST_LIMIT}
    assert decided.answers[0].question_id == "limit-asked-by-staff"
    (file,) = counter.settings.results_dir.glob("OQSsiquc01res_face_*.xml")
    text = file.read_text(encoding="utf-8")
    assert "<ReferenceClassification>2</ReferenceClassification>" in text
    assert person.name in text
    audit = check_files(counter.settings.results_dir, ledger)
    assert (audit.files, audit.differing) == (1, ())
    assert person.name.encode() not in ledger.read_bytes()


def test_silent_service_delivers_nothing_and_ends_the_check(counter: DemoCounter) -> None:
    async def scenario(office: Office) -> None:
        page = await office.signed_in_page()
        counter.stub.silence(Operation.LOOK_UP)
        await _fill(page, insurer="138999", number="0008901", birth="1963-08-15")
        await page.get_by_label("断った").check()
        await page.get_by_role("button", name="確認する", exact=True).click()
        await page.locator("dialog .note", has_text="返事がありません").wait_for()
        await page.get_by_role("button", name="とじる").click()
        await page.locator("#day li[data-status=refused]", has_text="カードなし").wait_for()

    _run(Office(counter), scenario)
    kinds = [record.event.kind for record in LedgerFile(ledger_path(counter.settings)).records()]
    assert kinds == ["opened", "decided", "discarded"]
    assert not list(counter.settings.results_dir.glob("*.xml"))
