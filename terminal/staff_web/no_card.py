"""The form for a patient without a card: the details printed on the 資格確認書, and the result as a sentence."""

import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from consent.store import LedgerError
from terminal.front.counter import WithService
from terminal.qualification.insured import InsuredSearch
from terminal.words.catalogue import Words


def _plain(text: object) -> object:
    """Accept full-width digits and spaces, as typed in Japanese."""
    return unicodedata.normalize("NFKC", text).strip() if isinstance(text, str) else text


Number = Annotated[str, BeforeValidator(_plain)]


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    language: Literal["ja", "en"]
    insurer: Annotated[Number, Field(pattern=r"^[0-9]{6,8}$")]
    symbol: Annotated[str, Field(max_length=20)]
    """As printed."""
    number: Annotated[Number, Field(pattern=r"^[0-9A-Za-z-]{1,20}$")]
    branch: Annotated[Number, Field(pattern=r"^([0-9]{2})?$")]
    birth: date
    limit: bool
    """The patient agreed orally to the limit being provided."""

    @property
    def search(self) -> InsuredSearch:
        return InsuredSearch(
            insurer_number=self.insurer,
            insured_card_symbol=self.symbol.strip() or None,
            insured_identification_number=self.number,
            insured_branch_number=self.branch or None,
            birth_date=self.birth,
        )


async def ask(body: bytes, counter: WithService, words: dict[str, Words]) -> tuple[int, dict[str, object]]:
    """Return status and answer for one form. None of it is stored."""
    try:
        form = Form.model_validate_json(body)
    except ValidationError as error:
        return 422, {"fields": [str(one["loc"][0]) for one in error.errors() if one["loc"]]}
    say = words[form.language]
    try:
        answered = await counter.without_card.ask(
            form.search, limit=form.limit, wording=str(words["ja"]("page.nocard-limit"))
        )
    except LedgerError:
        return 503, {"text": say("nocard.not-recorded"), "done": False}
    done = answered.ending == "delivered"
    validity = say(f"nocard.validity.{answered.validity}") if answered.validity else ""
    return 200, {"text": say(f"nocard.{answered.ending}"), "validity": validity, "done": done}
