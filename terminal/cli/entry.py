"""Entry point of the `uketsuke` command. Imports as little as possible."""

import os
import sys
from typing import NoReturn

from config.garbage_collection import postpone
from config.version import VERSION

_EXTRAS = {
    "metrics": ("prometheus_client",),
    "printed": ("onnxruntime",),
    "service": ("alembic", "fastapi", "jinja2", "psycopg", "sqlalchemy"),
    "voice": ("pyopenjtalk", "pypinyin"),
    "web": ("starlette", "uvicorn", "websockets"),
}


def main() -> None:
    if sys.argv[1:] == ["--version"]:
        print(f"uketsuke {VERSION}")  # noqa: T201
        return
    postpone()
    try:
        harden(serves_patients=sys.argv[1:2] in (["run"], ["demo"]))
        from typer.main import get_command

        from terminal.cli.japanese import is_japanese, translate_help
        from terminal.cli.main import app

        command = get_command(app)
        if is_japanese():
            translate_help(command)
        command()
    except ModuleNotFoundError as error:
        extra = _extra_for(error.name)
        if extra is None:
            _report_bug(error)
        _exit(f'this command requires an optional dependency: pip install "uketsuke[{extra}]"', 1)
    except Exception as error:
        _report_bug(error)


def harden(*, serves_patients: bool) -> None:
    """Make this process's memory and files private. Call this before other imports."""
    from config.platform.current import system

    if serves_patients:
        system.restart_with_wiping()
    system.restrict_to_owner()
    system.forbid_dumps()
    system.overwrite_freed_memory()
    # disables onnxruntime's telemetry if set before importing it
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # these variables make Textual log all key presses
    for name in [name for name in os.environ if name.startswith("TEXTUAL")]:
        del os.environ[name]


def _extra_for(module: str | None) -> str | None:
    name = (module or "").partition(".")[0]
    return next((extra for extra, modules in _EXTRAS.items() if name in modules), None)


def _report_bug(error: Exception) -> NoReturn:
    # the traceback and the message may contain patient data
    from config.debugging import debugging, full_text

    if debugging():
        print(full_text(error), file=sys.stderr)  # noqa: T201
    _exit(f"internal error ({type(error).__name__}) at {_location(error)}", 70)


def _exit(text: str, status: int) -> NoReturn:
    print(f"uketsuke: {text}", file=sys.stderr)  # noqa: T201
    sys.exit(status)


def _location(error: BaseException) -> str:
    trace = error.__traceback__
    locations = []
    while trace is not None:
        locations.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(locations[-4:])


if __name__ == "__main__":
    main()
