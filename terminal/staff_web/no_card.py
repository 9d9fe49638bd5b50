"""Qualification check for patients without a card, using the details printed on the 資格確認書."""

import unicodedata
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from consent.store import LedgerError
from terminal.front.counter import WithService
from terminal.qualification.insured import InsuredSearch
from terminal.words.catalogue import Words


def _plain(text: object) -> object:
    """Convert full-width digits and spaces to ASCII."""
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
    """Whether the patient verbally agreed to share the high-cost limit."""

    @property
    def search(self) -> InsuredSearch:
        return InsuredSearch(
            insurer_number=self.insurer,
            insured_card_symbol=self.symbol.strip() or None,
            insured_identification_number=self.number,
            insured_branch_number=self.branch or None,
            birth_date=self.birth,
        )


async def check(body: bytes, counter: WithService, words: dict[str, Words]) -> tuple[int, dict[str, object]]:
    """Check the qualification. Return the HTTP status and answer. The form is not stored."""
    try:
        form = Form.model_validate_json(body)
    except ValidationError as error:
        return 422, {"fields": [str(detail["loc"][0]) for detail in error.errors() if detail["loc"]]}
    say = words[form.language]
    try:
        outcome = await counter.without_card.ask(
            form.search, limit=form.limit, wording=str(words["ja"]("page.nocard-limit"))
        )
    except LedgerError:
        return 503, {"text": say("nocard.not-recorded"), "done": False}
    done = outcome.ending == "delivered"
    validity = say(f"nocard.validity.{outcome.validity}") if outcome.validity else ""
    return 200, {"text": say(f"nocard.{outcome.ending}"), "validity": validity, "done": done}
