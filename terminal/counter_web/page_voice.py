"""Speech on the patient's page, which receives random clip ids and fetches the clips from the server."""

import secrets
from collections.abc import Awaitable, Callable

from terminal.voice.utterance import Utterance

MAX_CLIPS = 100
"""Number of recent clips that can be fetched."""

Send = Callable[..., None]
Sound = Callable[[Utterance, int], Awaitable[bytes | None]]


class PageVoice:
    """Voice output to the page. `send` sends it the clip ids. `sound` returns the WAV data of a sentence."""

    def __init__(self, send: Send, sound: Sound) -> None:
        self._send, self._sound = send, sound
        self._clips: dict[str, tuple[Utterance, int]] = {}

    def say(self, utterance: Utterance) -> None:
        # random ids, not derived from the text: the browser may record addresses
        clips = [secrets.token_urlsafe(9) for _ in utterance.sentences]
        self._clips |= {clip: (utterance, index) for index, clip in enumerate(clips)}
        for old in list(self._clips)[: max(len(self._clips) - MAX_CLIPS, 0)]:
            del self._clips[old]
        kind = "say" if utterance.interrupts else "remind"
        self._send(kind, clips=clips, tone=utterance.tone or "", volume=utterance.volume / 100)

    async def clip(self, name: str) -> bytes | None:
        """Return a clip's WAV data. Return None if the id is unknown or expired, or if no voice is available."""
        sentence = self._clips.get(name)
        return await self._sound(*sentence) if sentence is not None else None
