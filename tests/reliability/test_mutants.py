"""The list of faults fits the code as it is now; `make mutants` runs it."""

from tests.reliability.mutants import ROOT, mutants


def test_each_fault_has_its_place_and_its_tests() -> None:
    listed = mutants()
    assert len({(one.file, one.before, one.after) for one in listed}) == len(listed) >= 65
    gone = [one.before for one in listed if one.before not in (ROOT / one.file).read_text("utf-8")]
    assert gone == []
    files = {argument for one in listed for argument in one.tests if argument.endswith(".py")}
    assert [file for file in files if not (ROOT / file).is_file()] == []
