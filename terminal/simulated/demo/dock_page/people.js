// The trainer's lists: the people on them, who has been played, and how it ended.

import { make } from "/page/js/make.js";

const MARKS = { done: "✓", otherwise: "△", open: "・" };

/** A family is done when all its members are. */
export function standing(book, state, name) {
  const { family } = book.people[name];
  if (family.every((one) => state.done.includes(one))) return "done";
  return family.some((one) => state.otherwise.includes(one)) ? "otherwise" : "open";
}

export function listed(book, state) {
  return book.lists.find((one) => one.id === state.list);
}

export function counted(book, state, words) {
  const { people } = listed(book, state);
  const done = people.filter((name) => standing(book, state, name) === "done").length;
  return words.count.replace("{done}", done).replace("{all}", people.length);
}

export function people({ book, state, language, act }) {
  const words = book.words[language];
  const list = listed(book, state);
  const select = make("select", { id: "list", "data-hand": "list" }, ...book.lists.map((one) => make("option", { value: one.id, selected: one.id === list.id }, titled(one, words, language))));
  select.addEventListener("change", () => act({ type: "list", drill: select.value }));
  return make("section", { class: "list" },
    make("div", { class: "which" }, make("label", { for: "list" }, words.list), select, make("output", {}, counted(book, state, words))),
    make("ul", { class: "people", "aria-label": words.who }, ...list.people.map((name) => make("li", {}, person(name)))));

  function person(name) {
    const how = standing(book, state, name);
    const item = make("button", { type: "button", "aria-current": name === state.current ? "true" : undefined, "data-person": name },
      make("span", { class: `mark ${how}`, role: "img", "aria-label": words[how] }, MARKS[how]),
      make("span", {}, book.people[name][language].who));
    item.addEventListener("click", () => act({ type: "choose", name }));
    return item;
  }
}

/** Return the name of a list and how long it takes. */
export function titled(list, words, language) {
  const name = list.name[language];
  return list.minutes ? `${name} (${words.minutes.replace("{minutes}", list.minutes)})` : name;
}
