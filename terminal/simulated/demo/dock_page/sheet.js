// The trainer's printed sheet: the list with outcomes, steps and instructions for staff.

import { make } from "/page/js/make.js";
import { currentList, outcome, listTitle } from "./people.js";

const sheet = document.querySelector("#sheet");

export function printSheet(book, state, language) {
  fill(book, state, language);
  sheet.hidden = false;
  addEventListener("afterprint", () => { sheet.hidden = true; }, { once: true });
  print();
}

function fill(book, state, language) {
  const words = book.words[language];
  const list = currentList(book, state);
  sheet.replaceChildren(
    make("h1", {}, `uketsuke - ${listTitle(list, words, language)}`),
    make("p", {}, `${words.trainee}: ______________________   ${new Date().toLocaleDateString(language)}`),
    make("table", {},
      make("thead", {}, make("tr", {}, ...["", words.who, words.steps, words.staff, words.says, words.end].map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...list.people.map((name) => row(name)))));

  function row(name) {
    const texts = book.people[name][language];
    const mark = outcome(book, state, name) === "done" ? "☑" : "☐";
    return make("tr", {}, make("td", { class: "box" }, mark), make("td", {}, texts.who), make("td", {}, make("ol", {}, ...texts.steps.map((step) => make("li", {}, step)))),
      make("td", {}, texts.staff), make("td", {}, texts.says), make("td", {}, texts.end));
  }
}
