"""`uketsuke voice`"""

import time
from pathlib import Path
from typing import Annotated

import typer

from terminal.cli.common import ConfigOption, fail, require_known_language, settings_or_exit, tell

app = typer.Typer(help="The terminal's voice.", no_args_is_help=True, pretty_exceptions_enable=False)


@app.command()
def say(
    text: Annotated[str, typer.Argument(help="Sentence to speak. No names: the shell may keep it in its history.")],
    out: Annotated[Path, typer.Option("--out", help="The WAV file to write.")],
    language: Annotated[str, typer.Option(help="Language of the sentence.")] = "ja",
    slow: Annotated[bool, typer.Option("--slow", help="Speak slowly.")] = False,
) -> None:
    """Speak a sentence into a file, as patients would hear it.

    Example: uketsuke voice say 暗証番号を入れてください --out pin.wav
    """
    from terminal.voice.engines import NoVoice, voice_for
    from terminal.voice.wav import seconds

    require_known_language(language)
    if not text.strip():
        fail("the text is empty. Name a sentence to speak.")
    try:
        wav = voice_for(language).speak(text, slow=slow)
    except NoVoice as error:
        fail(str(error))
    try:
        out.write_bytes(wav)
    except OSError as error:
        fail(f"--out {out}: {error.strerror}. Name a file in a folder that exists.")
    tell(f"{out}: {seconds(wav):.1f} s")


@app.command()
def render(
    language: Annotated[str, typer.Argument(help="Language of the sentences.")],
    config: ConfigOption = None,
) -> None:
    """Render all sentences of a language in advance, into the state folder. Existing files are kept.

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

    async def rendered() -> tuple[int, int]:
        renderer = Renderer()
        sentences = repertoire(language, speaker(settings, ruby=True))
        try:
            return await fill(Library(settings.voice_dir, renderer.render), sentences), len(sentences)
        finally:
            renderer.close()

    began = time.monotonic()
    try:
        count, of = asyncio.run(rendered())
    except NoVoice as error:
        fail(str(error))
    tell(f"{language}: {count} of {of} sentences rendered in {time.monotonic() - began:.1f} s, in {settings.voice_dir}")
