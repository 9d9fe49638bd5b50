"""Page languages: `lang` attributes and readings above kanji."""

from playwright.sync_api import Page

from tests.terminal.counter_web.stage import PageStage
from tests.terminal.talk.gallery import state_for


def show(stage: PageStage, page: Page, name: str, language: str) -> None:
    stage.show(page, state_for(name, language))


def test_elements_have_lang_attribute_of_their_language(stage: PageStage, page: Page) -> None:
    stage.open(page)
    for language, tag in (("es", "es"), ("zh-Hans", "zh-Hans"), ("ja-easy", "ja")):
        show(stage, page, "consent", language)
        assert page.get_attribute("html", "lang") == tag
        assert page.get_attribute(".original", "lang") == "ja"
    show(stage, page, "consent", "ja")
    assert page.query_selector(".original") is None
    show(stage, page, "problem-expired", "es")
    assert "資格確認書" in page.locator("bdi[lang=ja]").all_inner_texts()
    show(stage, page, "problem-expired", "zh-Hans")
    assert page.locator("bdi[lang=ja]").all_inner_texts() == ["資格情報のお知らせ", "マイナポータル"]


def test_readings_are_shown_only_in_easy_japanese(stage: PageStage, page: Page) -> None:
    stage.open(page)
    show(stage, page, "consent", "ja-easy")
    assert page.locator("h1 ruby rt").first.inner_text() == "じょうほう"
    for part in (".hint", ".topics", ".answer", "#foot"):
        assert page.locator(f"{part} rt").count(), part
    show(stage, page, "consent", "ja")
    assert not page.locator("rt").count()
    assert "{" not in page.inner_text("body")
