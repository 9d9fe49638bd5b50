"""The demo in Chromium: the trainer's dock page, which contains the patient's screen."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import expect

from reader.softcard.text_image import text_png
from terminal.simulated.demo.live import STAFF_PASSWORD
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import BY_ID, DRILLS
from terminal.simulated.personas.steps import steps_for
from terminal.simulated.personas.tales import Language, tale_for
from terminal.words.catalogue import words
from terminal.words.languages import LANGUAGES
from tests.terminal.counter_web.trainer import Trainer, run_lesson

FIRST_DAY = BY_ID["first-day"].personas


async def share_all_by_face(trainer: Trainer) -> None:
    await trainer.press("card")
    await trainer.touch("face", "all", "yes")


async def mistype_pin_and_answer_one_by_one(trainer: Trainer) -> None:
    await trainer.press("card")
    await trainer.choose_pin("0000")
    await trainer.type_pin()
    await trainer.touch("one-by-one", "yes", "yes", "no", "yes", "confirm")


async def share_all_by_pin(trainer: Trainer) -> None:
    await trainer.press("card")
    await trainer.choose_pin()
    await trainer.touch("all", "yes")


async def register_card(trainer: Trainer) -> None:
    await trainer.press("card")
    await trainer.choose_pin()
    await trainer.touch("yes", "all", "yes")


async def remove_card_during_consent(trainer: Trainer) -> None:
    await trainer.press("card")
    await trainer.choose_pin()
    await trainer.wait_for_state("Consent")


async def confirm_by_staff(trainer: Trainer) -> None:
    staff = await trainer.open_staff_page()
    await trainer.press("card")
    await trainer.touch_footer("call-staff")
    call = staff.locator("[data-call=patient]")
    await call.get_by_role("button").click()
    await call.wait_for(state="detached")
    await staff.get_by_role("button", name="目視で確認する", exact=True).click()
    await staff.locator("canvas[data-drawn]").wait_for()
    await staff.locator("#eye-password").fill(STAFF_PASSWORD)
    await staff.get_by_role("button", name="本人です", exact=True).click()
    await trainer.touch("all", "yes")


async def submit_to_silent_service(trainer: Trainer) -> None:
    await trainer.press("card")
    await trainer.choose_pin()
    await trainer.wait_for_state("Consent")
    await trainer.expand("more")
    await trainer.press("service-silent")
    await trainer.touch("all", "yes")


SCRIPTS = {
    "face-match": share_all_by_face,
    "pin-wrong-once": mistype_pin_and_answer_one_by_one,
    "pinless-card": share_all_by_face,
    "unregistered-card": register_card,
    "child-with-guardian": share_all_by_pin,
    "removed-during-consent": remove_card_during_consent,
    "staff-by-eye": confirm_by_staff,
    "silent-at-submit": submit_to_silent_service,
}


async def play_first_day(trainer: Trainer, names: tuple[str, ...]) -> None:
    """Play the first day's personas, check their descriptions and marks, and reset the list."""
    page, say = trainer.page, words("ja")
    count = page.locator(".which output")
    for number, name in enumerate(names):
        await expect(count).to_have_text(say("dock.count", done=number, all=len(FIRST_DAY)))
        await trainer.choose(name)
        has_invitation = (number, name) == (0, FIRST_DAY[0])
        who = say("dock.invitation") if has_invitation else tale_for(BY_NAME[name], "ja").who
        await expect(page.locator(".now h2")).to_have_text(who)
        await expect(page.locator("dd").first).not_to_be_visible()  # the answer is hidden
        await trainer.expand("answer")
        await expect(page.locator("dd").last).to_have_text(tale_for(BY_NAME[name], "ja").end)
        await SCRIPTS[name](trainer)
        if name != "removed-during-consent":
            await trainer.wait_for_state("Complete")
        await trainer.press("card")
        await trainer.expect_mark(name)
    await expect(count).to_have_text(say("dock.count", done=len(names), all=len(FIRST_DAY)))
    await trainer.press("reset")
    await expect(page.locator(".mark.done, .mark.unexpected")).to_have_count(0)
    await expect(page.locator(f"[data-person={FIRST_DAY[0]}][aria-current]")).to_be_visible()
    await expect(page.locator("[data-hand=service-normal]")).to_have_attribute("aria-pressed", "true")


def test_first_day_starts_with_an_invitation_and_marks_played_personas(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        page = trainer.page
        assert words("ja")("dock.invitation") in await page.inner_text(".now h2")
        await play_first_day(trainer, ("pin-wrong-once", "removed-during-consent"))
        tablet = await page.context.browser.new_page()  # type: ignore[union-attr]
        await tablet.goto(trainer.dock.sites[1].address)
        await tablet.locator("[data-hand=next]").click()
        assert not await tablet.locator("iframe").count()
        await tablet.close()
        await expect(page.locator("[data-person=pin-wrong-once][aria-current]")).to_be_visible()

    run_lesson(day, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_staff_page_lists_all_receptions_of_the_first_day(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        assert set(SCRIPTS) == set(FIRST_DAY)
        await play_first_day(trainer, FIRST_DAY)
        staff = trainer.page.frame_locator("iframe.staff")
        await expect(staff.locator("#day > ul > li")).to_have_count(len(FIRST_DAY))
        await expect(staff.locator("#day li[data-status=delivered]")).to_have_count(len(FIRST_DAY), timeout=60_000)

    run_lesson(day, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_staff_page_shows_unencodable_name_as_image(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        await trainer.open_drill("black-circle")
        staff = await trainer.open_staff_page()
        await share_all_by_face(trainer)
        await trainer.wait_for_state("Complete")
        await trainer.press("card")
        await trainer.expect_mark("black-circle-name")
        await staff.get_by_role("button", name="名前の字を見る").click()
        image = staff.locator("dialog img")
        address = await image.evaluate("image => image.decode().then(() => image.src)")
        picture = Image.open(io.BytesIO(await (await trainer.page.request.get(address)).body()))
        expected = Image.open(io.BytesIO(text_png("模擬　﨑美", 240, 24)))
        assert picture.tobytes() == expected.tobytes()
        await staff.get_by_role("button", name="写したので消す").click()
        async with asyncio.timeout(60):
            while (await trainer.page.request.get(address)).status != 404:
                await asyncio.sleep(0.05)

    run_lesson(day, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pcsc", [False, pytest.param(True, marks=pytest.mark.pcscd)], ids=["simulated", "pcscd"])
def test_reader_problems_can_be_played(tmp_path: Path, pcsc: bool) -> None:
    async def day(trainer: Trainer) -> None:
        code = trainer.counter.locator("header .code")
        await trainer.open_drill("all")
        await trainer.expand("more")
        await trainer.choose("two-readers")
        await trainer.press("second")
        await expect(code).to_contain_text("U-106")
        await trainer.press("second")
        await trainer.choose_pin()
        await trainer.touch("all", "yes")
        await trainer.expect_mark("two-readers")
        await trainer.choose("card-held-by-other-program")
        await trainer.press("hold")
        await trainer.press("card")
        await expect(code).to_contain_text("U-107")
        await trainer.press("hold")
        await trainer.choose_pin()
        await trainer.touch("all", "yes")
        await trainer.expect_mark("card-held-by-other-program")
        await trainer.choose("reader-unplugged")
        await trainer.press("card")
        await trainer.touch("pin")
        await trainer.press("reader")
        await trainer.expect_mark("reader-unplugged")
        await trainer.press("reader")
        await expect(trainer.page.locator("[data-hand=reader]")).to_have_attribute("aria-pressed", "false")

    run_lesson(day, tmp_path, pcsc=pcsc)


def test_pharmacy_family_and_power_cut_can_be_played(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        page, counter = trainer.page, trainer.counter
        await trainer.open_drill("pharmacy")
        await trainer.press("card")
        await trainer.choose_pin()
        await expect(counter.locator("h1")).to_have_text(words("ja", profile="pharmacy")("consent.question"))
        await trainer.press("card")  # before the end
        await trainer.expect_mark("pharmacy", "unexpected")
        await trainer.open_drill("family")
        for persona in BY_NAME["family-of-three"].family:
            await trainer.press("card" if persona.name == "family-of-three" else "next-card")
            await trainer.choose_pin()
            await trainer.touch("all", "yes")
            if persona.script.next_family:
                await trainer.touch("next")
            await trainer.press("card")
        await trainer.expect_mark("family-of-three")
        await trainer.expand("more")
        await trainer.press("other")
        await counter.locator("header .code").filter(has_text="U-103").wait_for()
        await trainer.press("card")
        await trainer.open_drill("power-cut")
        await trainer.press("card")
        await trainer.choose_pin()
        await counter.locator("[data-offer=all]").wait_for()
        await trainer.press("power")
        await trainer.expect_mark("power-cut")
        await expect(counter.locator("[data-offer=help]")).to_be_visible()
        await trainer.choose("clock-wrong")
        await trainer.press("clock")
        await trainer.press("card")
        await trainer.choose_pin()
        await trainer.expect_mark("clock-wrong")
        await trainer.press("service-slow")
        await trainer.press("reset")
        await expect(page.locator(".mark.done, .mark.unexpected")).to_have_count(0)
        await expect(page.locator("[data-hand=clock]")).to_have_attribute("aria-pressed", "false")
        await expect(page.locator("[data-hand=service-normal]")).to_have_attribute("aria-pressed", "true")

    run_lesson(day, tmp_path)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_persona_has_a_story_in_both_languages(name: str) -> None:
    persona = BY_NAME[name]
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        story = tale_for(persona, language)
        assert story.who
        assert story.staff
        assert story.says
        assert story.end
        assert len(steps_for(persona, language)) >= 2
    assert tale_for(persona, "ja") != tale_for(persona, "en")


def test_drills_contain_only_existing_personas_and_languages() -> None:
    assert {name for drill in DRILLS for name in drill.personas} <= BY_NAME.keys()
    assert len(next(drill for drill in DRILLS if drill.id == "first-day").personas) == 8
    assert {persona.script.language for persona in BY_NAME.values() if persona.script.language} <= set(LANGUAGES)
