// Touch, pen and mouse. A target is highlighted on touch and activated when the finger is lifted on it or just
// outside it, which tolerates trembling fingers.

const SLACK = 24;

let down = null;

/** Call `onTouch(button)` for every activated target. Targets are buttons with `data-target`. */
export function listen(onTouch) {
  addEventListener("pointerdown", (event) => {
    const button = event.target.closest?.("button[data-target]");
    release();
    if (!button || !event.isPrimary || event.button > 0) return;
    down = { target: button.dataset.target, pointer: event.pointerId };
    button.classList.add("pressed");
  });
  addEventListener("pointerup", (event) => {
    if (!down || event.pointerId !== down.pointer) return;
    const button = find(down.target);
    release();
    if (button && isOver(button, event)) onTouch(button);
  });
  addEventListener("pointercancel", release);
  // touching a target must not give it focus, because a subsequent Enter key is for the pad
  addEventListener("mousedown", (event) => event.preventDefault());
  // keyboards and screen readers click without a pointer
  addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-target]");
    if (button && event.detail === 0) onTouch(button);
  });
}

/** Find a target by name, because its element may have been redrawn during the touch. */
function find(target) {
  return [...document.querySelectorAll("button[data-target]")].find((button) => button.dataset.target === target && !button.closest("[hidden]"));
}

function isOver(button, event) {
  const box = button.getBoundingClientRect();
  return event.clientX > box.left - SLACK && event.clientX < box.right + SLACK && event.clientY > box.top - SLACK && event.clientY < box.bottom + SLACK;
}

function release() {
  if (down) find(down.target)?.classList.remove("pressed");
  down = null;
}

/** Restore the pressed style after zones were redrawn during a touch. */
export function restorePressed() {
  if (down) find(down.target)?.classList.add("pressed");
}
