// Blocks browser functions that patients must not use: selection, menus, dragging, zooming and navigation.

const BROWSER_KEYS = new Set(["F1", "F3", "F5", "F6", "F7", "F11", "F12", "BrowserBack", "BrowserForward", "ContextMenu"]);
const WITH_CONTROL = new Set(["p", "s", "o", "u", "f", "g", "h", "j", "k", "l", "d", "r", "+", "-", "=", "0"]);

export function blockBrowserFunctions() {
  for (const name of ["contextmenu", "selectstart", "dragstart", "drop", "dragover", "gesturestart", "auxclick"]) {
    addEventListener(name, (event) => event.preventDefault());
  }
  addEventListener("wheel", (event) => event.preventDefault(), { passive: false });
  addEventListener("touchmove", (event) => event.cancelable && event.preventDefault(), { passive: false });
  addEventListener("keydown", (event) => {
    const withControl = event.ctrlKey || event.metaKey;
    if (BROWSER_KEYS.has(event.key) || (withControl && WITH_CONTROL.has(event.key.toLowerCase())) || (event.altKey && event.key.startsWith("Arrow"))) {
      event.preventDefault();
    }
  });
  history.pushState(null, "", location.href);
  addEventListener("popstate", () => history.pushState(null, "", location.href));
}
