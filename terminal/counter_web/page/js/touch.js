// Touch, pen and mouse. A target reacts visibly to the touch and counts when the finger is lifted on it or a little
// beside it, so that a trembling finger that slides still hits it.

const SLACK = 24;

let down = null;

/** Listen on targets, which are buttons with `data-target`; `onTouch(button)` is called when one was hit. */
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
  // A touched target must not take the focus: the following Enter key belongs to the pad.
  addEventListener("mousedown", (event) => event.preventDefault());
  // Keyboards and screen readers click without a pointer.
  addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-target]");
    if (button && event.detail === 0) onTouch(button);
  });
}

/** Find a target by name: its element may have been redrawn under the finger. */
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

/** Restore the pressed style after zones were redrawn under the finger. */
export function stillPressed() {
  if (down) find(down.target)?.classList.add("pressed");
}
