// Key names for keyboards and numeric keypads, by key position, independent of NumLock.

const NAMES = {
  NumpadEnter: "enter", Enter: "enter", Backspace: "erase", Delete: "erase", Escape: "escape", NumpadMultiply: "*", NumpadDivide: "/", NumpadAdd: "+",
  NumpadSubtract: "-", NumpadDecimal: ".",
};

/** Return the key's name, such as `1`, `enter`, `*`, `f1` or `a`, or an empty string. */
function keyName(event) {
  const place = /^(?:Digit|Numpad)([0-9])$/.exec(event.code);
  if (place) return place[1];
  if (event.code in NAMES) return NAMES[event.code];
  if (/^F[0-9]{1,2}$/.test(event.code)) return event.code.toLowerCase();
  return event.key.length === 1 ? event.key.toLowerCase() : "";
}

/** Call `onKey(name)` for every key. It returns whether the key has a function. */
export function listen(onKey) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const name = keyName(event);
    // Enter and space activate a focused target
    const activatesTarget = document.activeElement?.matches("button[data-target]") && (event.key === "Enter" || event.key === " ");
    if (activatesTarget) {
      if (event.repeat) event.preventDefault();
      return;
    }
    if (name && !event.repeat && onKey(name)) event.preventDefault();
  });
}
