// Fingers, pen and mouse. A target shows at once that it was touched and counts when the finger is lifted on it, also
// with a trembling hand: a finger that slides within the target, or a little beside it, still means it.

const SLACK = 24;

let down = null;

/** Listen to targets, which are buttons with `data-target`; `onTouch(button)` when one was meant. */
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
  // A touched target does not keep the focus: the Enter key that follows is the pad's.
  addEventListener("mousedown", (event) => event.preventDefault());
  // Keyboards and screen readers click without a pointer.
  addEventListener("click", (event) => {
    const button = event.target.closest?.("button[data-target]");
    if (button && event.detail === 0) onTouch(button);
  });
}

/** The zones may have been drawn again under the finger: the target is known by its name, not by its element. */
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

/** Show the finger that is still down on zones that were drawn again. */
export function stillPressed() {
  if (down) find(down.target)?.classList.add("pressed");
}
