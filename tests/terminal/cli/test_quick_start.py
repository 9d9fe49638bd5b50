"""`--help` starts fast: it loads none of the libraries that a reception needs."""

import subprocess
import sys

HEAVY = ("asyncio", "babel", "cryptography", "cv2", "httpx", "numpy", "pydantic", "smartcard", "sqlalchemy", "textual")


def test_help_loads_no_heavy_library() -> None:
    program = (
        "import sys; from typer.testing import CliRunner; from terminal.cli.main import app\n"
        "answer = CliRunner().invoke(app, ['--help'])\n"
        f"print(answer.exit_code, *sorted(set({HEAVY!r}) & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["0"]
