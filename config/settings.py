"""Settings: one pydantic model per section, read from TOML and environment, with every default documented."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

from config.profiles import PROFILES, ProfileRow
from config.profiles import AntiPhoto as AntiPhoto
from config.profiles import DispensingPolicy as DispensingPolicy
from config.profiles import LimitPolicy as LimitPolicy
from config.profiles import PrescriptionPolicy as PrescriptionPolicy
from config.profiles import Profile as Profile


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


class GraceRule(StrEnum):
    """How long an expired certificate can be used for the qualification check. Insurers publish both readings."""

    MONTH_END = "month-end"
    """Three months after the end of the month of expiry."""
    SAME_DAY = "same-day"
    """Three months after the day of expiry."""


class LongReads(StrEnum):
    """Whether files are read with a single command (extended Le), which not every card reader supports."""

    AUTO = "auto"
    """Try, and fall back to short commands if the reader refuses."""
    ALWAYS = "always"
    """Use long commands, even if they failed with this reader model before."""
    NEVER = "never"
    """Use short commands of 256 bytes each, which are slower but supported by every reader."""


class ReaderSettings(Section):
    name: str = ""
    """PC/SC reader: empty for all readers, a number, or part of a name. `*` and `?` are wildcards; case is ignored."""
    phone: str = ""
    """Reader for phones, specified like `name`; empty if phones are not accepted."""
    long_reads: LongReads = LongReads.AUTO
    """Use long commands: `auto`, `always`, or `never` for a reader that fails on them."""
    card_profile: str = "rsa-2048"
    """Card generation: `rsa-2048` for cards issued today, `ec-384-announced` for testing the next generation."""
    trust_anchors: tuple[Path, ...] = ()
    """Files with the CA keys that certify card-issuing keys. Without any, the origin of a face record cannot be
    verified."""
    require_genuine_record: bool = True
    """Refuse the face check if the record's origin cannot be verified for lack of a trust anchor."""
    grace: GraceRule = GraceRule.MONTH_END
    """How the grace period of three months after a certificate's expiry is counted. The service has the final word."""


class AlsoPin(StrEnum):
    """Whether both face and PIN are required, for institutions that need more certainty."""

    NEVER = "never"
    """The patient chooses one of the two."""
    WHERE_POSSIBLE = "where-possible"
    """Both, except what the card or the terminal lacks: a PIN, a photo, a camera."""
    ALWAYS = "always"
    """Both, or confirmation by staff."""


class VisionSettings(Section):
    face: bool = True
    """Offer the face check. Without it, the holder is confirmed by PIN or by staff, and no camera is needed. If not
    set, the profile's value applies (`config.profiles`)."""
    camera: str = "0"
    """Camera number, device path, video file, image pattern (frame-%03d.png), or `synthetic:NAME`."""
    model: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")
    """Face network: `sface` (the default if empty), `dlib`, `face_recognition` (dlib's network, slower), or the name of
    one added with `uketsuke face add`."""
    frames: int = Field(default=5, ge=5, le=30)
    """Number of good frames averaged for a verdict."""
    frame_spacing_ms: int = Field(default=65, ge=0, le=2000)
    """Minimum time between two of these frames, so that they differ."""
    attempt_seconds: float = Field(default=20, gt=0, lt=300)
    """Time limit for finding enough good frames in a face check."""
    attempts: int = Field(default=3, ge=1, le=5)
    """Face checks per reception. After that, only the PIN or staff can confirm the holder."""
    also_pin: AlsoPin = AlsoPin.NEVER
    """Require the PIN after the face: `never`; `where-possible`, except what the card or terminal lacks; or `always`,
    with staff confirming holders who lack one of the two. With the latter two, staff decide after a refused face or
    PIN."""
    anti_photo: AntiPhoto = AntiPhoto.STANDARD
    """Anti-photo check: `off`, `standard` or `strict`. Patients who cannot turn their head use the PIN or ask staff. If
    not set, the profile's value applies (`config.profiles`)."""
    read_card_front: bool = True
    """Read the code printed on the card (birth date, expiry, security code) with the camera; otherwise it is typed."""
    card_camera: str = ""
    """Camera above the reader that sees the card's front, specified like `camera`. By default, the card is held to the
    face camera."""
    simulated_camera: bool = False
    """Allow a virtual camera, a video file or `synthetic:NAME`, into which anyone could feed images. Only with the
    service stub. Drawn people with simulated cards are then judged by a separate calibration."""
    keep_open: bool = False
    """Leave the camera open between face checks, for cameras that take seconds to open. By default it is closed and its
    lamp is off. `uketsuke doctor` reports the opening time."""
    warm_up_frames: int = Field(default=5, ge=0)
    """Number of frames dropped after opening, while the camera adjusts its exposure."""


class CardSignaturePolicy(StrEnum):
    """How the card's signature over the patient's decision is used."""

    EVIDENCE = "evidence"
    """The card signs if it is on the reader, and the ledger records whether the service found the signature valid."""
    REQUIRED = "required"
    """A yes without the card's signature counts as a no."""


class ConsentSettings(Section):
    """Which questions are asked. If a value is not set, the profile's applies (`config.profiles`)."""

    sharing: bool = True
    """Ask which data the institution may view. If false, none of the next four questions is asked."""
    care_and_medicines: bool = True
    """Ask about past care and medicines: two questions if asked one by one, one topic if all are asked together."""
    health_checkup: bool = True
    """Ask about health check-ups, from the age of 40."""
    surgery: bool = False
    """Ask about operations."""
    specific_disease: bool = True
    """Ask holders of a specific disease certificate (特定疾病療養受療証) about it."""
    subsidies: bool = False
    """The institution accepts medical subsidies (医療費助成): ask patients who have one whether to use it."""
    limit: LimitPolicy = LimitPolicy.ASK
    """Limit of the high-cost medical expense benefit (限度額): ask, or provide it by law."""
    limit_wording: Literal["plain", "guides"] = "plain"
    """Wording of the question about the limit: plain, or from the ministry's guides."""
    prescription: PrescriptionPolicy = PrescriptionPolicy.NOT_USED
    """Form of the prescription. Only for clinics that issue electronic prescriptions."""
    dispensing: DispensingPolicy = DispensingPolicy.NOT_USED
    """Which of several electronic prescriptions to dispense: chosen at the counter, or asked here. Pharmacies only."""
    card_signature: CardSignaturePolicy = CardSignaturePolicy.EVIDENCE
    """The card's signature over the decision: `evidence`, or `required`, in which case patients who take their card
    early share nothing."""


class ServiceSettings(Section):
    url: str = "http://127.0.0.1:8642"
    """URL of the qualification-check service."""
    timeout_seconds: float = Field(default=10, gt=0)
    """Seconds to wait for a response. The real service takes 3 to 7 seconds."""
    institution_code: str = Field(default="1319999999", pattern=r"^[0-9]{10}$")
    """The institution's ten-digit code (医療機関コード)."""
    terminal_id: str = Field(default="terminal-1", pattern=r"^[A-Za-z0-9-]{1,40}$")
    """Name under which this terminal is enrolled at the service. The ledger is bound to it."""


class HandoverSettings(Section):
    folder: Path | None = None
    """Folder for result files for the receipt computer; by default `results` in the state folder."""
    encoding: Literal["UTF-8", "Shift_JIS"] = "UTF-8"
    """Character encoding of result files."""
    write_in_place: bool = False
    """Write result files in place instead of moving complete files into the folder. Only for a receipt computer that
    waits for files to change and does not notice new ones. It may read an incomplete file."""
    step_seconds: float = Field(default=10, gt=0, le=120)
    """A folder that takes longer than this for one step counts as hanging (U-506), like a share whose server is down.
    """
    reception_waits_seconds: float = Field(default=3, ge=0, le=30)
    """Seconds a reception waits while another result is being handed over. After that, its own result is handed over
    later."""
    newer_consents: bool = False
    """Also write the consents of 2025 (処方, 検査, アレルギー, 傷病名, 感染症). Their place in the file is inferred."""


class PlaceSettings(Section):
    languages: tuple[str, ...] = ()
    """Languages offered to patients, in this order. Every reception begins in the first. Empty: all of them."""
    city_desk: str = Field(default="", max_length=40)
    """Office that replaces cards and resets PINs, in words for patients ("区役所1階 市民課"). Empty: the city hall."""

    @field_validator("languages")
    @classmethod
    def _known_and_each_once(cls, languages: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """`config.load.load` passes the known languages as context; without it all are accepted."""
        known = (info.context or {}).get("languages", languages)
        if unknown := [language for language in languages if language not in known]:
            raise ValueError(f"{unknown[0]!r} is not a language of the screen. Choose from {', '.join(known)}")
        if len(set(languages)) != len(languages):
            raise ValueError("list each language only once")
        return languages


class VoiceMode(StrEnum):
    """When the terminal speaks."""

    INSTALLED = "installed"
    """On request, in languages with an installed voice."""
    OFF = "off"
    ON_REQUEST = "on-request"
    """On request. A language without an installed voice is a problem (U-508)."""
    ON = "on"
    """From the beginning of every reception."""


class DigitOrder(StrEnum):
    """Digit order of the numeric keypad at the counter."""

    PC = "pc"
    """7, 8, 9 at the top."""
    PHONE = "phone"
    """1, 2, 3 at the top."""
    NONE = "none"
    """No keypad; its keys are not shown on the buttons."""


class VoiceSettings(Section):
    mode: VoiceMode = VoiceMode.INSTALLED
    """When the terminal speaks: `installed` (on request, if a voice is installed), `off`, `on-request` or `on`. If not
    set, the profile's value applies (`config.profiles`)."""
    headset: bool = False
    """Sound is only heard in a headset, so personal details are spoken without asking first."""
    device: str = Field(default="", pattern=r"^[^\s-]?\S*$", max_length=80)
    """Device for `aplay` in the terminal window, as listed by `aplay -L`; empty for the default. The web page uses the
    browser's sound output."""
    keypad: DigitOrder = DigitOrder.PC
    """Order of the digits on the numeric keypad, as announced by the voice: `pc`, `phone`, or `none`."""


class StaffSettings(Section):
    password_hash: SecretStr = SecretStr("")
    """Hash of the staff password. Without one, staff functions are off."""
    session_minutes: float = Field(default=15, gt=0, le=240)
    """Minutes without input after which the staff page asks for the password again. Calls still sound."""
    lan_address: str = ""
    """Address of this computer on which `uketsuke run --web` also serves the staff page to the local network, with TLS
    and client certificates (`uketsuke staff certificate`). Empty: this computer only."""
    lan_port: int = Field(default=8646, ge=0, le=65535)
    """Port for the staff page on the local network."""
    eye_check_on_lan: bool = False
    """Also show the card's photo and the live picture on the local network; by default only on this computer."""
    name_picture_folder: Path | None = None
    """Folder to which the image of the name on a genuine card is written as PNG, under the result's stem, if the name
    from the service contains ●. Deleted with the result or after 24 hours. Empty: only on the staff page, for at most
    five minutes."""
    call_command: tuple[str, ...] = ()
    """Command to run for every call, as a list of words, such as for a lamp or a chat message. `{kind}`, `{number}` and
    `{code}` are replaced. It runs without a shell, gets no personal data, and is not waited for."""


class RecordsSettings(Section):
    audit_years: int = Field(default=5, ge=1, le=100)
    """Years to keep the audit trail, as for access records. Files of earlier months are deleted."""
    results_days: int = Field(default=0, ge=0, le=36500)
    """Days after which `uketsuke prune` deletes delivered results that were not taken from the folder; 0: never."""
    cache_days: int = Field(default=90, ge=0, le=36500)
    """Days after which `uketsuke prune` deletes files from the cache, which are recreated on demand; 0: never."""
    log_days: int = Field(default=30, ge=0, le=36500)
    """Days of log files to keep, with one file per day. 0: a single file that keeps growing."""
    trace_days: int = Field(default=7, ge=0, le=36500)
    """Days after which `uketsuke prune` deletes card traces in `traces` in the state folder; 0: never."""


class LogSettings(Section):
    format: Literal["text", "json"] = "text"
    """Format of a log entry: a line of text, or a JSON object for a log collector."""


class MetricsSettings(Section):
    port: int = Field(default=0, ge=0, le=65535)
    """Port on this computer (127.0.0.1) on which `uketsuke run` serves metrics; 0: off."""


class Settings(Section):
    """All settings. Environment variables such as `UKETSUKE_VISION__ATTEMPT_SECONDS=30` override the TOML file."""

    profile: Profile = Profile.CLINIC
    """Kind of institution, which determines wording, default questions and the form of prescriptions."""
    state_dir: Path = Field(default_factory=lambda: user_state_path("uketsuke"))
    """Folder for ledger, simulated cards, keys and caches."""
    reader: ReaderSettings = ReaderSettings()
    vision: VisionSettings = VisionSettings()
    consent: ConsentSettings = ConsentSettings()
    place: PlaceSettings = PlaceSettings()
    service: ServiceSettings = ServiceSettings()
    handover: HandoverSettings = HandoverSettings()
    voice: VoiceSettings = VoiceSettings()
    staff: StaffSettings = StaffSettings()
    records: RecordsSettings = RecordsSettings()
    log: LogSettings = LogSettings()
    metrics: MetricsSettings = MetricsSettings()

    @model_validator(mode="before")
    @classmethod
    def _profile_defaults(cls, data: Any) -> Any:
        """Add the profile's values for settings that were not set."""
        if not isinstance(data, Mapping):
            return data
        try:
            row = PROFILES[Profile(data.get("profile", Profile.CLINIC))]
        except ValueError:
            return data  # field validation will report the profile
        filled = dict(data)
        sections = (
            ("consent", row.consent, ConsentSettings),
            ("vision", row.vision, VisionSettings),
            ("voice", row.voice, VoiceSettings),
        )
        for name, defaults, kind in sections:
            given = data.get(name, {})
            if isinstance(given, kind):
                given = {field: getattr(given, field) for field in given.model_fields_set}
            if isinstance(given, Mapping):  # otherwise field validation will report it
                filled[name] = {**defaults, **given}
        return filled

    @model_validator(mode="after")
    def _prescription_fits(self) -> Self:
        policy = self.consent.prescription
        if policy not in self.profile_row.prescription_allowed:
            allowed = ", ".join(sorted(self.profile_row.prescription_allowed))
            raise ValueError(
                f"consent.prescription = {policy.value!r} does not fit profile {self.profile.value!r}, "
                f"which issues no prescriptions; allowed there: {allowed}"
            )
        return self

    @model_validator(mode="after")
    def _dispensing_fits(self) -> Self:
        if self.consent.dispensing is not DispensingPolicy.NOT_USED and not self.profile_row.dispenses:
            raise ValueError(
                f"consent.dispensing = {self.consent.dispensing.value!r} does not fit profile {self.profile.value!r}, "
                "which does not dispense; allowed there: not-used"
            )
        return self

    @property
    def profile_row(self) -> ProfileRow:
        return PROFILES[self.profile]

    @property
    def voice_dir(self) -> Path:
        """Directory for rendered speech, which can be recreated."""
        return self.cache_dir / "voice"

    @property
    def cache_dir(self) -> Path:
        """Directory for files that can be recreated; safe to delete."""
        return self.state_dir / "cache"

    @property
    def face_dir(self) -> Path:
        """Directory for added face networks and for calibrations made on this terminal."""
        return self.state_dir / "face"

    @property
    def results_dir(self) -> Path:
        return self.handover.folder or self.state_dir / "results"
