"""Settings: one pydantic model per room, read from TOML and environment, every default documented."""

from enum import StrEnum
from pathlib import Path
from typing import Literal

from platformdirs import user_state_path
from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Profile(StrEnum):
    CLINIC = "clinic"
    PHARMACY = "pharmacy"


class ReaderSettings(Section):
    name: str = ""
    """Which PC/SC reader: empty for the first one, a number, or a part of its name."""
    trust_anchors: tuple[Path, ...] = ()
    """Files with the CA keys that certify card-issuing keys. Without one, a face record's origin cannot be told."""
    require_genuine_record: bool = True
    """Refuse the face way when the record's origin cannot be told for lack of a trust anchor."""


class VisionSettings(Section):
    camera: str = "0"
    """A number, a device path, a video file, an image pattern (frame-%03d.png), or `synthetic:NAME`."""
    threshold: float = Field(default=0.40, gt=0, lt=0.6)
    """Largest distance between card photo and mean live encoding that counts as a match."""
    frames: int = Field(default=5, ge=5, le=30)
    """Good frames averaged for one verdict."""
    frame_spacing_ms: int = Field(default=200, ge=0, le=2000)
    """At least this much time between two of them, so that they differ."""
    attempt_seconds: float = Field(default=15, gt=0)
    """A face check that has not found enough good frames by then ends."""
    attempts: int = Field(default=3, ge=1, le=5)
    warm_up_frames: int = Field(default=5, ge=0)
    """Frames dropped after opening, while the camera settles its exposure."""


class LimitPolicy(StrEnum):
    ASK = "ask"
    """Ask, as the guides show it."""
    BY_LAW = "by-law"
    """Provide without asking, as the practice is since 2024-10-07. Recorded as provision by law, never as a consent."""


class PrescriptionPolicy(StrEnum):
    NOT_USED = "not-used"
    ASK = "ask"
    ELECTRONIC = "electronic"
    PAPER = "paper"


class ConsentSettings(Section):
    care_and_medicines: bool = True
    health_checkup: bool = True
    surgery: bool = False
    specific_disease: bool = True
    limit: LimitPolicy = LimitPolicy.ASK
    prescription: PrescriptionPolicy = PrescriptionPolicy.NOT_USED


class ServiceSettings(Section):
    url: str = "http://127.0.0.1:8642"
    timeout_seconds: float = Field(default=10, gt=0)
    """How long the terminal waits for one answer; the real service needs 3 to 7 seconds."""
    institution_code: str = Field(default="1319999999", pattern=r"^\d{10}$")
    terminal_id: str = Field(default="terminal-1", pattern=r"^[A-Za-z0-9-]{1,40}$")


class HandoverSettings(Section):
    folder: Path | None = None
    """Where result files for the receipt computer go; by default `results` in the state folder."""
    encoding: Literal["UTF-8", "Shift_JIS"] = "UTF-8"


class StaffSettings(Section):
    password_hash: str = ""
    """Hash of the staff password; staff functions are off without one."""


class Settings(Section):
    """Everything. The file is TOML; `UKETSUKE_VISION__THRESHOLD=0.38` overrides one value."""

    profile: Profile = Profile.CLINIC
    state_dir: Path = Field(default_factory=lambda: user_state_path("uketsuke"))
    """Ledger, simulated cards, keys, caches. Environment: `UKETSUKE_STATE_DIR`."""
    reader: ReaderSettings = ReaderSettings()
    vision: VisionSettings = VisionSettings()
    consent: ConsentSettings = ConsentSettings()
    service: ServiceSettings = ServiceSettings()
    handover: HandoverSettings = HandoverSettings()
    staff: StaffSettings = StaffSettings()

    @property
    def results_dir(self) -> Path:
        return self.handover.folder or self.state_dir / "results"
