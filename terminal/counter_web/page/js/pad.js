// Pad for PIN and printed code. Digits are sent to the terminal immediately. The page shows dots and stores no digits.

import { make, sentence } from "./make.js";
import { keySign } from "./signs.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "erase", "0", "enter"];
const LIT = 140;

export function pad(words) {
  return make("div", { class: "pad", role: "group", tabindex: -1, "aria-label": plain(words.pin) }, ...KEYS.map((key) => {
    const word = words[key];
    return make("button", { type: "button", "data-target": `key:${key}`, class: word ? `word ${key}` : "" }, keySign(key), word ? sentence(word) : key);
  }));
}

/** Return a sentence without readings. */
export function plain(text) {
  return text.replace(/\{([^|]+)\|[^}]+\}/g, "$1");
}

/** Return the first incomplete part, or the last part if all are complete. */
export function current(typed) {
  return typed.parts.find((part) => part.filled.includes(false)) ?? typed.parts.at(-1);
}

/** Return the display of typed digits: one row for the PIN, or one row with a heading for each part of the code. */
export function places(typed, words) {
  const single = typed.parts.length === 1;
  const now = current(typed);
  return make("div", { class: "parts" },
    typed.invalidDate ? make("p", { class: "reason" }, sentence(words.invalidDate)) : undefined,
    ...typed.parts.map((part) => make("div", { class: `part${part === now ? " current" : ""}` },
      single ? undefined : make("p", {}, sentence(words[part.id])),
      make("div", { class: `dots${part.filled.length === 6 ? " six pairs" : ""}${single ? "" : " small"}`, role: "img", "aria-label": `${plain(words[part.id])}: ${part.filled.filter(Boolean).length} / ${part.filled.length}` },
        ...part.filled.map((filled, index) => make("i", { class: filled ? "set" : part === now && index === part.filled.indexOf(false) ? "next" : "" }))))));
}

let fading;

/** Highlight all digits, so that bystanders cannot see which one was pressed. */
export function highlightDigits() {
  const keys = document.querySelector(".pad");
  keys?.classList.add("lit");
  clearTimeout(fading);
  fading = setTimeout(() => document.querySelector(".pad")?.classList.remove("lit"), LIT);
}
