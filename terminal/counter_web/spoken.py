"""Sound for the patient's page: it gets random numbers and fetches the clips from its own origin."""

import secrets
from collections.abc import Awaitable, Callable

from terminal.voice.saying import Saying

KEPT = 100
"""Clips that can still be fetched: those of the current saying and of recent ones."""

Tell = Callable[..., None]
Sound = Callable[[Saying, int], Awaitable[bytes | None]]


class PageVoice:
    """`tell` sends the page what to play; the page requests each clip by its number."""

    def __init__(self, tell: Tell, sound: Sound) -> None:
        self._tell, self._sound = tell, sound
        self._clips: dict[str, tuple[Saying, int]] = {}

    def say(self, saying: Saying) -> None:
        # neither the text nor anything derived from it: the browser may record addresses
        clips = [secrets.token_urlsafe(9) for _ in saying.sentences]
        self._clips |= {clip: (saying, index) for index, clip in enumerate(clips)}
        for old in list(self._clips)[: max(len(self._clips) - KEPT, 0)]:
            del self._clips[old]
        kind = "say" if saying.cuts else "remind"
        self._tell(kind, clips=clips, tone=saying.tone or "", volume=saying.volume / 100)

    async def clip(self, name: str) -> bytes | None:
        """Return the sound; None for a number that is unknown or too old, or if there is no voice."""
        known = self._clips.get(name)
        return await self._sound(*known) if known is not None else None
