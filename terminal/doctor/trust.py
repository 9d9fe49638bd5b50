"""Check the TLS certificates for the service, and the trust anchors for face records."""

from datetime import UTC, datetime, timedelta

from config.settings import AlsoPin, Settings
from reader.authenticity import TrustAnchorError, load_trust_anchors
from terminal.doctor.finding import Finding, bad, doubtful, fine
from terminal.qualification.tls_files import terminal_tls_files

SOON = timedelta(days=30)


def certificates(settings: Settings) -> Finding:
    keys = terminal_tls_files(settings.state_dir, settings.service.terminal_id)
    if keys is None and settings.service.url.startswith("https"):
        return fine("no client certificate; the system's certificate authorities are trusted")
    if keys is None:
        return fine("none needed: the service is on this computer")
    from cryptography import x509

    try:
        keys.client_context()
        ends = {
            path.name: x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
            for path in (keys.certificate, keys.authority)
        }
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return bad(
            f"the keys in {keys.certificate.parent} cannot be used ({type(error).__name__})", "Restore the files."
        )
    return judged(ends, datetime.now(UTC))


def judged(ends: dict[str, datetime], now: datetime) -> Finding:
    """Grade the certificates. `ends` maps file names to end dates."""
    name, end = min(ends.items(), key=lambda one: one[1])
    text = ", ".join(f"{file} to {moment:%Y-%m-%d}" for file, moment in ends.items())
    if end <= now:
        return bad(f"{name} has ended: {text}", "Ask its issuer for a new one.")
    if end - now < SOON:
        return doubtful(f"{name} ends in {(end - now).days} days: {text}", "Ask its issuer for a new one.")
    return fine(text)


def trust_anchors(settings: Settings) -> Finding:
    try:
        anchors = load_trust_anchors(settings.reader.trust_anchors)
    except TrustAnchorError as error:
        return bad(str(error), "Correct reader.trust_anchors, or restore the file.")
    if anchors.keys:
        count = len(anchors.keys)
        return fine(
            f"{count} key{'' if count == 1 else 's'} from {len(settings.reader.trust_anchors)} files; no end date"
        )
    if settings.reader.require_genuine_record:
        no_face = "none: no card can be confirmed by face"
        match settings.vision.also_pin:
            case AlsoPin.NEVER:
                return doubtful(f"{no_face}, only by PIN", "Set reader.trust_anchors.")
            case AlsoPin.WHERE_POSSIBLE:
                text = f"{no_face}, so vision.also_pin = where-possible asks for the PIN alone"
                return doubtful(text, "Set reader.trust_anchors.")
            case AlsoPin.ALWAYS:
                text = f"{no_face}, and vision.also_pin = always lets no one pass without it"
                return bad(text, "Set reader.trust_anchors, or vision.also_pin to where-possible.")
    return doubtful(
        "none, and reader.require_genuine_record is off: a forged photo would not be noticed",
        "Set reader.trust_anchors, and reader.require_genuine_record back to true.",
    )
