"""The demo's dock in the terminal window: controls for persona, card, camera and service."""

from collections.abc import Awaitable, Callable, Iterator

from rich.text import Text
from textual.containers import Vertical
from textual.events import Click
from textual.message import Message
from textual.widget import Widget

from terminal.front.dock import Dock, ServiceMode
from terminal.words.catalogue import Words


class DockButton(Widget, can_focus=False):
    class Pressed(Message):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, name: str) -> None:
        super().__init__(id=f"dock-{name}", classes="dock-button")
        self.action = name
        self.label = ""

    def say(self, label: str) -> None:
        if label != self.label:
            self.label = label
            self.refresh()

    def render(self) -> Text:
        return Text(self.label, no_wrap=True)

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(self.Pressed(self.action))


class PersonaList(Widget, can_focus=False):
    """List of personas with the current one marked. Tap a persona to select it."""

    class Chosen(Message):
        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, dock: Dock) -> None:
        super().__init__(id="dock-personas")
        self._dock = dock
        self.cursor = 0

    def on_mount(self) -> None:
        names = [persona.name for persona in self._dock.personas]
        self.cursor = names.index(self._dock.current) if self._dock.current in names else 0

    def _first(self) -> int:
        """Return the index of the first line to show so that the cursor stays visible."""
        return max(0, self.cursor - max(self.size.height, 1) + 1)

    def render(self) -> Text:
        text = Text(no_wrap=True, overflow="crop")
        first = self._first()
        for index, persona in enumerate(self._dock.personas):
            if first <= index < first + max(self.size.height, 1):
                mark = "*" if persona.name == self._dock.current else " "
                style = "reverse" if index == self.cursor else ""
                text.append(f"{mark} {persona.name}".ljust(self.size.width), style)
                text.append("\n")
        return text

    def move(self, by: int) -> None:
        self.cursor = (self.cursor + by) % max(len(self._dock.personas), 1)
        self.refresh()

    def choose(self) -> None:
        if self._dock.personas:
            self.post_message(self.Chosen(self._dock.personas[self.cursor].name))

    def on_click(self, event: Click) -> None:
        event.stop()
        index = self._first() + event.y
        if 0 <= index < len(self._dock.personas):
            self.cursor = index
            self.choose()


class DockPanel(Vertical):
    """Panel over the right side of the screen, toggled with F12."""

    def __init__(self, dock: Dock, say: Words) -> None:
        super().__init__(id="dock")
        self._dock, self._say = dock, say

    def compose(self) -> Iterator[Widget]:
        yield DockButton("title")
        yield DockButton("keys")
        yield PersonaList(self._dock)
        for name in ("card", "camera", "service"):
            yield DockButton(name)

    def on_mount(self) -> None:
        self.query_one("#dock-title", DockButton).say(self._say("dock.title") + "  F12")
        self.query_one("#dock-keys", DockButton).say(self._say("dock.keys"))
        self.relabel()
        self.set_interval(0.5, self.relabel)

    def relabel(self) -> None:
        """Update the labels to match the devices, whose state scripts can also change."""
        if not self.display:
            return
        props, say = self._dock.props, self._say
        labels = {
            "card": ("F9   ", "dock.take-card" if props.card else "dock.put-card"),
            "camera": ("F10  ", "dock.uncover-camera" if props.camera_covered else "dock.cover-camera"),
            "service": (
                "F11  ",
                "dock.wake-service" if props.service is ServiceMode.SILENT else "dock.silence-service",
            ),
        }
        for name, (key, message_id) in labels.items():
            self.query_one(f"#dock-{name}", DockButton).say(key + say(message_id))
        self.query_one(PersonaList).refresh()

    async def on_persona_list_chosen(self, message: PersonaList.Chosen) -> None:
        message.stop()
        await self._dock.choose(message.name)
        self.relabel()

    async def on_dock_button_pressed(self, message: DockButton.Pressed) -> None:
        message.stop()
        await self._do(message.name)

    async def take_key(self, key: str) -> bool:
        """Handle a dock key. Return False for other keys."""
        names = {"f9": "card", "f10": "camera", "f11": "service"}
        if key in names:
            await self._do(names[key])
            return True
        if not self.display or key not in ("up", "down", "right"):
            return False
        personas = self.query_one(PersonaList)
        if key == "right":
            personas.choose()
        else:
            personas.move(-1 if key == "up" else 1)
        return True

    async def _do(self, name: str) -> None:
        dock, props = self._dock, self._dock.props
        service = ServiceMode.NORMAL if props.service is ServiceMode.SILENT else ServiceMode.SILENT
        actions: dict[str, Callable[[], Awaitable[None]]] = {
            "card": dock.pull_card if props.card else dock.insert_card,
            "camera": lambda: dock.cover_camera(not props.camera_covered),
            "service": lambda: dock.set_service_mode(service),
        }
        if name in actions:
            await actions[name]()
            self.relabel()
