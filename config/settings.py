"""Settings: one pydantic model per room, read from TOML and environment, every default documented."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self

from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from config.languages import Language
from config.profiles import PROFILES, ProfileRow
from config.profiles import AntiPhoto as AntiPhoto
from config.profiles import DispensingPolicy as DispensingPolicy
from config.profiles import LimitPolicy as LimitPolicy
from config.profiles import PrescriptionPolicy as PrescriptionPolicy
from config.profiles import Profile as Profile


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, allow_inf_nan=False)


class GraceRule(StrEnum):
    """Until when an expired certificate still gives the qualification. Insurers publish both readings."""

    MONTH_END = "month-end"
    """Three months after the end of the month of expiry."""
    SAME_DAY = "same-day"
    """Three months after the day of expiry."""


class LongReads(StrEnum):
    """Whether whole files are read with one command (extended Le), which not every card reader supports."""

    AUTO = "auto"
    """Try, and fall back to short commands if the reader refuses."""
    ALWAYS = "always"
    """Long ones, even if they failed with this model of reader before."""
    NEVER = "never"
    """Short ones only, 256 bytes each: slower, but supported by every reader."""


class ReaderSettings(Section):
    name: str = ""
    """Which PC/SC reader: empty for all of them, a number, or a part of its name in upper or lower case, in which `*`
    and `?` are wildcards."""
    phone: str = ""
    """The reader for phones, named like `name`; empty if phones are not accepted."""
    long_reads: LongReads = LongReads.AUTO
    """Whether long commands are used: auto, always, or never for a reader that fails on them."""
    card_profile: str = "rsa-2048"
    """Generation of card: `rsa-2048` is the one issued today; `ec-384-announced` for testing the next one."""
    trust_anchors: tuple[Path, ...] = ()
    """Files with the CA keys that certify card-issuing keys. Without one, a face record's origin cannot be verified."""
    require_genuine_record: bool = True
    """Refuse the face check when the record's origin cannot be verified for lack of a trust anchor."""
    grace: GraceRule = GraceRule.MONTH_END
    """How the three months of grace after a certificate's end are counted; the service decides in the end."""


class AlsoPin(StrEnum):
    """Whether an institution that wants more certainty asks for face and PIN instead of face or PIN."""

    NEVER = "never"
    """One of the two, as the patient chooses."""
    WHERE_POSSIBLE = "where-possible"
    """Both; what the card or the terminal lacks - a PIN, a photo, a camera - is skipped."""
    ALWAYS = "always"
    """Both, or staff."""


class VisionSettings(Section):
    face: bool = True
    """Offer the face check. Without it the holder is confirmed by PIN or by staff, and no camera is needed. Where it is
    not set, the profile's applies (`config.profiles`)."""
    camera: str = "0"
    """A number, a device path, a video file, an image pattern (frame-%03d.png), or `synthetic:NAME`."""
    model: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]*)?$")
    """Which face network: `sface` (also when empty), `dlib`, `face_recognition` (dlib's, slower), or the name under
    which `uketsuke face add` added another."""
    frames: int = Field(default=5, ge=5, le=30)
    """Good frames averaged for one verdict."""
    frame_spacing_ms: int = Field(default=65, ge=0, le=2000)
    """Minimum time between two of them, so that they differ."""
    attempt_seconds: float = Field(default=20, gt=0, lt=300)
    """A face check ends if it has not found enough good frames by then."""
    attempts: int = Field(default=3, ge=1, le=5)
    """Face checks in one reception; after that only the PIN or staff can confirm the holder."""
    also_pin: AlsoPin = AlsoPin.NEVER
    """Ask for the PIN after the face: never; where possible, sparing only what card or terminal lacks; or always, and
    staff confirms a holder who lacks one of the two. Under either, staff decides after a refused face or PIN."""
    anti_photo: AntiPhoto = AntiPhoto.STANDARD
    """The anti-photo check: `off`, `standard` or `strict`. Patients who cannot turn their head use the PIN
    or ask staff. If it is not set, the profile's value applies (`config.profiles`)."""
    read_card_front: bool = True
    """Read the code printed on the card (birth date, expiry, security code) by camera; otherwise it is typed."""
    card_camera: str = ""
    """The camera that sees the card's front, named like `camera`: one over the reader. By default the face camera, the
    card held towards it."""
    simulated_camera: bool = False
    """Allow a virtual camera, a video file or `synthetic:NAME` as camera, which anyone could feed; with the service
    stub only. Drawn persons with simulated cards are then judged by a separate calibration."""
    keep_open: bool = False
    """Leave the camera open between face checks. By default it is closed and its lamp off; a camera that takes seconds
    to open may need this. `uketsuke doctor` reports how long it takes."""
    warm_up_frames: int = Field(default=5, ge=0)
    """Frames dropped after opening, while the camera settles its exposure."""


class CardSignaturePolicy(StrEnum):
    """How the card's signature over the patient's decision is used."""

    EVIDENCE = "evidence"
    """The card signs while it is on the reader, and the ledger records whether the service found it valid."""
    REQUIRED = "required"
    """A yes that the card did not sign counts as a no."""


class ConsentSettings(Section):
    """Which questions are asked. Where a value is not set, the profile's applies (`config.profiles`)."""

    sharing: bool = True
    """Ask what the institution may view at all. Without it none of the next four is asked."""
    care_and_medicines: bool = True
    """Ask about past care and medicines: two questions one by one, one topic if all are asked together."""
    health_checkup: bool = True
    """Ask for health check-ups, from the age of 40."""
    surgery: bool = False
    """Ask for operations."""
    specific_disease: bool = True
    """Ask holders of a certificate of a specific disease (特定疾病療養受療証) about it."""
    subsidies: bool = False
    """The institution takes part in medical subsidies (医療費助成): ask those who have one whether to use it."""
    limit: LimitPolicy = LimitPolicy.ASK
    """The limit of the high-cost medical expense benefit (限度額): ask, or provide it by law."""
    limit_wording: Literal["plain", "guides"] = "plain"
    """How the limit is asked for: in plain words, or in those of the ministry's guides."""
    prescription: PrescriptionPolicy = PrescriptionPolicy.NOT_USED
    """Form of the prescription. Only a clinic that issues electronic prescriptions sets this."""
    dispensing: DispensingPolicy = DispensingPolicy.NOT_USED
    """Which of several electronic prescriptions to dispense: settled at the counter, or asked here. Pharmacies only."""
    card_signature: CardSignaturePolicy = CardSignaturePolicy.EVIDENCE
    """The card signs what was decided: as evidence, or required: then patients who take their card away early share
    nothing."""


class ServiceSettings(Section):
    url: str = "http://127.0.0.1:8642"
    """URL of the qualification-check service."""
    timeout_seconds: float = Field(default=10, gt=0)
    """How long the terminal waits for one answer; the real service needs 3 to 7 seconds."""
    institution_code: str = Field(default="1319999999", pattern=r"^[0-9]{10}$")
    """The institution's ten digits (医療機関コード)."""
    terminal_id: str = Field(default="terminal-1", pattern=r"^[A-Za-z0-9-]{1,40}$")
    """This terminal's name at the service. The ledger is bound to it."""


class HandoverSettings(Section):
    folder: Path | None = None
    """Where result files for the receipt computer go; by default `results` in the state folder."""
    encoding: Literal["UTF-8", "Shift_JIS"] = "UTF-8"
    """Character encoding of result files."""
    write_in_place: bool = False
    """Write result files in place instead of moving finished ones in. Only for a receipt computer that waits for files
    to change and does not notice new ones: it may read an incomplete file."""
    step_seconds: float = Field(default=10, gt=0, le=120)
    """A folder that takes longer than this for one step counts as hanging (U-506), as a share whose server is down."""
    reception_waits_seconds: float = Field(default=3, ge=0, le=30)
    """How long a reception waits while another result is being handed over; after that its own is handed over later."""
    newer_consents: bool = False
    """Also write the consents of 2025 (処方, 検査, アレルギー, 傷病名, 感染症); their place in the file is inferred."""


class PlaceSettings(Section):
    languages: tuple[Language, ...] = tuple(Language)
    """Languages offered to patients, in this order; every reception begins in the first."""
    city_desk: str = Field(default="", max_length=40)
    """Where cards are replaced and PINs reset, in the patient's words ("区役所1階 市民課"). Empty: the city hall."""

    @field_validator("languages")
    @classmethod
    def _each_once(cls, languages: tuple[Language, ...]) -> tuple[Language, ...]:
        if not languages or len(set(languages)) != len(languages):
            raise ValueError("name at least one language, and each of them once")
        return languages


class VoiceMode(StrEnum):
    """When the terminal speaks."""

    INSTALLED = "installed"
    """On request, in the languages for which a voice is installed."""
    OFF = "off"
    ON_REQUEST = "on-request"
    """When the patient asks for it. A language without an installed voice is a problem (U-508)."""
    ON = "on"
    """Every reception begins with it."""


class DigitOrder(StrEnum):
    """The numeric keypad at the counter."""

    PC = "pc"
    """7, 8, 9 at the top."""
    PHONE = "phone"
    """1, 2, 3 at the top."""
    NONE = "none"
    """There is no keypad: its keys are not shown beside the targets."""


class VoiceSettings(Section):
    mode: VoiceMode = VoiceMode.INSTALLED
    """When sentences are spoken: `installed` (on request where a voice is installed), `off`, `on-request` or `on`.
    Where it is not set, the profile's applies (`config.profiles`)."""
    headset: bool = False
    """Sound is heard in a headset only: sentences about the person are then spoken without asking first."""
    device: str = Field(default="", pattern=r"^[^\s-]?\S*$", max_length=80)
    """Where `aplay` plays in the terminal window, as `aplay -L` lists it; empty for the default. A page in a browser
    plays where the browser does."""
    keypad: DigitOrder = DigitOrder.PC
    """Order of the digits on the numeric keypad, which the voice tells: `pc`, `phone`, or `none`."""


class StaffSettings(Section):
    password_hash: SecretStr = SecretStr("")
    """Hash of the staff password; staff functions are off without one."""
    session_minutes: float = Field(default=15, gt=0, le=240)
    """The staff page asks for the password again if it was not touched for this long. Calls still sound."""
    lan_address: str = ""
    """An address of this computer on which `uketsuke run --web` also serves staff's page to the local network: only
    with TLS and a client's certificate (`uketsuke staff certificate`). Empty: this computer alone."""
    lan_port: int = Field(default=8646, ge=0, le=65535)
    """The port for that."""
    eye_check_on_lan: bool = False
    """Show the card's photo and the live picture there too; by default only on this computer."""
    name_picture_folder: Path | None = None
    """Where the name as a genuine card shows it is also written as PNG, under the result's stem, if the service's name
    has ●; deleted with the result or after 24 hours. Empty: on staff's page alone, for five minutes at most."""
    call_command: tuple[str, ...] = ()
    """A command of the institution's own for every call, as a list of words: a light, a chat message. `{kind}`,
    `{number}` and `{code}` in it are replaced. It gets no personal data and no shell, and nothing waits for it."""


class RecordsSettings(Section):
    audit_years: int = Field(default=5, ge=1, le=100)
    """How long the audit trail is kept, like access records; files of earlier months are deleted after that."""
    results_days: int = Field(default=0, ge=0, le=36500)
    """After how many days `uketsuke prune` deletes results that were handed over and are still there; 0: never."""
    cache_days: int = Field(default=90, ge=0, le=36500)
    """After how many days it deletes files of the cache, which are made again when needed; 0: never."""
    log_days: int = Field(default=30, ge=0, le=36500)
    """How many days of log files are kept; a new file begins each day. 0: one file that grows."""
    trace_days: int = Field(default=7, ge=0, le=36500)
    """After how many days `uketsuke prune` deletes card traces in the folder `traces` of the state folder; 0: never."""


class LogSettings(Section):
    format: Literal["text", "json"] = "text"
    """One line of text for each entry of the log, or one JSON object, for a collector of logs."""


class MetricsSettings(Section):
    port: int = Field(default=0, ge=0, le=65535)
    """Port on this computer (127.0.0.1) where `uketsuke run` serves metrics; 0: none."""


class Settings(Section):
    """All settings. The file is TOML; `UKETSUKE_VISION__ATTEMPT_SECONDS=30` overrides one value."""

    profile: Profile = Profile.CLINIC
    """Kind of institution: it determines wording, default questions and the form of prescriptions."""
    state_dir: Path = Field(default_factory=lambda: user_state_path("uketsuke"))
    """Ledger, simulated cards, keys, caches."""
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
        """Fill what was not set and differs from place to place from the profile's row."""
        if not isinstance(data, Mapping):
            return data
        try:
            row = PROFILES[Profile(data.get("profile", Profile.CLINIC))]
        except ValueError:
            return data  # the field's own check names the wrong profile
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
            if isinstance(given, Mapping):  # else the field's own check says what is wrong
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
                "which dispenses nothing; allowed there: not-used"
            )
        return self

    @property
    def profile_row(self) -> ProfileRow:
        return PROFILES[self.profile]

    @property
    def voice_dir(self) -> Path:
        """Sentences as sound. They can be rendered again."""
        return self.cache_dir / "voice"

    @property
    def cache_dir(self) -> Path:
        """Directory for rebuildable files; safe to delete."""
        return self.state_dir / "cache"

    @property
    def face_dir(self) -> Path:
        """Face networks that were added, and calibrations made on this terminal."""
        return self.state_dir / "face"

    @property
    def results_dir(self) -> Path:
        return self.handover.folder or self.state_dir / "results"
