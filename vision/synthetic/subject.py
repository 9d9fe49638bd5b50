"""Subjects of the synthetic camera: NAME or NAME+ATTACK, followed by comma-separated conditions."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from vision.frame import Image
from vision.synthetic.attacks import Attack, Attacker
from vision.synthetic.conditions import (
    PERSON_CONDITIONS,
    Condition,
    Conditions,
    apply_conditions,
    light_for,
    person_for,
)
from vision.synthetic.motion import pose_at
from vision.synthetic.people import person_named
from vision.synthetic.person import Person
from vision.synthetic.scene import compose

Drawing = Callable[[float, float], Image]
"""Function that draws the frame at a time in seconds, with an instructed turn of the head in radians."""


@dataclass(frozen=True, slots=True)
class Subject:
    person: Person
    attack: Attack | None = None
    conditions: Conditions = frozenset()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a subject such as `hana`, `hana,backlit,far` or `hana+flat-print,dark`.

        Raises ValueError with the known names.
        """
        subject, *words = text.split(",")
        name, plus, kind = subject.partition("+")
        person = person_named(name)
        if plus and kind not in set(Attack):
            raise ValueError(f"unknown attack {kind!r}. Known: {', '.join(Attack)}.")
        for word in words:
            if word not in set(Condition):
                raise ValueError(f"unknown condition {word!r}. Known: {', '.join(Condition)}.")
        conditions = frozenset(Condition(word) for word in words)
        if plus and conditions & PERSON_CONDITIONS:
            personal = ", ".join(sorted(conditions & PERSON_CONDITIONS))
            raise ValueError(f"{personal} does not apply to an attack. Omit the condition or the attack.")
        return cls(person, Attack(kind) if plus else None, conditions)

    def renderer(self, seed: int) -> Drawing:
        """Return a function that draws frames without sensor noise. `seed`: determines the movement."""
        if self.attack is not None:
            attacker = Attacker(self.attack, self.person, seed)
            return lambda seconds, turned: apply_conditions(self.conditions, attacker.frame(seconds, turned))
        person, light = person_for(self.conditions, self.person), light_for(self.conditions)

        def frame(seconds: float, turned: float) -> Image:
            pose = pose_at(seconds, seed)
            return apply_conditions(self.conditions, compose(person, replace(pose, yaw=pose.yaw + turned), light))

        return frame
