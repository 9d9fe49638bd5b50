// The pad for PIN and printed code. Digits go to the terminal one by one; here there are dots, and nothing is kept.

import { make, sentence } from "./make.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "erase", "0", "enter"];
const LIT = 140;

export function pad(words) {
  return make("div", { class: "pad", role: "group", "aria-label": plain(words.pin) }, ...KEYS.map((key) => {
    const word = words[key];
    return make("button", { type: "button", "data-target": `key:${key}`, class: word ? `word ${key}` : "" }, word ? sentence(word) : key);
  }));
}

function plain(text) {
  return text.replace(/\{([^|]+)\|[^}]+\}/g, "$1");
}

/** The places for what is typed: one row for the PIN, one with a heading for each part of the code. */
export function places(typed, words) {
  const parts = typed.parts;
  const single = parts.length === 1;
  let open = true;
  return make("div", { class: "parts" },
    typed.noSuchDay ? make("p", { class: "reason" }, sentence(words.noSuchDay)) : undefined,
    ...parts.flatMap((part) => {
      const row = make("div", { class: `dots${part.length === 6 ? " six pairs" : ""}${single ? "" : " small"}`, role: "img",
        "aria-label": `${plain(words[part.id])}: ${part.typed} / ${part.length}` },
      ...Array.from({ length: part.length }, (_, index) => {
        const next = open && index === part.typed;
        return make("i", { class: index < part.typed ? "set" : next ? "next" : "" });
      }));
      if (part.typed < part.length) open = false;
      return single ? [row] : [make("p", {}, sentence(words[part.id])), row];
    }));
}

let fading;

/** Light all digits for any digit. */
export function light() {
  const keys = document.querySelector(".pad");
  keys?.classList.add("lit");
  clearTimeout(fading);
  fading = setTimeout(() => document.querySelector(".pad")?.classList.remove("lit"), LIT);
}
