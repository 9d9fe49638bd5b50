"""The personas by name: days at the counter that every release must get right."""

from datetime import date

from config.profiles import Profile
from consent.items import Item
from terminal.problems import ProblemCode
from terminal.qualification.contract import Way
from terminal.session.states import Outcome
from terminal.simulated.personas.persona import CardKind, Expected, Mishap, Persona, Script, Sharing
from terminal.simulated.service.registry import CardStatus

_CARE, _MEDICINES, _CHECKUP, _ELDERLY, _LIMIT = (
    "care",
    "medicines",
    "health-checkup-specific",
    "health-checkup-elderly",
    "limit",
)
_ASKED = (_CARE, _MEDICINES, _CHECKUP, _LIMIT)


def _flags(care: int, checkup: int, limit: int | None) -> dict[Item, int]:
    flags = {Item.DIAGNOSIS: care, Item.MEDICINES: care, Item.HEALTH_CHECKUP: checkup}
    return flags if limit is None else flags | {Item.HIGH_COST_LIMIT: limit}


_ALL_SHARED = _flags(1, 1, 1)
_CHILD = {Item.DIAGNOSIS: 1, Item.MEDICINES: 1, Item.HIGH_COST_LIMIT: 1}

PERSONAS: tuple[Persona, ...] = (
    Persona(
        name="pin-right",
        story="Types the PIN, shares everything.",
        person="adult",
        face="hana",
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="pin-wrong-once",
        story="Mistypes the PIN, then chooses one by one: care yes, health check-up no.",
        person="adult",
        face="hana",
        script=Script(pins=("0000", "1234"), sharing=Sharing.ONE_BY_ONE, answers={_CHECKUP: False}),
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _flags(1, 0, 1), tries_spent=1),
    ),
    Persona(
        name="pin-locked-face-ok",
        story="The PIN was locked long ago: only the face is offered.",
        person="adult",
        face="hana",
        card=CardKind(pin_tries_left=0),
        expected=Expected(Way.FACE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="pinless-card",
        story="A card issued without a PIN (顔認証マイナンバーカード).",
        person="seventies",
        face="ume",
        card=CardKind(pin=None),
        expected=Expected(Way.FACE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="face-match",
        story="Looks into the camera, shares everything.",
        person="adult",
        face="hana",
        script=Script(way=Way.FACE),
        expected=Expected(Way.FACE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="face-scanned-code",
        story="The printed code is read from the card's front by camera; not a digit is typed.",
        person="seventies",
        face="matsuo",
        script=Script(way=Way.FACE),
        expected=Expected(Way.FACE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="pinless-scanned",
        story="A card without PIN: its front is read by camera, then the face. Three touches in all.",
        person="seventies",
        face="ume",
        card=CardKind(pin=None),
        script=Script(way=Way.FACE),
        expected=Expected(Way.FACE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="scan-fails-then-typed",
        story="Something covers the card's front: the code is typed instead.",
        person="adult",
        face="hana",
        script=Script(way=Way.FACE, types_code=True),
        expected=Expected(Way.FACE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="face-other-person-then-pin",
        story="Somebody else stands before the camera; after three attempts the PIN is asked for.",
        person="adult",
        face="hana",
        live_face="taro",
        script=Script(way=Way.FACE),
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="unregistered-card",
        story="The first time: the card is registered as insurance card.",
        person="unregistered",
        face="ichiro",
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="aged-75",
        story="Over 75: asked for the check-up of the late elderly.",
        person="elder",
        face="matsuo",
        script=Script(way=Way.FACE),
        expected=Expected(Way.FACE, Outcome.DONE, (_CARE, _MEDICINES, _ELDERLY, _LIMIT), _ALL_SHARED),
    ),
    Persona(
        name="all-refused",
        story="Shares nothing and is received all the same.",
        person="adult",
        face="hana",
        script=Script(sharing=Sharing.NONE, answers={_LIMIT: False}),
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _flags(0, 0, 0)),
    ),
    Persona(
        name="removed-before-check",
        story="Takes the card away before anything was confirmed: nothing is written.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.CARD_TAKEN_BEFORE_CHECK),
        expected=Expected(None, None),
    ),
    Persona(
        name="removed-during-consent",
        story="Takes the card away at the consent screen: received, nothing shared.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.CARD_TAKEN_DURING_CONSENT),
        expected=Expected(Way.PIN, Outcome.NOTHING_SHARED, (_CARE, _MEDICINES, _CHECKUP), _flags(0, 0, None)),
    ),
    Persona(
        name="mixed-card-refused",
        story="The chip of one card with the certificate of another: the service refuses.",
        person="adult",
        face="hana",
        card=CardKind(certificate_from="pin-right"),
        script=Script(way=Way.FACE),
        expected=Expected(None, ProblemCode.MIXED_CARD),
    ),
    Persona(
        name="silent-at-opening",
        story="The service does not answer when the check should open: nothing is kept.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.SERVICE_SILENT_AT_OPENING),
        expected=Expected(None, ProblemCode.SERVICE_SILENT),
    ),
    Persona(
        name="silent-at-submit",
        story="The service falls silent at the end: the outbox delivers when it is back.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.SERVICE_SILENT_AT_SUBMIT),
        expected=Expected(Way.PIN, Outcome.AWAITING, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="pin-one-try-left",
        story="One try is left: the terminal asks first whether to go on.",
        person="adult",
        face="hana",
        card=CardKind(pin_tries_left=1),
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="child-with-guardian",
        story="A child under 15: a guardian answers.",
        person="child",
        face="emi",
        expected=Expected(Way.PIN, Outcome.DONE, (_CARE, _MEDICINES, _LIMIT), _CHILD),
    ),
    Persona(
        name="infant-no-photo-pin",
        story="An infant's card has no photo: the face is chosen, the PIN is asked for.",
        person="infant",
        face="emi",
        card=CardKind(photo=False, issued_on=date(2026, 7, 15)),
        script=Script(way=Way.FACE),
        expected=Expected(Way.PIN, Outcome.DONE, (_CARE, _MEDICINES, _LIMIT), _CHILD),
    ),
    Persona(
        name="no-certificate-card",
        story="Issued without certificates: the municipality can add them.",
        person="adult",
        face="hana",
        card=CardKind(certificates=False),
        expected=Expected(None, ProblemCode.NO_CERTIFICATE),
    ),
    Persona(
        name="revoked",
        story="The certificate was revoked.",
        person="adult",
        face="hana",
        card=CardKind(revoked=True),
        expected=Expected(None, ProblemCode.CERTIFICATE_REVOKED),
    ),
    Persona(
        name="suspended",
        story="Reported lost, and found again: 0120-95-0178.",
        person="adult",
        face="hana",
        card=CardKind(status=CardStatus.SUSPENDED),
        expected=Expected(None, ProblemCode.CERTIFICATE_SUSPENDED),
    ),
    Persona(
        name="lapsed",
        story="Moved without notice: the card has lapsed.",
        person="adult",
        face="hana",
        card=CardKind(status=CardStatus.LAPSED),
        expected=Expected(None, ProblemCode.CARD_LAPSED),
    ),
    Persona(
        name="not-valid",
        story="No qualification in force: nothing is asked, the result says so.",
        person="lost-qualification",
        face="ken",
        expected=Expected(Way.PIN, Outcome.NOT_VALID, (), {}),
    ),
    Persona(
        name="staff-by-eye",
        story="Staff compares photo and face, and says why.",
        person="seventies",
        face="ume",
        script=Script(staff=True),
        expected=Expected(Way.STAFF, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="pharmacy",
        story="The same at a pharmacy's counter, in a pharmacy's words.",
        person="adult",
        face="hana",
        profile=Profile.PHARMACY,
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="phone-android",
        story="An Android phone instead of the card: its own PIN is typed at the terminal.",
        person="adult",
        face="hana",
        card=CardKind(kind="phone-android", photo=False),
        expected=Expected(Way.PHONE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="phone-iphone",
        story="An iPhone instead of the card: it verifies its owner itself.",
        person="adult",
        face="hana",
        card=CardKind(kind="phone-iphone", photo=False),
        expected=Expected(Way.PHONE, Outcome.DONE, _ASKED, _ALL_SHARED),
    ),
    Persona(
        name="phone-expired-card-in-grace",
        story="Card and phone ended a month ago: the card would have three months of grace, the phone has none.",
        person="adult",
        face="hana",
        card=CardKind(kind="phone-android", photo=False, ended_days_ago=30),
        expected=Expected(None, ProblemCode.CERTIFICATE_EXPIRED),
    ),
    Persona(
        name="suica",
        story="A Suica on the reader: told as another card.",
        person="adult",
        face="hana",
        card=CardKind(kind="suica", photo=False),
        expected=Expected(None, ProblemCode.NOT_MY_NUMBER_CARD),
    ),
    Persona(
        name="card-held-by-other-program",
        story="Another program holds the card; once it lets go, the reception begins by itself.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.CARD_HELD),
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _ALL_SHARED, told=(ProblemCode.CARD_HELD,)),
    ),
    Persona(
        name="two-readers",
        story="Two readers with a card on each: one is taken away, the other is read.",
        person="adult",
        face="hana",
        script=Script(mishap=Mishap.TWO_CARDS),
        expected=Expected(Way.PIN, Outcome.DONE, _ASKED, _ALL_SHARED, told=(ProblemCode.TWO_CARDS,)),
    ),
)

BY_NAME = {persona.name: persona for persona in PERSONAS}
