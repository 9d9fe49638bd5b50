"""`uketsuke voice`: render speech."""

import time
from pathlib import Path
from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, echo, fail, require_known_language, settings_or_exit

app = typer.Typer(help="Render speech.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def say(
    text: Annotated[
        str, typer.Argument(help="Sentence to speak. Do not use names, because the shell may store it in its history.")
    ],
    out: Annotated[Path, typer.Option("--out", help="WAV file to write.")],
    language: Annotated[str, typer.Option(help="Language of the sentence.")] = "ja",
    slow: Annotated[bool, typer.Option("--slow", help="Speak slowly.")] = False,
) -> None:
    """Render a sentence to a WAV file, as patients would hear it.

    Example: uketsuke voice say 暗証番号を入れてください --out pin.wav
    """
    from terminal.voice.engines import NoVoice, voice_for
    from terminal.voice.wav import duration

    require_known_language(language)
    if not text.strip():
        fail("the text is empty. Specify a sentence to speak.")
    try:
        wav = voice_for(language).speak(text, slow=slow)
    except NoVoice as error:
        fail(str(error))
    try:
        out.write_bytes(wav)
    except OSError as error:
        fail(f"--out {out}: {error.strerror}. Choose a file in an existing folder.")
    echo(f"{out}: {duration(wav):.1f} s")


@app.command()
def render(
    language: Annotated[str, typer.Argument(help="Language of the sentences.")],
    config: ConfigOption = None,
) -> None:
    """Render all sentences in a language to the state folder in advance. Existing files are kept.

    Example: uketsuke voice render ja
    """
    settings = settings_or_exit(config)
    import asyncio

    from terminal.voice.engines import NoVoice
    from terminal.voice.library import Library, fill
    from terminal.voice.renderer import Renderer
    from terminal.voice.repertoire import repertoire
    from terminal.words.catalogue import speaker

    require_known_language(language)

    async def render_all() -> tuple[int, int]:
        renderer = Renderer()
        sentences = repertoire(language, speaker(settings, ruby=True))
        try:
            return await fill(Library(settings.voice_dir, renderer.render), sentences), len(sentences)
        finally:
            renderer.close()

    started = time.monotonic()
    try:
        count, total = asyncio.run(render_all())
    except NoVoice as error:
        fail(str(error))
    echo(f"{language}: {count} of {total} sentences in {time.monotonic() - started:.1f} s, in {settings.voice_dir}")
