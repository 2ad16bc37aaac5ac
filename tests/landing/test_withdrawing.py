"""Taking a landed file back, and letting it in again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pytest

from dagster_project.landing import Contract, ExtractedAt, withdrawing
from dagster_project.landing.choosing import ChoiceError, read_held
from dagster_project.landing.withdrawing import Change

from .conftest import BY_PATH, House, contract

DATED = contract(extracted_at=BY_PATH)
BY_ROW = contract(extracted_at=ExtractedAt(column="at"))
FULL = contract(mode="full", extracted_at=BY_PATH)


@dataclass
class Person:
    """Somebody who decides about files of some tables."""

    house: House
    contracts: Sequence[Contract]

    def withdraw(self, name: str, sha256: str = "", reason: str = "wrong") -> Change:
        held = read_held(self.contracts, self.house.paths)
        [change] = withdrawing.withdraw(held, self.house.paths, name, reason, sha256)
        return change

    def admit(self, name: str, sha256: str = "") -> Change:
        held = read_held(self.contracts, self.house.paths)
        [change] = withdrawing.admit(held, self.house.paths, name, "right", sha256)
        return change

    def admitted(self) -> list[str]:
        [given] = self.contracts
        return [row["file_name"] for row in self.house.freeze(given).admitted]


@pytest.fixture
def person(house: House) -> Person:
    return Person(house, [contract()])


def test_the_newest_version_in_use_is_taken_back_first(
    house: House, person: Person
) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    second = house.land_one("id\n2\n3\n", name="a.csv")
    change = person.withdraw("a.csv")
    assert [each.landed_count for each in change.gone] == [2]
    assert change.come == [first]
    assert change.version == second
    assert person.withdraw("a.csv").gone == [first]


def test_a_version_that_was_replaced_is_taken_back_by_its_sha256(
    house: House, person: Person
) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    second = house.land_one("id\n2\n", name="a.csv")
    change = person.withdraw("a.csv", first.file_sha256[:8].upper())
    assert (change.gone, change.come) == ([], [])
    person.withdraw("a.csv", second.file_sha256)
    house.land_one("id\n3\n", name="b.csv")
    assert person.admitted() == ["b.csv"]


def test_admitting_lets_in_what_was_withdrawn_last(
    house: House, person: Person
) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    second = house.land_one("id\n2\n", name="a.csv")
    person.withdraw("a.csv")
    change = person.admit("a.csv")
    assert (change.come, change.gone) == ([second], [first])
    assert house.land().files == ()
    assert person.admitted() == ["a.csv"]


def test_a_name_that_nobody_knows_is_told_with_those_alike(
    house: House, person: Person
) -> None:
    for name in ("deals_1.csv", "deals_2.csv", "other.csv"):
        house.land_one(f"id\n{name}\n", name=name)
    with pytest.raises(ChoiceError, match=r"no file deal_1\.csv") as refused:
        person.withdraw("deal_1.csv")
    assert "deals_1.csv" in str(refused.value)
    with pytest.raises(ChoiceError) as refused:
        person.withdraw("deals_")
    assert str(refused.value).splitlines()[1:] == ["  deals_1.csv", "  deals_2.csv"]


def test_a_refused_file_has_nothing_to_take_back(house: House, person: Person) -> None:
    house.land_one("other\n1\n", name="a.csv")
    with pytest.raises(ChoiceError, match=r"nothing of a\.csv was landed.*required"):
        person.withdraw("a.csv")


def test_what_is_withdrawn_cannot_be_withdrawn_again_nor_the_rest_admitted(
    house: House, person: Person
) -> None:
    house.land_one("id\n1\n", name="a.csv")
    with pytest.raises(ChoiceError, match=r"no version to choose[\s\S]*1 rows, in use"):
        person.admit("a.csv")
    person.withdraw("a.csv")
    with pytest.raises(ChoiceError, match="withdrawn: wrong"):
        person.withdraw("a.csv")


def test_a_sha256_that_fits_two_versions_or_none_lists_them(
    house: House, person: Person
) -> None:
    sha256s = [
        house.land_one(f"id\n{number}\n", name="a.csv").file_sha256
        for number in range(30)
    ]
    prefix = next(s[0] for s in sha256s if sum(t[0] == s[0] for t in sha256s) > 1)
    with pytest.raises(ChoiceError, match=r"versions with a sha256") as refused:
        person.withdraw("a.csv", prefix)
    assert sha256s[0][:12] in str(refused.value)
    with pytest.raises(ChoiceError, match=r"no version with a sha256"):
        person.withdraw("a.csv", "zz")


def test_a_reason_is_needed(house: House, person: Person) -> None:
    house.land_one("id\n1\n", name="a.csv")
    with pytest.raises(ChoiceError, match="reason"):
        person.withdraw("a.csv", reason=" ")


def test_content_that_another_name_has_is_read_again_or_asked_for(
    house: House, person: Person
) -> None:
    house.land_one("id\n1\n", name="a.csv")
    house.land_one("id\n1\n", name="b.csv")
    (house.paths.extracts / "b.csv").unlink()
    with pytest.raises(ChoiceError, match=r"put back[\s\S]*b\.csv"):
        person.withdraw("a.csv")
    assert person.admitted() == ["a.csv"]
    house.put("b.csv", "id\n1\n")
    change = person.withdraw("a.csv")
    assert [version.file_name for version in change.owed] == ["b.csv"]
    house.land()
    assert person.admitted() == ["b.csv"]


def test_a_duplicate_is_withdrawn_without_what_it_repeats(
    house: House,
) -> None:
    dated = Person(house, [DATED])
    house.land_one("id\n1\n", DATED, "2024-01-01.csv")
    house.land_one("id\n1\n", DATED, "2024-01-02.csv")
    change = dated.withdraw("2024-01-02.csv")
    assert (change.gone, change.come, change.owed) == ([], [], [])
    assert house.freeze(DATED).as_of == datetime(2024, 1, 1, 23, 59, 59)
    dated.withdraw("2024-01-01.csv")
    (house.paths.extracts / "2024-01-02.csv").unlink()
    with pytest.raises(ChoiceError, match=r"2024-01-02\.csv"):
        dated.admit("2024-01-02.csv")


def test_content_that_landed_by_itself_gives_way_to_the_first_again(
    house: House, person: Person
) -> None:
    first = house.land_one("id\n1\n", name="a.csv")
    house.land_one("id\n1\n", name="b.csv")
    person.withdraw("a.csv")
    house.land()
    change = person.admit("a.csv")
    assert change.come == [first]
    assert [each.file_name for each in change.gone] == ["b.csv"]
    assert person.admitted() == ["a.csv"]


def test_every_version_of_a_growing_file_can_be_withdrawn(house: House) -> None:
    grown = Person(house, [BY_ROW])
    house.land_one("id,at\n1,2024-01-01\n", BY_ROW, "a.csv")
    house.land_one("id,at\n1,2024-01-01\n2,2024-01-02\n", BY_ROW, "a.csv")
    assert [each.landed_count for each in grown.withdraw("a.csv").gone] == [2]
    [row] = house.freeze(BY_ROW).admitted
    assert row["landed_count"] == 1


def test_a_day_between_whole_extracts_is_withdrawn_and_admitted(house: House) -> None:
    days = Person(house, [FULL])
    for day in "123":
        house.land_one("id\n1\n", FULL, f"2024-01-0{day}.csv")
    days.withdraw("2024-01-02.csv")
    assert house.land(FULL).files == ()
    assert days.admitted() == ["2024-01-01.csv", "2024-01-03.csv"]
    days.admit("2024-01-02.csv")
    assert len(days.admitted()) == 3


def test_a_file_that_two_tables_read_is_withdrawn_from_both(house: House) -> None:
    both = [contract(), contract(table_name="lead")]
    house.put("a.csv", "id\n1\n")
    for each in both:
        house.land(each)
    held = read_held(both, house.paths)
    changes = withdrawing.withdraw(held, house.paths, "a.csv", "wrong")
    assert [change.held.place for change in changes] == ["crm.deal", "crm.lead"]
    assert all(change.gone for change in changes)
    again = withdrawing.admit(read_held(both, house.paths), house.paths, "a.csv")
    assert len(again) == 2
