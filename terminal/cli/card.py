"""`uketsuke card`: manage simulated card files."""

from pathlib import Path
from typing import Annotated

import typer

from config.platform.current import system
from terminal.cli.common import ConfigOption, echo, fail, report_errors, settings_or_exit

app = typer.Typer(
    help="Manage simulated card files, with fictitious people and test keys. For tests only.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


DEFAULT_PERSONS = {"child": "child", "infant": "infant", "foreign-resident": "foreign-resident"}
"""Default persons for some kinds of card."""


@app.command()
def issue(
    file: Annotated[
        Path, typer.Argument(help="File to write. A name without a folder is created in the state folder.")
    ],
    kind: Annotated[str, typer.Option(help="Kind of card, as listed by `uketsuke card kinds`.")] = "ordinary",
    person: Annotated[str | None, typer.Option(help="Person, as listed by `uketsuke stub people`.")] = None,
    face: Annotated[str, typer.Option(help="Synthetic face, as listed by `uketsuke card faces`.")] = "hana",
    pin: Annotated[str, typer.Option(help="Four-digit PIN.")] = "1234",
    tries_left: Annotated[int | None, typer.Option(min=0, max=3, help="Remaining PIN tries.")] = None,
    photo_kb: Annotated[float | None, typer.Option(min=2, max=25, help="Approximate photo size in KB.")] = None,
    config: ConfigOption = None,
) -> None:
    """Issue a simulated card and register it with the local service stub.

    Example: uketsuke card issue my-card --kind expiring --person elder --pin 4321
    """
    settings = settings_or_exit(config)
    with report_errors():
        from reader.softcard.card_image import CardFile
        from reader.softcard.kinds import issue_kind
        from terminal.simulated.personas.card_issuing import holder_for
        from terminal.simulated.personas.props import card_entry, load_test_authority, trust_registry
        from terminal.simulated.service.enrolment import registry_path
        from terminal.simulated.service.people import fictitious_people
        from terminal.simulated.service.registry import RegistryFile
        from vision.synthetic.portrait import card_portrait

        people = fictitious_people()
        holder = person or DEFAULT_PERSONS.get(kind, "adult")
        if holder not in people:
            fail(f"unknown person {holder!r}. Choose one of: {', '.join(people)}.")
        if (path := _path(file, settings.state_dir)).exists():
            fail(f"{path} exists. Choose a different file name, or remove the file first.")
        authority = load_test_authority(settings.state_dir)
        image = issue_kind(
            kind,
            authority,
            holder=holder_for(people[holder]),
            portrait_jp2=card_portrait(face),
            photo_kb=photo_kb,
            pin=pin,
            tries_left=tries_left,
        )
        CardFile(path).save(image)
        if not image.has_holder:
            echo(f"issued {path}\n{kind}, not registered for a person")
            return
        entries = trust_registry(authority).merged(card_entry(image, holder))
        RegistryFile(registry_path(settings.state_dir)).merge(entries)
        echo(f"issued {path}\n{kind}, for {holder!r}, valid until {image.expires_on}")


@app.command()
def kinds() -> None:
    """List the kinds of card.

    Example: uketsuke card kinds
    """
    from reader.softcard.kinds import KINDS, PHONE_KINDS
    from reader.softcard.others import OTHER_KINDS

    for name, kind in (*KINDS.items(), *PHONE_KINDS.items()):
        echo(f"{name:22} {kind.description}")
    for name, description in OTHER_KINDS.items():
        echo(f"{name:22} {description}")


@app.command()
def insert(
    file: Annotated[Path, typer.Argument(help="Card file, or the name of a card in the state folder.")],
    reader: Annotated[int, typer.Option(min=0, max=1, help="Virtual reader slot.")] = 0,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the first slot. Default: the port configured by Debian."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Insert a simulated card into pcscd's virtual reader until Ctrl-C.

    Waits for the daemon. The virtual reader listens on all network interfaces: do not use it on real networks.

    Example: uketsuke card insert my-card
    """
    settings = settings_or_exit(config)
    with report_errors():
        import threading

        from reader.softcard.insert import NETWORK_WARNING, keep_inserted
        from reader.softcard.vpcd import VPCD_PORT

        echo(f"Warning: {NETWORK_WARNING}")
        stop = threading.Event()
        system.on_stop(stop.set)
        path = _path(file, settings.state_dir)
        keep_inserted(path, reader=reader, port=port or VPCD_PORT, stop=stop, report=echo)


@app.command("list")
def list_cards(config: ConfigOption = None) -> None:
    """List the simulated cards in the state folder.

    Example: uketsuke card list
    """
    settings = settings_or_exit(config)
    with report_errors():
        from reader.softcard.card_image import CardFile
        from terminal.simulated.personas.props import cards_dir

        paths = sorted(cards_dir(settings.state_dir).glob("*.json"))
        if not paths:
            echo("no cards. Create some with `uketsuke card issue my-card` or `uketsuke demo --auto`.")
        for path in paths:
            image = CardFile(path).load()
            details = f"valid until {image.expires_on} {_tries(image)}" if image.has_holder else image.profile
            echo(f"{path.stem:28} {image.card_id}  {details}")


@app.command()
def show(
    file: Annotated[Path, typer.Argument(help="Card file, or the name of a card in the state folder.")],
    face: Annotated[bool, typer.Option("--face", help="Also show the printed code (照合番号B).")] = False,
    config: ConfigOption = None,
) -> None:
    """Show a simulated card: ids, expiry dates and remaining tries, but not the PIN.

    Example: uketsuke card show my-card --face
    """
    settings = settings_or_exit(config)
    with report_errors():
        from reader.softcard.card_image import CardFile

        image = CardFile(_path(file, settings.state_dir)).load()
        if not image.has_holder:
            echo(f"card            {image.card_id} (simulated, {image.profile}: not a My Number Card)")
            return
        facts = image.public_facts()
        echo(f"card            {image.card_id} (simulated, profile {image.profile})")
        echo(f"issued          {image.issued_on}, valid until {image.expires_on}")
        echo(f"certificate     {'until ' + str(image.certificate_ends_on) if facts.certificate_sha256 else 'none'}")
        echo(f"certificate id  {facts.certificate_sha256 or '-'}")
        echo(f"chip key        {facts.chip_key_sha256 or 'none: a phone'}")
        echo(f"tries left      {_tries(image)}")
        if face and image.printed_code:
            code = image.printed_code
            echo(f"printed code    birth {code[:6]} (era year first), expiry {code[6:10]}, security code {code[10:]}")


@app.command()
def faces() -> None:
    """List the synthetic faces for cards.

    Example: uketsuke card faces
    """
    from vision.synthetic.people import PEOPLE

    for name, person in PEOPLE.items():
        echo(f"{name:12} {person.description}")


def _path(file: Path, state_dir: Path) -> Path:
    if file.parent == Path() and not file.suffix:
        from terminal.simulated.personas.props import cards_dir

        return cards_dir(state_dir) / f"{file.name}.json"
    return file


def _tries(image: object) -> str:
    from reader.profile import Password
    from reader.softcard.card_image import CardImage

    assert isinstance(image, CardImage)
    pin = image.passwords[Password.USER_PIN]
    code = image.passwords.get(Password.PRINTED_CODE)
    printed = "none" if code is None else code.left
    return f"PIN {'none' if pin.reference is None else pin.left}, printed code {printed}"
