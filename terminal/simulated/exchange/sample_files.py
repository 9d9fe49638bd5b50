"""Sample result files for a person and their answers, as the stub and the terminal would create them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from consent.items import VIEWING, Item
from terminal.handover.messages.bulk import BulkResult, BulkUnits
from terminal.handover.messages.header import BulkHeader, QualificationHeader
from terminal.handover.messages.insured import Insured
from terminal.handover.messages.qualification import QualificationAnswer, SearchInfo
from terminal.handover.options import FaceOptions
from terminal.handover.parts import element_names
from terminal.handover.result_name import result_file_name
from terminal.handover.result_xml import result_answer
from terminal.handover.xml import CHARACTER_CODES, Encoding, write_document
from terminal.qualification.contract import (
    CertificateStatus,
    ConsentAnswer,
    PrescriptionForm,
    Purpose,
    QualificationResult,
    Receipt,
    Submission,
    Way,
)
from terminal.simulated.exchange.answers.common import AnswerContext
from terminal.simulated.exchange.answers.single import check
from terminal.simulated.exchange.answers.units import check_unit
from terminal.simulated.exchange.checks import LocalChecks
from terminal.simulated.exchange.insured import LocalInsured
from terminal.simulated.exchange.store import ExchangeStore
from terminal.simulated.service.people import InsuredPerson, People
from terminal.simulated.service.result import facts_for, result_for
from terminal.simulated.service.storage.store import AcceptedSubmission, OpenedCheck

YES, NO = ("1", "yes", "y"), ("0", "no", "n")
ITEMS: Final = {item.name.lower().replace("_", "-"): item for item in Item}
FORMS: Final = {"electronic": PrescriptionForm.ELECTRONIC, "paper": PrescriptionForm.PAPER}


@dataclass(frozen=True, slots=True)
class Answers:
    """The patient's answers. Items that were not asked about are absent."""

    items: Mapping[Item, bool] = field(default_factory=dict)
    by_law: bool = False
    """Whether the limit is provided on a legal basis, without consent."""
    form: PrescriptionForm | None = None

    @classmethod
    def parse(cls, text: str, person: InsuredPerson) -> "Answers":
        """Parse `all`, `none`, or `medicines=yes,surgery=no,high-cost-limit=by-law,prescription=paper`.

        Raises `ValueError` with a list of the valid values.
        """
        if text.strip() in ("all", "none"):
            return cls(dict.fromkeys(_items_for(person), text.strip() == "all"))
        items: dict[Item, bool] = {}
        by_law, form = False, None
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = part.partition("=")
            if name == "prescription" and value in FORMS:
                form = FORMS[value]
            elif name == "high-cost-limit" and value == "by-law":
                by_law = True
            elif name in ITEMS and value in (*YES, *NO):
                items[ITEMS[name]] = value in YES
            else:
                raise ValueError(
                    f"{part}: use NAME=yes or NAME=no, where NAME is one of {', '.join(ITEMS)}; "
                    f"or high-cost-limit=by-law, prescription={'|'.join(FORMS)}; or all; or none"
                )
        return cls(items, by_law, form)


def _items_for(person: InsuredPerson) -> tuple[Item, ...]:
    """Return the items that the terminal asks this person about."""
    excluded = set()
    if not person.may_share:
        excluded |= {*VIEWING, Item.SPECIFIC_DISEASE}
    if not person.specific_diseases:
        excluded.add(Item.SPECIFIC_DISEASE)
    if not person.subsidies or not person.subsidies_connected:
        excluded.add(Item.SUBSIDIES)
    return tuple(item for item in Item if item not in excluded)


@dataclass(frozen=True, slots=True)
class Sample:
    """Description of a sample."""

    title: str
    person: str
    answers: str = "all"
    standing: CertificateStatus = CertificateStatus.VALID
    newer_consents: bool = False
    number: str | None = None
    """The institution's patient number (照会番号)."""


SAMPLES: Final = (
    Sample("everything shared", "adult"),
    Sample("everything refused", "adult", "none"),
    Sample("one by one: medicines yes, past care no", "adult", "medicines=yes,diagnosis=no,health-checkup=yes"),
    Sample("limit provided by law", "adult", "medicines=yes,high-cost-limit=by-law"),
    Sample("consents of 2025, own patient number", "adult", newer_consents=True, number="24434"),
    Sample("electronic prescription", "young", "medicines=yes,prescription=electronic"),
    Sample("elderly aged 75 or over", "elder"),
    Sample("70 to 74: 高齢受給者証", "seventies"),
    Sample("child below school age", "child"),
    Sample("specific disease", "specific-disease"),
    Sample("lost insurance", "lost-qualification", "none"),
    Sample("no insurance", "no-qualification", "none"),
    Sample("public assistance, medical ticket", "public-assistance", ""),
    Sample("public assistance, dispensing ticket", "public-assistance-dispensing", ""),
    Sample("public assistance, ticket not registered yet", "public-assistance-not-yet", ""),
    Sample("foreign resident with a registered alias", "foreign-resident"),
    Sample("other name, certificate with an expiry date", "changed-this-month"),
    Sample("sex differs between certificate and register", "sex-not-set"),
    Sample("● in a name", "black-circle"),
    Sample("third-level character", "third-level"),
    Sample("ratio and limit contradict each other", "contradictory"),
    Sample("two qualifications in force", "two-in-force"),
    Sample("certificate about to expire", "adult", standing=CertificateStatus.EXPIRING),
    Sample("subsidy used", "subsidy-rare-disease"),
    Sample("subsidy refused", "subsidy-rare-disease", "medicines=yes,subsidies=no"),
    Sample("two subsidies used", "subsidy-two"),
    Sample("subsidy ended yesterday", "subsidy-ended", "medicines=yes"),
    Sample("municipality not connected", "subsidy-not-connected", "medicines=yes"),
    Sample("subsidy by reimbursement only", "subsidy-reimbursement"),
)


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A generated file."""

    name: str
    title: str
    data: bytes = field(repr=False)
    elements: frozenset[str] = field(repr=False)
    """Names of the elements in `ResultOfQualificationConfirmation`."""


def face_file(
    sample: Sample, people: People, now: datetime, *, institution: str, encoding: Encoding = "UTF-8"
) -> SampleFile:
    """Return the result file for a sample. Raises `ValueError` for an unknown person or impossible answers."""
    person = people.get(sample.person)
    if person is None:
        raise ValueError(f"{sample.person}: unknown person. `uketsuke stub people` lists the fictitious people.")
    result = _result(sample, person, now, institution)
    options = FaceOptions(
        reference_number=None if sample.number is None else lambda *_: sample.number,
        subsidies=bool(person.subsidies),
        newer_consents=sample.newer_consents,
    )
    answer = result_answer(result, encoding, options)
    name = result_file_name(institution, result.check_id, now)
    return _file(name, sample.title, answer, encoding, answer.body.results if answer.body else ())


def all_files(people: People, now: datetime, *, institution: str, encoding: Encoding = "UTF-8") -> list[SampleFile]:
    """Return a file for each of `SAMPLES`, and two exchange answers with elements that no card reader writes."""
    faces = [face_file(sample, people, now, institution=institution, encoding=encoding) for sample in SAMPLES]
    return [*faces, *_answers(people, now, institution, encoding)]


def files_by_element(files: list[SampleFile]) -> dict[str, list[SampleFile]]:
    """Map each element of `ResultOfQualificationConfirmation`, in layout order, to the files that contain it."""
    return {name: [file for file in files if name in file.elements] for name in element_names(Insured)}


def _result(sample: Sample, person: InsuredPerson, now: datetime, institution: str) -> QualificationResult:
    answers = Answers.parse(sample.answers, person)
    check_id = sha256(f"{sample.title}/{sample.person}/{sample.answers}".encode()).hexdigest()[:32]
    check = OpenedCheck(
        check_id=check_id,
        terminal_id="sample",
        institution_code=institution,
        purpose=Purpose.RECEPTION,
        way=Way.FACE,
        person=sample.person,
        standing=sample.standing,
        registered=True,
        opened_at=now,
    )
    if any(answers.items.get(item) for item in VIEWING) and not facts_for(check, person).may_share:
        raise ValueError(f"{sample.person}: this person's data is never shared (自衛官, 日雇特例, 医療扶助)")
    submission = Submission(
        terminal_id="sample",
        decided_at=now,
        answers=tuple(
            ConsentAnswer(item=item, flag=1 if granted else 0, consent_time=now if granted else None)
            for item, granted in answers.items.items()
        ),
        by_law=(Item.HIGH_COST_LIMIT,) if answers.by_law else (),
        prescription_form=answers.form,
        ledger_count=1,
        ledger_head="-",
        signature=b"-",
    )
    receipt = Receipt(
        check_id=check_id,
        accepted_at=now,
        submission_digest=bytes(32),
        ledger_count=1,
        ledger_head="-",
        signature=b"-",
        simulated=True,
    )
    return result_for(check, person, AcceptedSubmission(submission, receipt, check_id))


def _answers(people: People, now: datetime, institution: str, encoding: Encoding) -> Iterator[SampleFile]:
    context = AnswerContext(LocalInsured(people), LocalChecks(people), ExchangeStore(None), now, encoding, None)
    adult = people["adult"].qualifications[0]
    search = SearchInfo(
        insurer_number=adult.insurer_number,
        insured_card_symbol=adult.insured_card_symbol,
        insured_identification_number=adult.insured_identification_number or "",
        insured_branch_number=adult.insured_branch_number,
        birth_date=adult.birth_date,
        limit_consent="1",
        arbitrary_identifier="visit-77",
    )
    body, stamp = check(search, now.date(), institution, context), f"{now:%Y%m%d}0001"
    assert not isinstance(body, tuple), "the fictitious person must be found"
    facts = {"executed_at": now, "confirmation_date": now.date(), "institution_code": institution, "segment": "1"}
    facts |= {"file_identifier": "SAMPLE-1", "character_code": CHARACTER_CODES[encoding]}
    single = QualificationAnswer(header=QualificationHeader.model_validate(facts | {"reference": "2"}), body=body)
    yield _file(f"OQSsiquc01res_{stamp}.xml", "answer by symbol and number", single, encoding, body.results)
    units = (check_unit(search, now.date(), institution, context),)
    counts = {"processed": "1", "normal": "1", "errors": "0", "reception_number": f"{now:%Y%m%d}0000000001"}
    bulk = BulkResult(header=BulkHeader.model_validate(facts | counts), body=BulkUnits(units=units))
    records = tuple(unit.result for unit in units if unit.result is not None)
    yield _file(f"OQSmuquc02res_{stamp}.xml", "result of a bulk check", bulk, encoding, records)


def _file(
    name: str, title: str, message: QualificationAnswer | BulkResult, encoding: Encoding, records: tuple[Insured, ...]
) -> SampleFile:
    data = write_document(message, encoding).data
    text = data.decode("cp932" if encoding == "Shift_JIS" else "utf-8")
    content = text.partition("<ResultOfQualificationConfirmation>")[2] if records else ""
    elements = frozenset(element for element in element_names(Insured) if f"<{element}>" in content)
    return SampleFile(name, title, data, elements)
