"""The list of faults matches the current code; `make mutants` applies it."""

from tests.reliability.mutants import ROOT, mutants


def test_each_fault_matches_the_code_and_names_tests() -> None:
    listed = mutants()
    assert len({(mutant.file, mutant.before, mutant.after) for mutant in listed}) == len(listed) >= 65
    missing = [mutant.before for mutant in listed if mutant.before not in (ROOT / mutant.file).read_text("utf-8")]
    assert missing == []
    files = {argument for mutant in listed for argument in mutant.tests if argument.endswith(".py")}
    assert [file for file in files if not (ROOT / file).is_file()] == []
