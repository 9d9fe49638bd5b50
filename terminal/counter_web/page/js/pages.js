// Splits content that does not fit on one screen into pages, with large buttons at the side to turn them.

import { make, sentence } from "./make.js";
import { arrow } from "./signs.js";

/** Return whether the complete content of a column is visible. */
export function fits(column) {
  return column.scrollHeight <= column.clientHeight + 1 && column.scrollWidth <= column.clientWidth + 1;
}

/** Return whether a label is wrapped. If so, stacking the offers gives it more width. */
export function hasWrappedLabel(offers) {
  return [...offers.querySelectorAll("span")].some((label) => label.offsetHeight > 1.6 * parseFloat(getComputedStyle(label).lineHeight));
}

/** Place the keys of all offers above their labels if a label does not fit beside its key. */
export function alignKeys(offers) {
  offers.classList.remove("keys-above");
  if (offers.matches(".stacked:not(.squared)")) return;
  const isAbove = (key) => key.offsetTop + key.offsetHeight <= key.parentElement.querySelector(":scope > span").offsetTop + 1;
  if ([...offers.querySelectorAll(".answer > kbd")].some(isAbove)) offers.classList.add("keys-above");
}

/** Reduce the letter spacing of a question with a word wider than the column. */
export function narrow(question) {
  if (question.scrollWidth > question.clientWidth + 1) question.classList.add("narrow");
}

/** Page number of the page that shows only the block `alone`. */
export const ALONE = "alone";

/**
 * Spread the text and the offers over as many pages as necessary, show page `requested` and return its number.
 *
 * All blocks are in `column`. Its other content is shown on every page. Lists, groups of offers and questions that do
 * not fit on a page are split. `alone`, if given, has a separate page: the last one if all other content fits on one
 * page, otherwise the one before the offers.
 */
export function spread(column, { said, offers, alone }, requested, words) {
  const turner = make("div", { class: "turner" }, turn(-1, words.previous), turn(1, alone ? words.toPad : words.next));
  column.parentElement.append(turner);
  const middle = alone ? [alone] : [];
  const blocks = [...said, ...middle, ...offers];
  const [first, last] = [said, offers].map((some) => some.flatMap((block) => splitBlock(column, block, blocks)));
  const parts = [...first, ...middle, ...last];
  const packed = (some) => pack(column, parts, some);
  // answers that need several pages start on a new page, so that none of them is closer to the question
  let pages = last.length > offers.length ? [...packed(first), ...packed(last)] : packed([...first, ...last]);
  if (alone) pages = pages.length === 1 ? [...pages, middle] : [...packed(first), middle, ...packed(last)];
  const at = pages.indexOf(middle);
  const shown = requested === ALONE ? at : Math.min(Math.max(requested, 0), pages.length - 1);
  show(parts, pages[shown]);
  if (pages.length === 1) removeTurner(turner, column);
  const [backward, onward] = turner.children;
  backward.disabled = shown === 0;
  onward.disabled = shown === pages.length - 1;
  if (alone && shown !== at - 1) onward.lastChild.replaceChildren(...sentence(words.next));
  if (shown === at) {
    alone.append(turner);
    if (![column, alone].every(fits)) alone.classList.add("flat");
    repeatQuestion(column, alone.firstChild);
    repeatHints(column, alone.firstChild, said);
  } else {
    onward.classList.toggle("strong", shown === at - 1);
    if (pages[shown].some((part) => part.matches(".offers, button"))) repeatQuestion(column, column);
  }
  return shown;
}

/** Remove the buttons if there is only one page. Reserve their space if the content only fits with it. */
function removeTurner(turner, column) {
  const words = column.parentElement;
  turner.remove();
  if ([column, words, words.parentElement].every(fits)) return;
  turner.classList.add("needless");
  words.append(turner);
}

/** Place as many of these parts on each page as fit. */
function pack(column, all, some) {
  const pages = [];
  for (let rest = some; rest.length; rest = rest.slice(pages.at(-1).length)) {
    let count = rest.length;
    show(all, rest);
    while (count > 1 && !fits(column)) {
      count -= 1;
      show(all, rest.slice(0, count));
    }
    pages.push(rest.slice(0, count));
  }
  return pages;
}

function turn(by, word) {
  return make("button", { type: "button", class: `quiet ${by > 0 ? "onward" : "backward"}`, "data-target": `page:${by}` }, arrow(by), make("span", {}, sentence(word)));
}

function show(parts, shown) {
  for (const part of parts) part.hidden = !shown.includes(part);
  for (const list of new Set(parts.map((part) => part.parentElement))) {
    if (list.matches(".topics, .offers, h1")) list.hidden = [...list.children].every((child) => child.hidden);
  }
}

/** Return the block's pieces if it is a list or does not fit on a page, otherwise the block itself. */
function splitBlock(column, block, blocks) {
  for (const other of blocks) other.hidden = other !== block;
  if (block.matches("h1")) narrow(block);
  if (block.matches(".offers")) arrange(column, block);
  const pieces = block.matches(".topics") || !fits(column) ? splitPieces(column, block) : [block];
  for (const other of blocks) other.hidden = false;
  return pieces;
}

/** Stack offers that do not fit side by side. Arrange four offers in two rows if the stack is too high. */
function arrange(column, offers) {
  alignKeys(offers);
  if (fits(column) && !hasWrappedLabel(offers)) return;
  offers.classList.remove("keys-above");
  offers.classList.add("stacked");
  if (fits(column) || offers.matches(".many") || offers.children.length !== 4) return;
  offers.classList.add("squared");
  alignKeys(offers);
  if (!fits(column)) offers.classList.remove("squared", "keys-above");
}

function splitPieces(column, block) {
  if (block.matches("h1")) return splitQuestion(column, block);
  return block.children.length > 1 && block.matches(".topics, .offers") ? [...block.children] : [block];
}

/** Split a question that is too long for a page between words, into the minimum number of equal pieces. */
function splitQuestion(column, question) {
  const words = splitWords(question);
  const length = (some) => some.flat().reduce((sum, node) => sum + (node.firstChild ?? node).textContent.length, 0);
  const whole = length(words);
  for (let count = 2; count <= words.length; count += 1) {
    const pieces = Array.from({ length: count }, () => make("span", { class: "piece" }));
    let before = 0;
    for (const word of words) {
      pieces[Math.min(count - 1, Math.floor(count * (before + length([word]) / 2) / whole))].append(...word);
      before += length([word]);
    }
    question.replaceChildren(...pieces.filter((piece) => piece.hasChildNodes()));
    narrow(question);
    const shown = [...question.children];
    const fit = shown.every((piece) => {
      for (const other of shown) other.hidden = other !== piece;
      return fits(column);
    });
    for (const piece of shown) piece.hidden = false;
    if (fit) return shown;
  }
  question.replaceChildren(...words.flat());
  return [question];
}

/** Return the nodes of each word. Japanese text is split after を and punctuation, other text at spaces. */
function splitWords(question) {
  const words = [[]];
  for (const node of [...question.childNodes]) {
    const texts = node.nodeType === Node.TEXT_NODE ? node.data.split(/(?<=\s|を|、|。)/) : [node];
    for (const part of texts) {
      words.at(-1).push(typeof part === "string" ? document.createTextNode(part) : part);
      if (typeof part === "string" && /[\sを、。]$/.test(part)) words.push([]);
    }
  }
  return words.filter((word) => word.length);
}

/** Repeat the question in small letters on a page that shows only answers, if it fits. */
function repeatQuestion(column, place) {
  const question = column.querySelector("h1");
  if (!question?.hidden) return;
  const copy = question.cloneNode(true);
  for (const piece of copy.children) piece.hidden = false;
  const again = make("p", { class: "again", "aria-hidden": "true" }, ...copy.childNodes);
  place.prepend(again);
  if (!fits(column)) again.remove();
}

/** Repeat the hints below the typed digits if they fit. */
function repeatHints(column, place, said) {
  for (const hint of said.filter((block) => block.matches(".hint"))) {
    const copy = make("p", { class: "hint", lang: hint.lang, "aria-hidden": "true" }, ...hint.cloneNode(true).childNodes);
    place.append(copy);
    if (!fits(column)) copy.remove();
  }
}
