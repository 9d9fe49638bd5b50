// Confirmation dialogs for irreversible actions.

import { make } from "/page/js/make.js";

/** Create a button. `key` identifies it for restoring the focus after a redraw. */
export function button(text, onClick, kind = "", key = "") {
  const element = make("button", { type: "button", class: kind, "data-key": key }, text);
  element.addEventListener("click", onClick);
  return element;
}

/** Open a dialog. `close()` or Escape closes it. */
export function open(kind, title, ...content) {
  const dialog = make("dialog", { class: kind, "aria-label": title }, make("h2", {}, title), ...content);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Ask for confirmation and run `act` if `answer` is pressed. */
export function sure(words, text, answer, act) {
  const dialog = open("sure", text, make("div", { class: "row" },
    button(words.back, () => dialog.close()),
    button(answer, () => { dialog.close(); act(); }, "danger")));
}

/** Show the name image from the card. Closing the dialog deletes it. */
export function name(reception, words, send) {
  const image = make("img", { src: `/staff/name/${reception}`, alt: words["name-alt"], class: "name" });
  // scale by an integer to keep the strokes even
  image.addEventListener("load", () => {
    const times = Math.max(1, Math.floor(dialog.querySelector("h2").clientWidth / image.naturalWidth));
    image.width = times * image.naturalWidth;
  });
  const dialog = open("sure wide", words["name-title"], image,
    make("p", {}, words["name-note"]),
    make("div", { class: "row" }, button(words["name-close"], () => dialog.close(), "main")));
  dialog.addEventListener("close", () => send({ type: "close-name", reception }));
}

/** Ask how to handle a result that may be lost. */
export function resolveUncertain(words, reception, send) {
  const answer = (retry) => () => { dialog.close(); send({ type: "hand-over", reception, retry }); };
  const dialog = open("sure", words["uncertain-question"],
    make("p", {}, words["uncertain-hint"]),
    make("div", { class: "row" },
      button(words.back, () => dialog.close()),
      button(words["uncertain-again"], answer(true), "main"),
      button(words["uncertain-close"], answer(false), "danger")));
}

/** Ask which consents to withdraw. */
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
