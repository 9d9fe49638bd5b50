// The dock: controls for patient, card, devices, service and clock. All state is stored in the demo.

import { Link } from "/page/js/connection.js";
import { make } from "/page/js/make.js";
import { hands } from "./hands.js";
import { ask, camera } from "./own-face.js";
import { people } from "./people.js";
import { printSheet } from "./sheet.js";

const dock = document.querySelector("#dock");
const veil = document.querySelector("#veil");
const counter = document.querySelector("#counter");
let language = navigator.language.startsWith("ja") ? "ja" : "en";
let book = null;
let state = null;
let question = null;
/** Whether each section is expanded. */
const expanded = { answer: false, more: false, staff: false };
let addresses = {};

const link = new Link({
  onMessage(message) {
    if (message.type === "ask") {
      question = message;
      draw();
    } else if (message.type === "camera") {
      camera(message.on);
    } else if (message.type === "book") {
      book = message;
    } else if (message.type === "dock") {
      question = null;
      const changed = state?.current !== message.current;
      state = message;
      if (changed) patientChanged();
      veil.textContent = "";
      draw();
    } else if (message.type === "counter") {
      addresses = message;
      frames();
    }
  },
  onPicture() {},
  onGone() {
    counter.querySelectorAll("iframe").forEach((frame) => frame.remove());
    veil.textContent = book?.words[language].oneMoment ?? "…";
  },
  onRefused(sentences) {
    veil.textContent = sentences.join("\n");
  },
});

/** Show the patient's screen and, if expanded, the staff page. Reload both, because each code is valid only once. */
function frames() {
  counter.querySelectorAll("iframe").forEach((frame) => frame.remove());
  document.body.classList.add("with-counter");
  counter.append(make("iframe", { class: "patient", src: addresses.address, title: "受付 / the patient's screen" }));
  showStaffPage();
}

/** Hide the answer, and expand the staff page if the new patient needs staff. */
function patientChanged() {
  expanded.answer = false;
  if (book?.people[state.current].staff && addresses.staff && !expanded.staff) {
    expanded.staff = true;
    showStaffPage();
  }
}

function showStaffPage() {
  document.body.classList.toggle("two", expanded.staff);
  counter.querySelector(".staff")?.remove();
  if (expanded.staff) counter.append(make("iframe", { class: "staff", src: addresses.staff, title: "係員の画面 / staff page" }));
}

const act = (message) => link.send(message);

function draw() {
  document.documentElement.lang = language;
  if (question) {
    dock.replaceChildren(...ask(question, question.words[language], act, languageButton));
    return;
  }
  if (!book || !state) return;
  const words = book.words[language];
  const focused = document.activeElement?.dataset?.hand;
  const scrolled = dock.querySelector(".people")?.scrollTop ?? 0;
  dock.replaceChildren(
    make("header", {}, make("h1", {}, words.title), staffButton(words), plainButton(words.print, () => printSheet(book, state, language)), languageButton(words)),
    currentPatient(words),
    people({ book, state, language, act }));
  dock.querySelector(".people").scrollTop = scrolled;
  if (focused) dock.querySelector(`[data-hand="${focused}"]`)?.focus();
}

/** Return the section about the current patient: story, steps, controls and the collapsed answer. */
function currentPatient(words) {
  const texts = book.people[state.current][language];
  return make("section", { class: "now", "aria-label": words.who },
    make("h2", {}, state.begun || state.current !== book.lists[0].people[0] ? texts.who : words.invitation),
    state.problem ? make("p", { class: "problem", role: "alert" }, state.problem) : undefined,
    make("ol", { "aria-label": words.steps }, ...texts.steps.map((step) => make("li", {}, step))),
    hands({ book, state, words, act, expanded }),
    collapsible("answer", words.answer, make("dl", {},
      make("dt", {}, words.staff), make("dd", {}, texts.staff),
      make("dt", {}, words.says), make("dd", {}, texts.says),
      make("dt", {}, words.end), make("dd", {}, texts.end))));
}

function collapsible(name, title, content) {
  const details = make("details", { open: expanded[name] }, make("summary", {}, title), content);
  details.addEventListener("toggle", () => { expanded[name] = details.open; });
  return details;
}

function staffButton(words) {
  if (!addresses.staff) return undefined;
  const button = plainButton(words.staffPage, () => { expanded.staff = !expanded.staff; showStaffPage(); draw(); });
  button.setAttribute("aria-pressed", String(expanded.staff));
  button.dataset.hand = "staff";
  return button;
}

/** Return the button for the other language. */
function languageButton(words) {
  return plainButton(words.language, () => { language = language === "ja" ? "en" : "ja"; draw(); });
}

function plainButton(text, onClick) {
  const element = make("button", { type: "button" }, text);
  element.addEventListener("click", onClick);
  return element;
}

link.begin();
