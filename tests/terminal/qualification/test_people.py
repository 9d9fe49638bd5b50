"""Tests that the fictitious people cover all cases a client must handle and can be extended with a file."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from terminal.handover.characters import replace_unsupported
from terminal.simulated.service.lookup import look_up
from terminal.simulated.service.people import InsuredPerson, fictitious_people

PEOPLE = fictitious_people()
ENTRIES = [entry for person in PEOPLE.values() for entry in (*person.qualifications, *person.former)]
TODAY = date(2026, 11, 22)


def values(field: str) -> set[Any]:
    return {getattr(entry, field) for entry in ENTRIES}


def test_people_cover_all_code_values() -> None:
    assert {person.validity for person in PEOPLE.values()} == set("123456")
    assert values("sex") == set("123")
    assert values("reason_of_loss") >= {"01", "02", "03", "99", None}
    assert values("personal_family_classification") >= {"1", "2"}
    assert values("insured_card_classification") == {"01", "02", "03", "04", "05", "06", "07", "A1"}
    assert values("preschool_classification") == {"1", None}
    assert values("insured_partial_contribution_ratio") == {"010", "020", "030", None}
    limits = [person.limit for person in PEOPLE.values() if person.limit]
    assert {limit.classification for limit in limits} == {"01", "02", "03"}
    assert {limit.classification_flag for limit in limits} == {
        *(f"A{number:02}" for number in range(1, 7)),
        *(f"B{number:02}" for number in range(1, 11)),
    }
    diseases = {disease.disease_category for person in PEOPLE.values() for disease in person.specific_diseases}
    assert diseases == set("123")
    tickets = [ticket for person in PEOPLE.values() for ticket in person.tickets]
    assert {ticket.ticket_type for ticket in tickets} == {"01", "02"}


def test_people_cover_all_age_groups_and_special_cases() -> None:
    ages = {name: person.age_on(TODAY) for name, person in PEOPLE.items()}
    assert ages["infant"] == 0
    assert ages["child"] < 6
    assert 70 <= ages["seventies"] < 75
    assert PEOPLE["seventies"].qualifications[0].elderly_recipient is not None
    assert {PEOPLE[name].may_share for name in ("self-defence", "day-labourer", "public-assistance")} == {False}
    assert PEOPLE["public-assistance-not-yet"].valid
    assert len(PEOPLE["multiple"].qualifications) == 2
    assert len({entry.name for entry in PEOPLE["multiple"].qualifications}) == 1
    assert "●" in replace_unsupported(PEOPLE["tall-bridge"].qualifications[0].name)


def test_people_are_unique_and_recognisably_fictitious() -> None:
    for entry in ENTRIES:
        placeholder_words = ("模擬", "見本", "試験", "SHIKEN")
        assert any(word in entry.name for word in placeholder_words)
        assert not entry.address or any(word in entry.address for word in placeholder_words)
        assert entry.name_kana is None or entry.name_kana == entry.name_kana.encode("cp932").decode("cp932")
    from terminal.qualification.contract import InsuredSearch

    for name, person in PEOPLE.items():
        for entry in person.qualifications:
            search = InsuredSearch(**{field: getattr(entry, field) for field in InsuredSearch.model_fields})
            match = look_up(search, PEOPLE, TODAY)
            assert match.person == name, (name, match.person)


def test_people_are_read_from_file(tmp_path: Path) -> None:
    file = tmp_path / "people.toml"
    file.write_text(
        '[mine]\nlike = "adult"\nqualification = { name = "自作　太郎", birth_date = 2000-01-31 }\n'
        '[elder]\nregistered = false\nvalidity = "4"\nbirth_date = 1950-01-01\n',
        encoding="utf-8",
    )
    people = fictitious_people(file)
    assert set(people) == {*PEOPLE, "mine"}
    assert people["mine"].qualifications[0].name == "自作　太郎"
    assert people["mine"].limit == PEOPLE["adult"].limit
    assert people["mine"].qualifications[0].insurer_number == PEOPLE["adult"].qualifications[0].insurer_number
    assert (people["elder"].validity, people["elder"].qualifications) == ("4", ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[mine]\nlike = 'nobody'", "unknown person"),
        ("[mine]\nlike = 'yours'\n[yours]\nlike = 'mine'", "like itself"),
        ("mine = 1", "unknown person"),
        ("[mine]\nlike = 'adult'\nvalidity = '7'", "validity"),
        ("[mine]\nlike = 'adult'\nqualification = { insurer_number = 'SECRET' }", "insurer_number"),
        ("[mine]\nregistered = true\nvalidity = '4'", "birth date"),
        ("[mine", "not valid TOML"),
    ],
)
def test_invalid_people_file_is_refused_without_quoting_values(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "people.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message) as error:
        fictitious_people(file)
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("模擬𠮷　髙﨑", "模擬●　●●"),
        ("見本　花🌸子", "見本　花●子"),
        ("高崎　ｶﾅ ABC-１２", "高崎　ｶﾅ ABC-１２"),
        ("〜～−－‖∥", "〜～−－‖∥"),
        ("①㈱纊", "●●●"),
        ("", ""),
    ],
)
def test_characters_outside_old_set_are_replaced(name: str, expected: str) -> None:
    assert replace_unsupported(name) == expected


def test_limit_is_valid_for_benefit_year() -> None:
    limit = PEOPLE["limit-a05"].limit
    assert limit is not None
    assert limit.on(date(2026, 7, 31)).valid_start_date == date(2025, 8, 1)
    assert limit.on(date(2026, 8, 1)).valid_end_date == date(2027, 7, 31)
    assert limit.on(TODAY).long_term_date == date(2026, 9, 1)


def test_birthday_on_29_february_is_1_march_in_common_years() -> None:
    person = InsuredPerson(registered=True, validity="4", birth_date=date(2004, 2, 29))
    assert person.age_on(date(2026, 2, 28)) == 21
    assert person.age_on(date(2026, 3, 1)) == 22
