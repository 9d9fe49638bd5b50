// Questions over the page: asked before anything that cannot be taken back.

import { make } from "/page/js/make.js";

/** `key`: what keeps its focus when the panel is drawn again. */
export function button(text, onClick, kind = "", key = "") {
  const element = make("button", { type: "button", class: kind, "data-key": key }, text);
  element.addEventListener("click", onClick);
  return element;
}

/** A dialog with its own content; `close()` closes it. Escape is the way back. */
export function open(kind, title, ...content) {
  const dialog = make("dialog", { class: kind, "aria-label": title }, make("h2", {}, title), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Ask, and do it only after a touch on the named answer. */
export function sure(words, text, answer, act) {
  const dialog = open("sure", text, make("div", { class: "row" },
    button(words.back, () => dialog.close()),
    button(answer, () => { dialog.close(); act(); }, "danger")));
}

/** The name as the card shows it; closing it wipes it for good. */
export function name(reception, words, send) {
  const image = make("img", { src: `/staff/name/${reception}`, alt: words["name-alt"], class: "name" });
  // whole pixels, so that no stroke is drawn thicker than another
  image.addEventListener("load", () => {
    const times = Math.max(1, Math.floor(dialog.querySelector("h2").clientWidth / image.naturalWidth));
    image.width = times * image.naturalWidth;
  });
  const dialog = open("sure wide", words["name-title"], image,
    make("p", {}, words["name-note"]),
    make("div", { class: "row" }, button(words["name-close"], () => dialog.close(), "main")));
  dialog.addEventListener("close", () => send({ type: "close-name", reception }));
}

/** What becomes of a result that may be lost. */
export function astray(words, reception, send) {
  const answer = (again) => () => { dialog.close(); send({ type: "hand-over", reception, again }); };
  const dialog = open("sure", words["astray-sure"],
    make("p", {}, words["astray-look"]),
    make("div", { class: "row" },
      button(words.back, () => dialog.close()),
      button(words["astray-again"], answer(true), "main"),
      button(words["astray-close"], answer(false), "danger")));
}

/** Which consents are taken back. */
export function withdraw(words, row, act) {
  const boxes = row.granted.map(({ item, label }) => {
    const box = make("input", { type: "checkbox", value: item });
    return [box, make("label", { class: "choice" }, box, label)];
  });
  const note = make("p", { class: "note", role: "alert" });
  const dialog = open("sure", words["withdraw-sure"].replace("{number}", row.number),
    ...boxes.map(([, label]) => label), note,
    make("div", { class: "row" },
      button(words.back, () => dialog.close()),
      button(words["withdraw-yes"], () => {
        const items = boxes.filter(([box]) => box.checked).map(([box]) => box.value);
        if (!items.length) {
          note.textContent = words["withdraw-none"];
          return;
        }
        dialog.close();
        act(items);
      }, "danger")));
}
