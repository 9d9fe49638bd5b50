"""Check that `mutants.toml` matches the code. `make mutants` applies the faults."""

from tests.reliability.mutants import ROOT, mutants


def test_each_fault_matches_the_code_and_lists_existing_tests() -> None:
    faults = mutants()
    assert len({(mutant.file, mutant.before, mutant.after) for mutant in faults}) == len(faults) >= 65
    missing = [mutant.before for mutant in faults if mutant.before not in (ROOT / mutant.file).read_text("utf-8")]
    assert missing == []
    files = {argument for mutant in faults for argument in mutant.tests if argument.endswith(".py")}
    assert [file for file in files if not (ROOT / file).is_file()] == []
