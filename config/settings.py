"""Settings: one pydantic model per section, with documented defaults."""

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
    """How long an expired certificate can be used for the qualification check. Insurers disagree on the rule."""

    MONTH_END = "month-end"
    """Three months after the end of the month of expiry."""
    SAME_DAY = "same-day"
    """Three months after the day of expiry."""


class LongReads(StrEnum):
    """Whether to read files with a single command (extended Le), which some card readers do not support."""

    AUTO = "auto"
    """Try long commands, and fall back to short ones if the reader rejects them."""
    ALWAYS = "always"
    """Use long commands, even if they have failed with this reader model."""
    NEVER = "never"
    """Use short commands of 256 bytes, which are slower but supported by all readers."""


class ReaderSettings(Section):
    name: str = ""
    """PC/SC reader: empty for all readers, a number, or part of a name. `*` and `?` are wildcards; case is ignored."""
    phone: str = ""
    """Reader for phones, in the format of `name`; empty to not accept phones."""
    long_reads: LongReads = LongReads.AUTO
    """Long commands: `auto`, `always`, or `never` for a reader that fails with them."""
    card_profile: str = "rsa-2048"
    """Card generation: `rsa-2048` for current cards, `ec-384-announced` to test the next generation."""
    trust_anchors: tuple[Path, ...] = ()
    """Files with the CA keys that certify card-issuing keys. They are required to verify the origin of face records."""
    require_genuine_record: bool = True
    """Refuse the face check if there is no trust anchor to verify the record's origin."""
    grace: GraceRule = GraceRule.MONTH_END
    """Start of the three-month grace period after a certificate expires. The service's decision takes precedence."""


class FaceAndPinPolicy(StrEnum):
    """Whether to require both face and PIN, for institutions that require stronger confirmation."""

    NEVER = "never"
    """The patient chooses face or PIN."""
    WHERE_POSSIBLE = "where-possible"
    """Both, unless the card has no photo or PIN, or the terminal has no camera."""
    ALWAYS = "always"
    """Both, with confirmation by staff as the only alternative."""


class VisionSettings(Section):
    face: bool = True
    """Offer the face check. Without it, holders are confirmed by PIN or staff, and no camera is needed. Defaults to
    the profile's value (`config.profiles`)."""
    camera: str = "0"
    """Camera number, device path, video file, image pattern (frame-%03d.png), or `synthetic:NAME`."""
    model: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")
    """Face network: `sface` (used if empty), `dlib`, `face_recognition` (dlib's network, slower), or the name of a
    network added with `uketsuke face add`."""
    frames: int = Field(default=5, ge=5, le=30)
    """Number of good frames to average for a verdict."""
    frame_spacing_ms: int = Field(default=65, ge=0, le=2000)
    """Minimum time between these frames, to ensure that they differ."""
    attempt_seconds: float = Field(default=20, gt=0, lt=300)
    """Time limit for finding enough good frames in a face check."""
    attempts: int = Field(default=3, ge=1, le=5)
    """Maximum number of face checks per reception. Then only the PIN or staff can confirm the holder."""
    also_pin: FaceAndPinPolicy = FaceAndPinPolicy.NEVER
    """Require the PIN after the face: `never`, `where-possible` (unless the card or terminal lacks one of them), or
    `always` (staff confirm holders who lack one of them). If both are required, staff decide when one is refused."""
    anti_photo: AntiPhoto = AntiPhoto.STANDARD
    """Anti-photo check: `off`, `standard` or `strict`. Patients who cannot turn their head use the PIN or ask staff.
    Defaults to the profile's value (`config.profiles`)."""
    read_card_front: bool = True
    """Read the code printed on the card (birth date, expiry, security code) with the camera instead of typing it."""
    card_camera: str = ""
    """Camera above the reader, in the format of `camera`, for reading the card's front. Empty: patients hold the card
    up to the face camera."""
    simulated_camera: bool = False
    """Allow virtual cameras, video files and `synthetic:NAME`, which can be fed arbitrary images. Requires the service
    stub. Synthetic people with simulated cards then use a separate calibration."""
    keep_open: bool = False
    """Keep the camera open between face checks, for cameras that take seconds to open. By default it is closed and its
    light is off. `uketsuke doctor` reports how long opening takes."""
    warm_up_frames: int = Field(default=5, ge=0)
    """Number of frames to drop after opening, while the camera adjusts its exposure."""


class CardSignaturePolicy(StrEnum):
    """Use of the card's signature over the patient's decision."""

    EVIDENCE = "evidence"
    """The card signs if it is on the reader. The ledger records whether the service found the signature valid."""
    REQUIRED = "required"
    """Consent without the card's signature is treated as refused."""


class ConsentSettings(Section):
    """Questions to ask. Settings default to the profile's values (`config.profiles`)."""

    sharing: bool = True
    """Ask which data the institution may view. If false, the next four questions are skipped."""
    care_and_medicines: bool = True
    """Ask about past care and medicines: two separate questions, or one topic if all are asked together."""
    health_checkup: bool = True
    """Ask about health check-ups, from the age of 40."""
    surgery: bool = False
    """Ask about operations."""
    specific_disease: bool = True
    """Ask holders of a specific disease certificate (特定疾病療養受療証) about it."""
    subsidies: bool = False
    """Ask recipients of medical subsidies (医療費助成) whether to use them. For institutions that accept subsidies."""
    limit: LimitPolicy = LimitPolicy.ASK
    """Limit of the high-cost medical expense benefit (限度額): ask, or provide it by law."""
    limit_wording: Literal["plain", "guides"] = "plain"
    """Wording of the question about the limit: plain, or from the ministry's guides."""
    prescription: PrescriptionPolicy = PrescriptionPolicy.NOT_USED
    """Prescription form. Only for clinics that issue electronic prescriptions."""
    dispensing: DispensingPolicy = DispensingPolicy.NOT_USED
    """Choice between several electronic prescriptions: at the counter or on the screen. Pharmacies only."""
    card_signature: CardSignaturePolicy = CardSignaturePolicy.EVIDENCE
    """The card's signature over the decision: `evidence` or `required`. With `required`, patients who remove their card
    early share nothing."""


class ServiceSettings(Section):
    url: str = "http://127.0.0.1:8642"
    """URL of the qualification-check service."""
    timeout_seconds: float = Field(default=10, gt=0)
    """Response timeout in seconds. The real service takes 3 to 7 seconds."""
    institution_code: str = Field(default="1319999999", pattern=r"^[0-9]{10}$")
    """The institution's ten-digit code (医療機関コード)."""
    terminal_id: str = Field(default="terminal-1", pattern=r"^[A-Za-z0-9-]{1,40}$")
    """Name by which the service knows this terminal. The ledger is bound to it."""


class HandoverSettings(Section):
    folder: Path | None = None
    """Folder for result files for the receipt computer. Defaults to `results` in the state folder."""
    encoding: Literal["UTF-8", "Shift_JIS"] = "UTF-8"
    """Character encoding of result files."""
    write_in_place: bool = False
    """Write result files in place instead of moving complete files into the folder. Only for receipt computers that
    notice changed files but not new ones. They may read incomplete files."""
    step_seconds: float = Field(default=10, gt=0, le=120)
    """Timeout in seconds for one operation on the folder, after which it is reported as hanging (U-506), like a share
    whose server is down."""
    reception_waits_seconds: float = Field(default=3, ge=0, le=30)
    """Seconds a reception waits for another handover to finish. After that, its result is handed over later."""
    newer_consents: bool = False
    """Also write the consents added in 2025 (処方, 検査, アレルギー, 傷病名, 感染症). Their position is inferred."""


class PlaceSettings(Section):
    languages: tuple[str, ...] = ()
    """Languages offered to patients, in this order. Every reception starts in the first. Empty: all languages."""
    city_desk: str = Field(default="", max_length=40)
    """Office that replaces cards and resets PINs, as patients call it ("区役所1階 市民課"). Empty: the city hall."""

    @field_validator("languages")
    @classmethod
    def _known_and_unique(cls, languages: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        """Validate against the languages in the context passed by `config.load.load`; accept all without a context."""
        supported = (info.context or {}).get("languages", languages)
        if unknown := [language for language in languages if language not in supported]:
            raise ValueError(f"{unknown[0]!r} is not a screen language. Choose from {', '.join(supported)}")
        if len(set(languages)) != len(languages):
            raise ValueError("list each language only once")
        return languages


class VoiceMode(StrEnum):
    """When the terminal speaks."""

    INSTALLED = "installed"
    """On request, in languages with an installed voice."""
    OFF = "off"
    ON_REQUEST = "on-request"
    """On request. Languages without an installed voice are reported (U-508)."""
    ON = "on"
    """From the start of every reception."""


class DigitOrder(StrEnum):
    """Digit order of the numeric keypad at the counter."""

    PC = "pc"
    """7, 8, 9 at the top."""
    PHONE = "phone"
    """1, 2, 3 at the top."""
    NONE = "none"
    """No keypad. Buttons do not show its keys."""


class VoiceSettings(Section):
    mode: VoiceMode = VoiceMode.INSTALLED
    """When the terminal speaks: `installed` (on request, if a voice is installed), `off`, `on-request` or `on`.
    Defaults to the profile's value (`config.profiles`)."""
    headset: bool = False
    """The patient uses a headset: speak personal details without asking first."""
    device: str = Field(default="", pattern=r"^[^\s-]?\S*$", max_length=80)
    """`aplay` device in the terminal window, as listed by `aplay -L`. Empty: the default device. The web page uses the
    browser's audio output."""
    keypad: DigitOrder = DigitOrder.PC
    """Digit order of the numeric keypad, as announced by the voice: `pc`, `phone` or `none`."""


class StaffSettings(Section):
    password_hash: SecretStr = SecretStr("")
    """Hash of the staff password. Empty: staff functions are disabled."""
    session_minutes: float = Field(default=15, gt=0, le=240)
    """Minutes without input after which the staff page locks. Calls keep ringing."""
    lan_address: str = ""
    """Address on which `uketsuke run --web` also serves the staff page to the local network, with TLS and client
    certificates (`uketsuke staff certificate`). Empty: this computer only."""
    lan_port: int = Field(default=8646, ge=0, le=65535)
    """Port for the staff page on the local network."""
    eye_check_on_lan: bool = False
    """Also show the card's photo and the live image on the local network. By default, only on this computer."""
    name_picture_folder: Path | None = None
    """Folder for the image of the name on a genuine card, written if the name from the service contains ●. The PNG file
    has the result's stem and is deleted with the result or after 24 hours. Empty: show the image on the staff page
    only, for at most five minutes."""
    call_command: tuple[str, ...] = ()
    """Command to run for every call, as a list of words, for example to switch on a lamp or send a chat message.
    `{kind}`, `{number}` and `{code}` are replaced. It runs in the background without a shell and receives no personal
    data."""


class RecordsSettings(Section):
    audit_years: int = Field(default=5, ge=1, le=100)
    """Years to keep the audit trail. The default follows the rule for access records. Older months are deleted."""
    results_days: int = Field(default=0, ge=0, le=36500)
    """Days after which `uketsuke prune` deletes delivered results that are still in the folder; 0: never."""
    cache_days: int = Field(default=90, ge=0, le=36500)
    """Days after which `uketsuke prune` deletes cache files, which are recreated on demand; 0: never."""
    log_days: int = Field(default=30, ge=0, le=36500)
    """Days to keep log files, one per day; 0: a single file without a size limit."""
    trace_days: int = Field(default=7, ge=0, le=36500)
    """Days after which `uketsuke prune` deletes card traces from `traces` in the state folder; 0: never."""


class LogSettings(Section):
    format: Literal["text", "json"] = "text"
    """Log format: text, or one JSON object per line for a log collector."""


class MetricsSettings(Section):
    port: int = Field(default=0, ge=0, le=65535)
    """Port on 127.0.0.1 on which `uketsuke run` serves metrics; 0: off."""


class Settings(Section):
    """Root of all settings."""

    profile: Profile = Profile.CLINIC
    """Type of institution, which determines wording, default questions and prescription forms."""
    state_dir: Path = Field(default_factory=lambda: user_state_path("uketsuke"))
    """Folder for the ledger, simulated cards, keys and caches."""
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
        """Fill in the profile's values for settings that are not set."""
        if not isinstance(data, Mapping):
            return data
        try:
            row = PROFILES[Profile(data.get("profile", Profile.CLINIC))]
        except ValueError:
            return data  # field validation reports the profile
        filled = dict(data)
        sections = (
            ("consent", row.consent, ConsentSettings),
            ("vision", row.vision, VisionSettings),
            ("voice", row.voice, VoiceSettings),
        )
        for name, defaults, kind in sections:
            section = data.get(name, {})
            if isinstance(section, kind):
                section = {field: getattr(section, field) for field in section.model_fields_set}
            if isinstance(section, Mapping):  # field validation reports anything else
                filled[name] = {**defaults, **section}
        return filled

    @model_validator(mode="after")
    def _check_prescription(self) -> Self:
        policy = self.consent.prescription
        if policy not in self.profile_row.prescription_allowed:
            allowed = ", ".join(sorted(self.profile_row.prescription_allowed))
            raise ValueError(
                f"consent.prescription = {policy.value!r} conflicts with profile {self.profile.value!r}, "
                f"which issues no prescriptions. Allowed: {allowed}"
            )
        return self

    @model_validator(mode="after")
    def _check_dispensing(self) -> Self:
        if self.consent.dispensing is not DispensingPolicy.NOT_USED and not self.profile_row.dispenses:
            raise ValueError(
                f"consent.dispensing = {self.consent.dispensing.value!r} conflicts with profile "
                f"{self.profile.value!r}, which does not dispense. Allowed: not-used"
            )
        return self

    @property
    def profile_row(self) -> ProfileRow:
        return PROFILES[self.profile]

    @property
    def voice_dir(self) -> Path:
        """Directory for rendered speech."""
        return self.cache_dir / "voice"

    @property
    def cache_dir(self) -> Path:
        """Directory for files that are recreated on demand."""
        return self.state_dir / "cache"

    @property
    def face_dir(self) -> Path:
        """Directory for added face networks and local calibrations."""
        return self.state_dir / "face"

    @property
    def results_dir(self) -> Path:
        return self.handover.folder or self.state_dir / "results"
