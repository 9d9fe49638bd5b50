"""`--help` is fast because it imports none of the libraries needed for receptions."""

import subprocess
import sys

HEAVY = ("asyncio", "babel", "cryptography", "cv2", "httpx", "numpy", "pydantic", "smartcard", "sqlalchemy", "textual")


def test_help_imports_no_heavy_library() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from terminal.cli.main import app\n"
        "result = CliRunner().invoke(app, ['--help'])\n"
        f"print(result.exit_code, *sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["0"]
