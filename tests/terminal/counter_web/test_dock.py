"""A trainer at the dock in Chromium: the complete demo, with the patient's screen inside the dock page."""

import io
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import expect

from reader.softcard.text_image import text_png
from terminal.simulated.demo.live import STAFF_PASSWORD
from terminal.simulated.personas.cast import BY_NAME
from terminal.simulated.personas.drills import BY_ID, DRILLS
from terminal.simulated.personas.steps import steps_of
from terminal.simulated.personas.tales import Language, tale_of
from terminal.words.catalogue import words
from terminal.words.languages import LANGUAGES
from tests.terminal.counter_web.trainer import Trainer, run_lesson

FIRST_DAY = BY_ID["first-day"].personas


async def by_face(trainer: Trainer) -> None:
    await trainer.hand("card")
    await trainer.touch("face", "all", "yes")


async def with_a_wrong_pin(trainer: Trainer) -> None:
    await trainer.hand("card")
    await trainer.by_pin("0000")
    await trainer.type_pin()
    await trainer.touch("one-by-one", "yes", "yes", "no", "yes", "confirm")


async def by_pin(trainer: Trainer) -> None:
    await trainer.hand("card")
    await trainer.by_pin()
    await trainer.touch("all", "yes")


async def first_registration(trainer: Trainer) -> None:
    await trainer.hand("card")
    await trainer.by_pin()
    await trainer.touch("yes", "all", "yes")


async def card_taken_too_early(trainer: Trainer) -> None:
    await trainer.hand("card")
    await trainer.by_pin()
    await trainer.sees("Consent")


async def with_staff(trainer: Trainer) -> None:
    staff = await trainer.staff()
    await trainer.hand("card")
    await trainer.touch_foot("call-staff")
    call = staff.locator("[data-call=patient]")
    await call.get_by_role("button").click()
    await call.wait_for(state="detached")
    await staff.get_by_role("button", name="目視で確認する", exact=True).click()
    await staff.locator("canvas[data-drawn]").wait_for()
    await staff.locator("#eye-password").fill(STAFF_PASSWORD)
    await staff.get_by_role("button", name="本人です", exact=True).click()
    await trainer.touch("all", "yes")


async def silent_service_at_the_end(trainer: Trainer) -> None:
    await trainer.hand("card")
    await trainer.by_pin()
    await trainer.sees("Consent")
    await trainer.unfold("more")
    await trainer.hand("service-silent")
    await trainer.touch("all", "yes")


PLAYED = {
    "face-match": by_face,
    "pin-wrong-once": with_a_wrong_pin,
    "pinless-card": by_face,
    "unregistered-card": first_registration,
    "child-with-guardian": by_pin,
    "removed-during-consent": card_taken_too_early,
    "staff-by-eye": with_staff,
    "silent-at-submit": silent_service_at_the_end,
}


async def lesson(trainer: Trainer, people: tuple[str, ...]) -> None:
    """Play some personas of the first day: reveal each answer, check each mark, then reset the list."""
    page, say = trainer.page, words("ja")
    count = page.locator(".which output")
    for number, name in enumerate(people):
        await expect(count).to_have_text(say("dock.count", done=number, all=len(FIRST_DAY)))
        await trainer.choose(name)
        invited = (number, name) == (0, FIRST_DAY[0])
        who = say("dock.invitation") if invited else tale_of(BY_NAME[name], "ja").who
        await expect(page.locator(".now h2")).to_have_text(who)
        await expect(page.locator("dd").first).not_to_be_visible()  # the answer is hidden until asked
        await trainer.unfold("answer")
        await expect(page.locator("dd").last).to_have_text(tale_of(BY_NAME[name], "ja").end)
        await PLAYED[name](trainer)
        if name != "removed-during-consent":
            await trainer.sees("Complete")
        await trainer.hand("card")
        await trainer.marked(name)
    await expect(count).to_have_text(say("dock.count", done=len(people), all=len(FIRST_DAY)))
    await trainer.hand("reset")
    await expect(page.locator(".mark.done, .mark.otherwise")).to_have_count(0)
    await expect(page.locator(f"[data-person={FIRST_DAY[0]}][aria-current]")).to_be_visible()
    await expect(page.locator("[data-hand=service-normal]")).to_have_attribute("aria-pressed", "true")


def test_first_day_starts_with_an_invitation_and_marks_personas(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        page = trainer.page
        assert words("ja")("dock.invitation") in await page.inner_text(".now h2")
        await lesson(trainer, ("pin-wrong-once", "removed-during-consent"))
        tablet = await page.context.browser.new_page()  # type: ignore[union-attr]
        await tablet.goto(trainer.dock.sites[1].address)
        await tablet.locator("[data-hand=next]").click()
        assert not await tablet.locator("iframe").count()
        await tablet.close()
        await expect(page.locator("[data-person=pin-wrong-once][aria-current]")).to_be_visible()

    run_lesson(day, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(600)
def test_complete_first_day_with_the_staff_page(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        assert set(PLAYED) == set(FIRST_DAY)
        await lesson(trainer, FIRST_DAY)
        staff = trainer.page.frame_locator("iframe.staff")
        await expect(staff.locator("#day > ul > li")).to_have_count(len(FIRST_DAY))
        await expect(staff.locator("#day li[data-standing=delivered]")).to_have_count(len(FIRST_DAY), timeout=60_000)

    run_lesson(day, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_staff_sees_a_picture_of_a_name_with_unencodable_characters(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        await trainer.open("black-circle")
        staff = await trainer.staff()
        await by_face(trainer)
        await trainer.sees("Complete")
        await trainer.hand("card")
        await trainer.marked("black-circle-name")
        await staff.get_by_role("button", name="名前の字を見る").click()
        shown = staff.locator("dialog img")
        address = await shown.evaluate("image => image.decode().then(() => image.src)")
        picture = Image.open(io.BytesIO(await (await trainer.page.request.get(address)).body()))
        drawn = Image.open(io.BytesIO(text_png("模擬　﨑美", 240, 24)))
        assert picture.tobytes() == drawn.tobytes()
        await staff.get_by_role("button", name="写したので消す").click()
        assert (await trainer.page.request.get(address)).status == 404

    run_lesson(day, tmp_path)


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize("pcsc", [False, pytest.param(True, marks=pytest.mark.pcscd)], ids=["simulated", "pcscd"])
def test_trainer_plays_reader_problems(tmp_path: Path, pcsc: bool) -> None:
    async def day(trainer: Trainer) -> None:
        code = trainer.counter.locator("header .code")
        await trainer.open("all")
        await trainer.unfold("more")
        await trainer.choose("two-readers")
        await trainer.hand("second")
        await expect(code).to_contain_text("U-106")
        await trainer.hand("second")
        await trainer.by_pin()
        await trainer.touch("all", "yes")
        await trainer.marked("two-readers")
        await trainer.choose("card-held-by-other-program")
        await trainer.hand("hold")
        await trainer.hand("card")
        await expect(code).to_contain_text("U-107")
        await trainer.hand("hold")
        await trainer.by_pin()
        await trainer.touch("all", "yes")
        await trainer.marked("card-held-by-other-program")
        await trainer.choose("reader-unplugged")
        await trainer.hand("card")
        await trainer.touch("pin")
        await trainer.hand("reader")
        await trainer.marked("reader-unplugged")
        await trainer.hand("reader")
        await expect(trainer.page.locator("[data-hand=reader]")).to_have_attribute("aria-pressed", "false")

    run_lesson(day, tmp_path, pcsc=pcsc)


def test_pharmacy_family_and_power_cut_lists(tmp_path: Path) -> None:
    async def day(trainer: Trainer) -> None:
        page, counter = trainer.page, trainer.counter
        await trainer.open("pharmacy")
        await trainer.hand("card")
        await trainer.by_pin()
        await expect(counter.locator("h1")).to_have_text(words("ja", profile="pharmacy")("consent.question"))
        await trainer.hand("card")  # too early
        await trainer.marked("pharmacy", "otherwise")
        await trainer.open("family")
        for name in BY_NAME["family-of-three"].family:
            await trainer.hand("card" if name.name == "family-of-three" else "next-card")
            await trainer.by_pin()
            await trainer.touch("all", "yes")
            if name.script.next_family:
                await trainer.touch("next")
            await trainer.hand("card")
        await trainer.marked("family-of-three")
        await trainer.unfold("more")
        await trainer.hand("other")
        await counter.locator("header .code").filter(has_text="U-103").wait_for()
        await trainer.hand("card")
        await trainer.open("power-cut")
        await trainer.hand("card")
        await trainer.by_pin()
        await counter.locator("[data-offer=all]").wait_for()
        await trainer.hand("power")
        await trainer.marked("power-cut")
        await expect(counter.locator("[data-offer=help]")).to_be_visible()
        await trainer.choose("clock-wrong")
        await trainer.hand("late")
        await trainer.hand("card")
        await trainer.by_pin()
        await trainer.marked("clock-wrong")
        await trainer.hand("service-slow")
        await trainer.hand("reset")
        await expect(page.locator(".mark.done, .mark.otherwise")).to_have_count(0)
        await expect(page.locator("[data-hand=late]")).to_have_attribute("aria-pressed", "false")
        await expect(page.locator("[data-hand=service-normal]")).to_have_attribute("aria-pressed", "true")

    run_lesson(day, tmp_path)


@pytest.mark.parametrize("name", BY_NAME)
def test_every_persona_has_a_story_in_both_languages(name: str) -> None:
    persona = BY_NAME[name]
    languages: tuple[Language, ...] = ("ja", "en")
    for language in languages:
        tale = tale_of(persona, language)
        assert tale.who
        assert tale.staff
        assert tale.says
        assert tale.end
        assert len(steps_of(persona, language)) >= 2
    assert tale_of(persona, "ja") != tale_of(persona, "en")


def test_lists_name_existing_personas_and_languages() -> None:
    assert {name for drill in DRILLS for name in drill.personas} <= BY_NAME.keys()
    assert len(next(drill for drill in DRILLS if drill.id == "first-day").personas) == 8
    assert {one.script.language for one in BY_NAME.values() if one.script.language} <= set(LANGUAGES)
