"""Personas for special cases: families, other settings, names with ●, other languages and power cuts."""

from datetime import date

from config.profiles import Profile
from consent.items import Item
from terminal.problems import ProblemCode
from terminal.qualification.contract import PrescriptionForm, Way
from terminal.session.states import Outcome
from terminal.simulated.personas.answers import (
    ALL_SHARED,
    ASKED,
    CARE,
    CHECKUP,
    CHILD_ASKED,
    CHILD_SHARED,
    LIMIT,
    MEDICINES,
    SHARED_BY_FACE,
    SHARED_BY_PIN,
    flags,
)
from terminal.simulated.personas.persona import CardKind, Expected, Mishap, Persona, Script, Sharing

_VIETNAMESE = "vi"
_ASKED_SUBSIDY = (CARE, MEDICINES, CHECKUP, "subsidies", LIMIT)
_SUBSIDIES = {"consent.subsidies": True}

VISITS: tuple[Persona, ...] = (
    Persona(
        name="next-child",
        story="A guardian with two children: language and display settings carry over to the second child.",
        person="child",
        face="emi",
        script=Script(next_family=True, language="en"),
        expected=Expected(Way.PIN, Outcome.DONE, CHILD_ASKED, CHILD_SHARED, language="en"),
        then=(
            Persona(
                name="next-child-second",
                story="The second of two children: the guardian does not need to choose any settings again.",
                person="child-second",
                face="emi",
                expected=Expected(Way.PIN, Outcome.DONE, CHILD_ASKED, CHILD_SHARED, language="en"),
            ),
        ),
    ),
    Persona(
        name="family-of-three",
        story="A mother with a child and an infant: three cards in turn, her own first.",
        person="adult",
        face="hana",
        script=Script(next_family=True),
        expected=SHARED_BY_PIN,
        then=(
            Persona(
                name="family-of-three-child",
                story="The child of the family: the mother enters the PIN and answers.",
                person="child",
                face="emi",
                script=Script(next_family=True),
                expected=Expected(Way.PIN, Outcome.DONE, CHILD_ASKED, CHILD_SHARED),
            ),
            Persona(
                name="family-of-three-infant",
                story="The infant of the family: its card has no photo.",
                person="infant",
                face="emi",
                card=CardKind(photo=False, issued_on=date(2026, 7, 15)),
                expected=Expected(Way.PIN, Outcome.DONE, CHILD_ASKED, CHILD_SHARED),
            ),
        ),
    ),
    Persona(
        name="black-circle-name",
        story="The record has ● in place of a character of the name; the card shows the real character.",
        person="black-circle",
        face="hana",
        card=CardKind(name="模擬　﨑美"),
        script=Script(way=Way.FACE),
        expected=SHARED_BY_FACE,
    ),
    Persona(
        name="vietnamese",
        story="Reads Vietnamese: chooses the language first; staff switch the screen to Japanese for a moment.",
        person="adult",
        face="hana",
        script=Script(language=_VIETNAMESE),
        expected=Expected(Way.PIN, Outcome.DONE, ASKED, ALL_SHARED, language=_VIETNAMESE),
    ),
    Persona(
        name="power-cut",
        story="The power fails at the consent screen: after the restart, the reception ends without consent.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.POWER_CUT),
        expected=Expected(Way.PIN, None, (CARE, MEDICINES, CHECKUP), flags(0, 0, 0)),
    ),
    Persona(
        name="clock-wrong",
        story="The terminal's clock is an hour slow: the terminal reports this and opens no check.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.CLOCK_WRONG),
        expected=Expected(None, ProblemCode.CLOCK_WRONG),
    ),
    Persona(
        name="pharmacy",
        story="The same visit at a pharmacy, which has its own wording.",
        person="adult",
        face="hana",
        profile=Profile.PHARMACY,
        expected=SHARED_BY_PIN,
    ),
    Persona(
        name="pharmacy-two-prescriptions",
        story="Two electronic prescriptions at the pharmacy: asked which to dispense, the patient chooses the newer.",
        person="young",
        face="emi",
        profile=Profile.PHARMACY,
        script=Script(dispense="prescription-1"),
        settings={"consent.dispensing": "ask"},
        expected=Expected(Way.PIN, Outcome.DONE, (CARE, MEDICINES, LIMIT), CHILD_SHARED),
    ),
    Persona(
        name="limit-by-law",
        story="The limit is provided by law: the patient is not asked, but the file contains it.",
        person="adult",
        face="hana",
        settings={"consent.limit": "by-law"},
        expected=Expected(Way.PIN, Outcome.DONE, (CARE, MEDICINES, CHECKUP), ALL_SHARED),
    ),
    Persona(
        name="newer-consents",
        story="The receipt computer supports the consents of 2025: an answer also covers its group's newer elements.",
        person="adult",
        face="hana",
        settings={"handover.newer_consents": True},
        script=Script(sharing=Sharing.ONE_BY_ONE, answers={MEDICINES: False}),
        expected=Expected(
            Way.PIN,
            Outcome.DONE,
            ASKED,
            ALL_SHARED | {Item.MEDICINES: 0},
            newer={"AllergyInfo": 1, "ContraindicationInfo": 1, "TestInfo": 1, "PrescriptionInfo": 0},
        ),
    ),
    Persona(
        name="prescription-electronic",
        story="The clinic issues electronic prescriptions: the patient is asked for the form and chooses electronic.",
        person="adult",
        face="hana",
        script=Script(prescription=PrescriptionForm.ELECTRONIC),
        settings={"consent.prescription": "ask"},
        expected=SHARED_BY_PIN,
    ),
    Persona(
        name="subsidy-used",
        story="Has a certificate for a medical subsidy and uses it.",
        person="subsidy-rare-disease",
        face="ichiro",
        settings=_SUBSIDIES,
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED_SUBSIDY, ALL_SHARED | {Item.SUBSIDIES: 1}),
    ),
    Persona(
        name="subsidy-refused",
        story="Does not use a medical subsidy today: the result marks it as refused, so that it is not closed.",
        person="subsidy-rare-disease",
        face="ichiro",
        settings=_SUBSIDIES,
        script=Script(answers={"subsidies": False}),
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED_SUBSIDY, ALL_SHARED | {Item.SUBSIDIES: 0}),
    ),
    Persona(
        name="subsidy-not-connected",
        story="The municipality is not connected: the terminal does not ask, and the result gives the reason.",
        person="subsidy-not-connected",
        face="hana",
        settings=_SUBSIDIES,
        expected=SHARED_BY_PIN,
    ),
    Persona(
        name="therapist",
        story="At a therapist's: the insurance is checked by PIN, without the face; only the limit is asked about.",
        person="adult",
        face="hana",
        profile=Profile.QUALIFICATION_ONLY,
        script=Script(way=Way.FACE),
        expected=Expected(Way.PIN, Outcome.DONE, (LIMIT,), {Item.HIGH_COST_LIMIT: 1}),
    ),
)
