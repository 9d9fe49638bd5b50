"""The scripts for Windows, which cannot run here: parsed by a grammar, and every command held against what it takes."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_powershell
import typer
from tree_sitter import Language, Node, Parser

from terminal.cli.main import app

WINDOWS = Path(__file__).parents[2] / "packaging" / "windows"
SCRIPTS = sorted(WINDOWS.glob("*.ps1"))
PARSER = Parser(Language(tree_sitter_powershell.language()))

COMMON = {"erroraction"}
CMDLETS = {
    "Copy-Item": "LiteralPath Destination",
    "Get-AuthenticodeSignature": "LiteralPath",
    "Get-ChildItem": "LiteralPath Filter",
    "Get-CimInstance": "ClassName",
    "Get-Content": "LiteralPath TotalCount",
    "Get-FileHash": "Algorithm LiteralPath",
    "Get-Item": "LiteralPath",
    "Get-ScheduledTask": "TaskName",
    "Import-PowerShellDataFile": "LiteralPath",
    "Invoke-WebRequest": "UseBasicParsing TimeoutSec Uri",
    "Join-Path": "",
    "New-Item": "ItemType Path",
    "New-Object": "",
    "New-ScheduledTaskAction": "Execute Argument",
    "New-ScheduledTaskPrincipal": "UserId LogonType RunLevel",
    "New-ScheduledTaskSettingsSet": "AllowStartIfOnBatteries DontStopIfGoingOnBatteries MultipleInstances "
    "ExecutionTimeLimit RestartCount RestartInterval",
    "New-ScheduledTaskTrigger": "AtLogOn User",
    "New-TimeSpan": "Minutes",
    "Out-Null": "",
    "Register-ScheduledTask": "TaskName Action Trigger Principal Settings Force",
    "Remove-Item": "LiteralPath Recurse Force",
    "Rename-Item": "LiteralPath NewName",
    "Select-Object": "First",
    "Set-Content": "LiteralPath Encoding Value",
    "Set-StrictMode": "Version",
    "Split-Path": "Path Leaf",
    "Start-Process": "PassThru Wait WindowStyle FilePath ArgumentList",
    "Start-ScheduledTask": "TaskName",
    "Start-Sleep": "Seconds",
    "Stop-Process": "Id Force",
    "Stop-ScheduledTask": "TaskName",
    "Test-Path": "LiteralPath",
    "Unregister-ScheduledTask": "TaskName Confirm",
    "Wait-Process": "Id Timeout",
    "Where-Object": "",
    "Write-Output": "",
}
"""What is used of Windows PowerShell 5.1, by Microsoft's reference."""
AUTOMATIC = {
    "erroractionpreference",
    "_",
    "null",
    "true",
    "false",
    "pid",
    "lastexitcode",
    "psscriptroot",
    "psboundparameters",
}


def nodes(node: Node, *kinds: str, outside: tuple[str, ...] = ()) -> Iterator[Node]:
    if node.type in kinds:
        yield node
    for child in node.children:
        if child.type not in outside:
            yield from nodes(child, *kinds, outside=outside)


def text(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def tree(script: Path) -> Node:
    return PARSER.parse(script.read_bytes()).root_node


def bare(variable: str) -> str:
    """PowerShell makes no difference between capital and small letters."""
    return variable.lstrip("$@").strip("{}").lower()


def functions(root: Node) -> set[str]:
    return {text(next(nodes(one, "function_name"))) for one in nodes(root, "function_statement")}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_powershell(script: Path) -> None:
    root = tree(script)
    assert not root.has_error, [one.start_point for one in nodes(root, "ERROR")]
    assert script.read_bytes().isascii(), "without a mark at its beginning it is read in the computer's own encoding"


def test_what_is_no_powershell_is_seen() -> None:
    assert PARSER.parse(b"if ($one { Write-Output 'two' }").root_node.has_error


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_command_is_there_and_takes_what_it_is_given(script: Path) -> None:
    root = tree(script)
    known = {name.lower(): {one.lower() for one in takes.split()} | COMMON for name, takes in CMDLETS.items()}
    known |= {name.lower(): set() for name in functions(root)}
    for command in nodes(root, "command"):
        named = [child for child in command.children if child.type == "command_name"]
        if not named:
            assert text(command).startswith("& $Command "), text(command)
            continue
        name = text(named[0]).lower()
        assert name in known, text(command)
        elements = next((child for child in command.children if child.type == "command_elements"), command)
        given = {
            text(one).lstrip("-").partition(":")[0].lower()
            for one in elements.children
            if one.type == "command_parameter"
        }
        assert given <= known[name], f"{name}: {given - known[name]}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_variable_has_a_value_where_it_is_used(script: Path) -> None:
    """Strict mode ends the script at one that has none; here: none in its function, nor outside of all."""
    root = tree(script)
    everywhere = AUTOMATIC | given(root, "function_statement")
    assert used(root, "function_statement") <= everywhere
    for function in nodes(root, "function_statement"):
        assert used(function) <= everywhere | given(function), text(function)[:60]


def given(scope: Node, *outside: str) -> set[str]:
    parameters = [one for node in nodes(scope, "script_parameter", outside=outside) for one in nodes(node, "variable")]
    assigned = [
        one for node in nodes(scope, "left_assignment_expression", outside=outside) for one in nodes(node, "variable")
    ]
    counted = [next(nodes(node, "variable")) for node in nodes(scope, "foreach_statement", outside=outside)]
    return {bare(text(one)) for one in (*parameters, *assigned, *counted)}


def used(scope: Node, *outside: str) -> set[str]:
    names = {bare(text(one)) for one in nodes(scope, "variable", "braced_variable", outside=outside)}
    return {name for name in names if not name.startswith("env:")}


def options(script: str, *, after: str, until: str) -> set[str]:
    content = (WINDOWS / script).read_text("ascii")
    part = content[content.index(after) :]
    return set(re.findall(r"'(--?[a-z][a-z-]*|/[a-z:]+)'", part[: part.index(until)]))


@pytest.mark.parametrize(
    ("command", "after", "until"), [("venv", "@('venv'", ")"), ("pip install", "$from =", "uketsuke-*")]
)
def test_uv_knows_the_options_it_is_given(command: str, after: str, until: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    known = subprocess.run([uv, *command.split(), "--help"], capture_output=True, text=True, check=True).stdout
    given = options("install.ps1", after=after, until=until)
    assert len(given) >= 3
    for option in given:
        assert re.search(rf"(^|[ ,]){option}\b", known, re.MULTILINE), option


def test_uketsuke_and_icacls_know_theirs() -> None:
    run = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    given = options("start-terminal.ps1", after="-ArgumentList 'run'", until='`"$address')
    assert given == {"--web", "--no-open", "--address-file"}
    assert given <= {option for parameter in run.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert options("install.ps1", after="'icacls.exe'", until="$settings") == {"/inheritance:r", "/grant:r", "/q"}
