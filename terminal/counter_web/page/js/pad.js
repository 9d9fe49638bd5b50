// The pad for PIN and printed code. Digits are sent to the terminal one by one; the page shows dots and stores nothing.

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

/** Return a sentence without its readings. */
export function plain(text) {
  return text.replace(/\{([^|]+)\|[^}]+\}/g, "$1");
}

/** Return the part that the next digit belongs to, or the last one if everything has been typed. */
export function current(typed) {
  return typed.parts.find((part) => part.filled.includes(false)) ?? typed.parts.at(-1);
}

/** Return the places for typed digits: one row for the PIN, one row with a heading for each part of the code. */
export function places(typed, words) {
  const single = typed.parts.length === 1;
  const now = current(typed);
  return make("div", { class: "parts" },
    typed.noSuchDay ? make("p", { class: "reason" }, sentence(words.noSuchDay)) : undefined,
    ...typed.parts.map((part) => make("div", { class: `part${part === now ? " current" : ""}` },
      single ? undefined : make("p", {}, sentence(words[part.id])),
      make("div", { class: `dots${part.filled.length === 6 ? " six pairs" : ""}${single ? "" : " small"}`, role: "img", "aria-label": `${plain(words[part.id])}: ${part.filled.filter(Boolean).length} / ${part.filled.length}` },
        ...part.filled.map((there, index) => make("i", { class: there ? "set" : part === now && index === part.filled.indexOf(false) ? "next" : "" }))))));
}

let fading;

/** Light up all digits, whichever was pressed. */
export function light() {
  const keys = document.querySelector(".pad");
  keys?.classList.add("lit");
  clearTimeout(fading);
  fading = setTimeout(() => document.querySelector(".pad")?.classList.remove("lit"), LIT);
}
