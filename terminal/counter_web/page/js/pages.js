// What does not fit on one screen is shown on several, with a big button to turn; nothing is left out or cut off.

import { make, sentence } from "./make.js";

/** How a column overflows, in pixels; a little is rounding. */
function overflow(element) {
  return element.scrollHeight - element.clientHeight;
}

/**
 * Spread the blocks of a column over as many pages as its height asks for, and show page `wanted`.
 *
 * `blocks` lie in `column` in their order; `pinned` stay on every page. Returns [page shown, number of pages].
 */
export function spread(column, blocks, pinned, wanted, words) {
  for (const block of blocks) block.hidden = false;
  if (overflow(column) <= 1) return [0, 1];
  const turn = make("div", { class: "turn" },
    make("button", { type: "button", class: "quiet back-page", "data-target": "page:-1" }, sentence(words.previous)),
    make("button", { type: "button", class: "quiet onward", "data-target": "page:1" }, sentence(words.next)));
  column.append(turn);
  const pages = [];
  let rest = [...blocks];
  while (rest.length) {
    for (const block of blocks) block.hidden = !rest.includes(block);
    let count = rest.length;
    while (count > 1 && overflow(column) > 1) {
      count -= 1;
      rest[count].hidden = true;
    }
    pages.push(rest.slice(0, count));
    rest = rest.slice(count);
  }
  const shown = Math.min(Math.max(wanted, 0), pages.length - 1);
  for (const block of blocks) block.hidden = !pages[shown].includes(block);
  turn.firstChild.style.visibility = shown ? "visible" : "hidden";
  if (shown === pages.length - 1) turn.lastChild.style.visibility = "hidden";
  return [shown, pages.length];
}
