// The trainer's lists: the people on them and the outcomes of their visits.

import { make } from "/page/js/make.js";

const MARKS = { done: "✓", unexpected: "△", open: "・" };

/** Return "done", "unexpected" or "open". A family is done when all its members are done. */
export function outcome(book, state, name) {
  const { family } = book.people[name];
  if (family.every((member) => state.done.includes(member))) return "done";
  return family.some((member) => state.unexpected.includes(member)) ? "unexpected" : "open";
}

export function currentList(book, state) {
  return book.lists.find((list) => list.id === state.list);
}

export function progress(book, state, words) {
  const { people } = currentList(book, state);
  const done = people.filter((name) => outcome(book, state, name) === "done").length;
  return words.count.replace("{done}", done).replace("{all}", people.length);
}

export function people({ book, state, language, act }) {
  const words = book.words[language];
  const list = currentList(book, state);
  const option = (entry) => make("option", { value: entry.id, selected: entry.id === list.id }, listTitle(entry, words, language));
  const select = make("select", { id: "list", "data-hand": "list" }, ...book.lists.map(option));
  select.addEventListener("change", () => act({ type: "list", drill: select.value }));
  return make("section", { class: "list" },
    make("div", { class: "which" }, make("label", { for: "list" }, words.list), select, make("output", {}, progress(book, state, words))),
    make("ul", { class: "people", "aria-label": words.who }, ...list.people.map((name) => make("li", {}, person(name)))));

  function person(name) {
    const mark = outcome(book, state, name);
    const item = make("button", { type: "button", "aria-current": name === state.current ? "true" : undefined, "data-person": name },
      make("span", { class: `mark ${mark}`, role: "img", "aria-label": words[mark] }, MARKS[mark]),
      make("span", {}, book.people[name][language].who));
    item.addEventListener("click", () => act({ type: "choose", name }));
    return item;
  }
}

/** Return the name of a list with its duration. */
export function listTitle(list, words, language) {
  const name = list.name[language];
  return list.minutes ? `${name} (${words.minutes.replace("{minutes}", list.minutes)})` : name;
}
