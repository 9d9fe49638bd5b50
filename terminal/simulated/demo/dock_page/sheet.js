// The sheet a trainer prints: the list, what is done, what staff should do and say, room for notes.

import { make } from "/page/js/make.js";
import { listed, standing, titled } from "./people.js";

const sheet = document.querySelector("#sheet");

export function printSheet(book, state, language) {
  fill(book, state, language);
  sheet.hidden = false;
  addEventListener("afterprint", () => { sheet.hidden = true; }, { once: true });
  print();
}

function fill(book, state, language) {
  const words = book.words[language];
  const list = listed(book, state);
  sheet.replaceChildren(
    make("h1", {}, `uketsuke - ${titled(list, words, language)}`),
    make("p", {}, `${words.trainee}: ______________________   ${new Date().toLocaleDateString(language)}`),
    make("table", {},
      make("thead", {}, make("tr", {}, ...["", words.who, words.steps, words.staff, words.says, words.end].map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...list.people.map((name) => row(name)))));

  function row(name) {
    const told = book.people[name][language];
    const mark = standing(book, state, name) === "done" ? "☑" : "☐";
    return make("tr", {}, make("td", { class: "box" }, mark), make("td", {}, told.who), make("td", {}, make("ol", {}, ...told.steps.map((step) => make("li", {}, step)))),
      make("td", {}, told.staff), make("td", {}, told.says), make("td", {}, told.end));
  }
}
