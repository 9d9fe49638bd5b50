// Blocks what a page can block at a counter: selection, menus, dragging, zooming by pinch or wheel, going back.

const BROWSER_KEYS = new Set(["F1", "F3", "F5", "F6", "F7", "F11", "F12", "BrowserBack", "BrowserForward", "ContextMenu"]);
const WITH_CONTROL = new Set(["p", "s", "o", "u", "f", "g", "h", "j", "k", "l", "d", "r", "+", "-", "=", "0"]);

export function holdOn() {
  for (const name of ["contextmenu", "selectstart", "dragstart", "drop", "dragover", "gesturestart", "auxclick"]) {
    addEventListener(name, (event) => event.preventDefault());
  }
  addEventListener("wheel", (event) => event.preventDefault(), { passive: false });
  addEventListener("touchmove", (event) => event.cancelable && event.preventDefault(), { passive: false });
  addEventListener("keydown", (event) => {
    const held = event.ctrlKey || event.metaKey;
    if (BROWSER_KEYS.has(event.key) || (held && WITH_CONTROL.has(event.key.toLowerCase())) || (event.altKey && event.key.startsWith("Arrow"))) {
      event.preventDefault();
    }
  });
  history.pushState(null, "", location.href);
  addEventListener("popstate", () => history.pushState(null, "", location.href));
}
