"""Static checks of the Windows scripts: syntax, commands, parameters and variables."""

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
"""Cmdlets and their parameters used by the scripts, from the Windows PowerShell 5.1 reference."""
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


def variable_name(variable: str) -> str:
    """Return the name in lower case, because PowerShell ignores case."""
    return variable.lstrip("$@").strip("{}").lower()


def functions(root: Node) -> set[str]:
    return {text(next(nodes(function, "function_name"))) for function in nodes(root, "function_statement")}


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_script_parses(script: Path) -> None:
    root = tree(script)
    assert not root.has_error, [node.start_point for node in nodes(root, "ERROR")]
    assert script.read_bytes().isascii(), "PowerShell decodes a file without a byte order mark with the system encoding"


def test_parser_detects_syntax_errors() -> None:
    assert PARSER.parse(b"if ($one { Write-Output 'two' }").root_node.has_error


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_commands_exist_and_accept_their_parameters(script: Path) -> None:
    root = tree(script)
    known = {
        name.lower(): {parameter.lower() for parameter in accepted.split()} | COMMON
        for name, accepted in CMDLETS.items()
    }
    known |= {name.lower(): set() for name in functions(root)}
    for command in nodes(root, "command"):
        command_names = [child for child in command.children if child.type == "command_name"]
        if not command_names:
            assert text(command).startswith("& $Command "), text(command)
            continue
        name = text(command_names[0]).lower()
        assert name in known, text(command)
        arguments = next((child for child in command.children if child.type == "command_elements"), command)
        parameters = {
            text(argument).lstrip("-").partition(":")[0].lower()
            for argument in arguments.children
            if argument.type == "command_parameter"
        }
        assert parameters <= known[name], f"{name}: {parameters - known[name]}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_variables_are_set_before_use(script: Path) -> None:
    """In strict mode, reading a variable that neither the function nor the script sets is an error."""
    root = tree(script)
    global_names = AUTOMATIC | assigned_in(root, "function_statement")
    assert used_in(root, "function_statement") <= global_names
    for function in nodes(root, "function_statement"):
        assert used_in(function) <= global_names | assigned_in(function), text(function)[:60]


def assigned_in(scope: Node, *outside: str) -> set[str]:
    parameters = [
        name for node in nodes(scope, "script_parameter", outside=outside) for name in nodes(node, "variable")
    ]
    assigned = [
        name for node in nodes(scope, "left_assignment_expression", outside=outside) for name in nodes(node, "variable")
    ]
    loop_variables = [next(nodes(node, "variable")) for node in nodes(scope, "foreach_statement", outside=outside)]
    return {variable_name(text(name)) for name in (*parameters, *assigned, *loop_variables)}


def used_in(scope: Node, *outside: str) -> set[str]:
    names = {variable_name(text(name)) for name in nodes(scope, "variable", "braced_variable", outside=outside)}
    return {name for name in names if not name.startswith("env:")}


def options(script: str, *, after: str, until: str) -> set[str]:
    content = (WINDOWS / script).read_text("ascii")
    part = content[content.index(after) :]
    return set(re.findall(r"'(--?[a-z][a-z-]*|/[a-z:]+)'", part[: part.index(until)]))


@pytest.mark.parametrize(
    ("command", "after", "until"), [("venv", "@('venv'", ")"), ("pip install", "$install =", "uketsuke-*")]
)
def test_uv_accepts_the_options_passed(command: str, after: str, until: str) -> None:
    uv = Path(sys.executable).with_name("uv")
    known = subprocess.run([uv, *command.split(), "--help"], capture_output=True, text=True, check=True).stdout
    used = options("install.ps1", after=after, until=until)
    assert len(used) >= 3
    for option in used:
        assert re.search(rf"(^|[ ,]){option}\b", known, re.MULTILINE), option


def test_uketsuke_and_icacls_accept_the_options_passed() -> None:
    run = typer.main.get_command(app).commands["run"]  # type: ignore[attr-defined]
    used = options("start-terminal.ps1", after="-ArgumentList 'run'", until='`"$address')
    assert used == {"--web", "--no-open", "--address-file"}
    assert used <= {option for parameter in run.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert options("install.ps1", after="'icacls.exe'", until="$settings") == {"/inheritance:r", "/grant:r", "/q"}
