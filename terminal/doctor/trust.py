"""Check the TLS certificates for the service and the trust anchors for face records."""

from datetime import UTC, datetime, timedelta

from config.settings import FaceAndPinPolicy, Settings
from reader.authenticity import TrustAnchorError, load_trust_anchors
from terminal.doctor.finding import Finding, failed, passed, warning
from terminal.qualification.tls_files import terminal_tls_files

SOON = timedelta(days=30)
_REQUEST = "Request a new certificate from the issuer."


def certificates(settings: Settings) -> Finding:
    keys = terminal_tls_files(settings.state_dir, settings.service.terminal_id)
    if keys is None and settings.service.url.startswith("https"):
        return passed("no client certificate; the system's certificate authorities are trusted")
    if keys is None:
        return passed("not required: the service is on this computer")
    from cryptography import x509

    try:
        keys.client_context()
        expiry_dates = {
            path.name: x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
            for path in (keys.certificate, keys.authority)
        }
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        return failed(
            f"cannot use the keys in {keys.certificate.parent} ({type(error).__name__})", "Restore the files."
        )
    return grade_certificates(expiry_dates, datetime.now(UTC))


def grade_certificates(expiry_dates: dict[str, datetime], now: datetime) -> Finding:
    """Grade the certificates. `expiry_dates` maps file names to expiry dates."""
    name, end = min(expiry_dates.items(), key=lambda item: item[1])
    text = ", ".join(f"{file} valid until {expiry:%Y-%m-%d}" for file, expiry in expiry_dates.items())
    if end <= now:
        return failed(f"{name} has expired: {text}", _REQUEST)
    if end - now < SOON:
        return warning(f"{name} expires in {(end - now).days} days: {text}", _REQUEST)
    return passed(text)


def trust_anchors(settings: Settings) -> Finding:
    try:
        anchors = load_trust_anchors(settings.reader.trust_anchors)
    except TrustAnchorError as error:
        return failed(str(error), "Correct reader.trust_anchors, or restore the file.")
    if anchors.keys:
        count = len(anchors.keys)
        files = len(settings.reader.trust_anchors)
        return passed(
            f"{count} key{'' if count == 1 else 's'} from {files} file{'' if files == 1 else 's'}; no expiry date"
        )
    if settings.reader.require_genuine_record:
        no_face = "none: face checks are unavailable"
        match settings.vision.also_pin:
            case FaceAndPinPolicy.NEVER:
                return warning(f"{no_face}, only the PIN", "Set reader.trust_anchors.")
            case FaceAndPinPolicy.WHERE_POSSIBLE:
                text = f"{no_face}, so vision.also_pin = where-possible asks for the PIN alone"
                return warning(text, "Set reader.trust_anchors.")
            case FaceAndPinPolicy.ALWAYS:
                text = f"{no_face}, but vision.also_pin = always requires it"
                return failed(text, "Set reader.trust_anchors, or vision.also_pin to where-possible.")
    return warning(
        "none, and reader.require_genuine_record is off: forged photos are not detected",
        "Set reader.trust_anchors, and set reader.require_genuine_record to true.",
    )
