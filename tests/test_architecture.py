"""Architecture rules that import-linter cannot check, such as restricted names and lazy imports."""

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("terminal", "vision", "reader", "consent", "config")
HEAVY = ("cv2", "dlib", "face_recognition", "smartcard", "textual", "fastapi", "sqlalchemy", "lxml", "PIL")


def string_constants(tree: ast.Module) -> set[str]:
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@functools.cache
def sources() -> list[tuple[str, ast.Module]]:
    paths = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]
    return [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


@functools.cache
def names_used(tree: ast.Module) -> set[str]:
    attributes = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


@functools.cache
def imports(tree: ast.Module) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def imported_modules(node: ast.ImportFrom | ast.Import) -> list[str]:
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


@pytest.mark.parametrize(
    ("name", "users"),
    [("VideoCapture", {"vision/sources/opencv.py"})],
)
def test_restricted_names_are_used_only_where_allowed(name: str, users: set[str]) -> None:
    assert {path for path, tree in sources() if name in names_used(tree)} == users


@pytest.mark.parametrize(
    ("library", "allowed"),
    [
        ("smartcard", ("reader/pcsc.py", "reader/pcsc_slot.py")),
        ("face_recognition", ("vision/engines/dlib_library.py",)),
        (
            "dlib",
            ("vision/engines/dlib_dnn.py", "vision/engines/dlib_landmarks.py", "vision/engines/models/compare.py"),
        ),
        ("sqlalchemy", ("terminal/simulated/service/",)),
        ("textual", ("terminal/screens/",)),
    ],
)
def test_libraries_are_imported_only_where_allowed(library: str, allowed: tuple[str, ...]) -> None:
    users = {path for path, tree in sources() if library in imports(tree)}
    assert all(path.startswith(allowed) for path in users), users


def test_only_command_line_imports_simulators() -> None:
    users = {
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom | ast.Import)
        and any(name.startswith("terminal.simulated") for name in imported_modules(node))
    }
    assert all(path.startswith(("terminal/cli/", "terminal/simulated/")) for path in users), users


def test_terminal_does_not_load_simulators() -> None:
    script = "import sys, terminal.assembly\nprint([name for name in sys.modules if 'terminal.simulated' in name])"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd="/")
    assert result.stdout.strip() == "[]"


PLATFORM_MODULES = {"ctypes", "fcntl", "grp", "msvcrt", "pwd", "resource", "termios", "tty", "winreg"}


def test_platform_specific_code_is_only_in_platform_module() -> None:
    found = set()
    for path, tree in sources():
        if path.startswith("config/platform/"):
            continue
        found |= {(path, name) for name in imports(tree) & PLATFORM_MODULES}
        found |= {(path, name) for name in names_used(tree) & {"O_DIRECTORY", "SIGHUP", "SIGTERM", "umask"}}
        found |= {(path, text) for text in string_constants(tree) if re.match(r"/(proc|dev)\b", text)}
    # pcscd runs on Linux only; the PC/SC library needs ctypes for its own types.
    assert found - {("reader/softcard/pcscd.py", "SIGTERM"), ("reader/raw_reader_names.py", "ctypes")} == set()


def test_no_import_cycles() -> None:
    remaining = {
        module: graph.find_modules_directly_imported_by(module)
        for graph in [grimp.build_graph(*PACKAGES)]
        for module in graph.modules
    }
    while resolved := {module for module, imported in remaining.items() if not imported & remaining.keys()}:
        for module in resolved:
            del remaining[module]
    assert not remaining, "these modules are part of an import cycle, or import one that is"


def public_classes(tree: ast.Module) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")}


def test_public_class_names_are_unique() -> None:
    paths_by_class: dict[str, list[str]] = {}
    for path, tree in sources():
        for name in public_classes(tree):
            paths_by_class.setdefault(name, []).append(path)
    duplicates = {name: paths for name, paths in paths_by_class.items() if len(paths) > 1}
    assert duplicates == {}, "rename the class in one file"


MAX_FILE_LINES, MAX_FUNCTION_LINES = 400, 50
ALLOWED_LONGER = {
    # A closed union of all reception events, a few lines each.
    "terminal/session/events.py",
    # Migrations are never edited after release.
    "terminal/simulated/service/storage/migrations/versions/v0001_first.py upgrade",
}
"""docs/architecture.md, "Shape"."""


def test_files_and_functions_are_short() -> None:
    found = {path for path, _ in sources() if len((ROOT / path).read_text("utf-8").splitlines()) > MAX_FILE_LINES}
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                if node.end_lineno - node.lineno >= MAX_FUNCTION_LINES:
                    found.add(f"{path} {node.name}")
    assert found == ALLOWED_LONGER


def test_init_files_are_empty() -> None:
    for package in PACKAGES:
        for path in (ROOT / package).rglob("__init__.py"):
            assert path.read_text(encoding="utf-8") == "", path


def loaded_after(code: str) -> set[str]:
    program = f"import sys\n{code}\nprint('\\n'.join(name for name in {HEAVY!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/")
    return set(result.stdout.split())


def test_session_loads_no_heavy_libraries() -> None:
    assert loaded_after("import terminal.session.step") == set()


def test_default_engine_loads_only_opencv() -> None:
    script = "from pathlib import Path\nfrom vision.engines.open import open_engine\nopen_engine(Path('cache'))"
    assert loaded_after(script) == {"cv2"}


def test_help_loads_no_heavy_libraries() -> None:
    code = (
        "from typer.testing import CliRunner\n"
        "from terminal.cli.main import app\n"
        "result = CliRunner().invoke(app, ['--help'])\n"
        "assert result.exit_code == 0, result.output"
    )
    assert loaded_after(code) == set()


@pytest.mark.parametrize("module", ["reader.facts", "vision.verdict", "vision.sources.protocol", "consent.items"])
def test_shared_types_load_no_heavy_libraries(module: str) -> None:
    assert loaded_after(f"import {module}") == set()
