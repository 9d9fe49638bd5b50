// What does not fit on one screen is shown on several, with big buttons to turn at the side; nothing is left out.

import { make, sentence } from "./make.js";
import { arrow } from "./signs.js";

/** Whether everything in a column can be seen. */
export function fits(column) {
  return column.scrollHeight <= column.clientHeight + 1 && column.scrollWidth <= column.clientWidth + 1;
}

/** Whether a label needs a second line: under each other, offers have more room for it than beside each other. */
export function inPieces(offers) {
  return [...offers.querySelectorAll("span")].some((label) => label.offsetHeight > 1.6 * parseFloat(getComputedStyle(label).lineHeight));
}

/**
 * Spread what is said and offered over as many pages as the column asks for, and show page `wanted`; returns it.
 *
 * `blocks` lie in `column` in their order, the offers last; what else lies there stays on every page. A list, or
 * offers, that fit on no page are spread themselves.
 */
export function spread(column, blocks, wanted, words) {
  const turner = make("div", { class: "turner" }, turn(-1, words.previous), turn(1, words.next));
  column.parentElement.append(turner);
  const parts = blocks.flatMap((block) => (block.matches(".topics") || !fitsAlone(column, block, blocks) ? breakUp(column, block, blocks) : [block]));
  const pages = [];
  for (let rest = parts; rest.length; rest = rest.slice(pages.at(-1).length)) {
    let count = rest.length;
    show(parts, rest);
    while (count > 1 && !fits(column)) {
      count -= 1;
      show(parts, rest.slice(0, count));
    }
    pages.push(rest.slice(0, count));
  }
  const shown = Math.min(Math.max(wanted, 0), pages.length - 1);
  show(parts, pages[shown]);
  turner.firstChild.disabled = shown === 0;
  turner.lastChild.disabled = shown === pages.length - 1;
  askAgain(column, pages[shown]);
  return shown;
}

function turn(by, word) {
  return make("button", { type: "button", class: `quiet ${by > 0 ? "onward" : "backward"}`, "data-target": `page:${by}` }, arrow(by), make("span", {}, sentence(word)));
}

function show(parts, shown) {
  for (const part of parts) part.hidden = !shown.includes(part);
  for (const list of new Set(parts.map((part) => part.parentElement))) {
    if (list.matches(".topics, .offers")) list.hidden = [...list.children].every((child) => child.hidden);
  }
}

function fitsAlone(column, block, blocks) {
  for (const other of blocks) other.hidden = other !== block;
  if (block.matches(".offers") && (!fits(column) || inPieces(block))) block.classList.add("stacked");
  if (!fits(column) && block.matches("h1")) block.classList.add("long");
  const alone = fits(column);
  for (const other of blocks) other.hidden = false;
  return alone;
}

function breakUp(column, block) {
  return block.children.length > 1 && block.matches(".topics, .offers") ? [...block.children] : [block];
}

/** On a page that answers without its question, the question in small letters, where there is room. */
function askAgain(column, page) {
  const question = column.querySelector("h1");
  if (!question?.hidden || !page.some((part) => part.matches(".offers, button"))) return;
  const again = make("p", { class: "again", "aria-hidden": "true" }, ...[...question.childNodes].map((node) => node.cloneNode(true)));
  column.prepend(again);
  if (!fits(column)) again.remove();
}
