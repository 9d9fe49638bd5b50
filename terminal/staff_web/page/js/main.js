// Staff page: sign-in, list of receptions, calls and comparison by eye.

import { make } from "/page/js/make.js";
import * as tones from "/page/js/tones.js";
import { button } from "./ask.js";
import { ring } from "./bell.js";
import { Eye } from "./eye.js";
import { Connection, password, sessionStatus } from "./connection.js";
import * as view from "./view.js";

const [head, callList, desk, said] = ["#head", "#calls", "#desk", "#said"].map((id) => document.querySelector(id));
const ACTIVITY_INTERVAL = 20000;
let language = navigator.language.startsWith("en") ? "en" : "ja";
let words = null;
let level = "out";
let latest = {};
let reportedAt = 0;

const send = (message) => connection.send(message);
const eye = new Eye(send);
const connection = new Connection({
  onMessage(message) {
    switch (message.type) {
      case "level":
        words = message.words;
        if (level !== message.level) latest = {};
        level = message.level;
        frame();
        break;
      case "calls":
        latest.calls = message.calls;
        callList.hidden = false;
        callList.className = message.calls.length ? "up" : "";
        callList.replaceChildren(...view.calls(message.calls, words, send));
        ring(message.calls.length, words.title);
        break;
      case "said":
        tell(message.text);
        break;
      default:
        latest[message.type] = message;
        draw(message.type);
    }
  },
  onPicture(blob) {
    eye.picture(blob, () => send({ type: "shown" }));
  },
  onGone: begin,
});

async function begin() {
  const answer = await sessionStatus();
  if (!answer) {
    eye.follow(null, {});
    if (words) tell(words["one-moment"]);
    setTimeout(begin, 1000);
    return;
  }
  said.textContent = "";
  await loadWords();
  if (answer.level === "out") signIn(answer.password);
  else {
    connection.begin(language);
  }
}

/** Load the page texts needed before the connection is open. */
async function loadWords() {
  document.documentElement.lang = language;
  words ??= await (await fetch(`/staff/words/${language}`)).json();
}

function tell(text) {
  said.textContent = text;
  setTimeout(() => { if (said.textContent === text) said.textContent = ""; }, 8000);
}

function frame() {
  document.title = words.title;
  ring(latest.calls?.length ?? 0, words.title);
  head.replaceChildren(make("h1", {}, words.title),
    tones.awake() ? "" : button(words.sound, () => { tones.wake(); setTimeout(frame, 300); }, "sound"),
    button(words.language, () => switchLanguage()),
    level === "acting" ? button(words.lock, () => leave("/staff/lock")) : "",
    level === "out" ? "" : button(words["sign-out"], () => leave("/staff/sign-out")));
  if (level === "watching") {
    eye.follow(null, words);
    desk.replaceChildren(form(words.locked));
  } else if (level === "acting") {
    for (const kind of ["now", "day", "devices", "eye"]) draw(kind);
  }
}

function draw(kind) {
  if (level !== "acting" || !latest[kind]) return;
  if (!desk.querySelector("#left")) desk.replaceChildren(eye.element, make("div", { id: "left" }), make("div", { id: "right" }));
  const key = document.activeElement?.dataset.key;
  const [left, right] = [desk.querySelector("#left"), desk.querySelector("#right")];
  if (kind === "eye") eye.follow(latest.eye.eye, words);
  if (latest.now && latest.day) {
    if (kind === "now" || kind === "day") left.replaceChildren(view.now(latest.now, words, send), view.day(latest.day.rows, latest.day.readable, words, send));
  }
  if (latest.devices && (kind === "devices" || kind === "now")) right.replaceChildren(view.noCard(words, language), view.devices(latest.devices.devices, latest.now?.canStop, words, send));
  if (key) desk.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
}

function signIn(enabled) {
  level = "out";
  latest = {};
  callList.hidden = true;
  frame();
  desk.replaceChildren(enabled ? form("") : make("p", { class: "card" }, words["no-password"]));
}

function form(text) {
  const passwordInput = make("input", { type: "password", id: "password", autocomplete: "off", maxlength: 64, required: true });
  const note = make("p", { class: "note", role: "alert" });
  const entry = make("form", { class: "card" }, text ? make("p", {}, text) : "",
    make("label", { for: "password" }, words["sign-in"]), passwordInput, note,
    make("button", { class: "main" }, words.enter));
  entry.addEventListener("submit", async (event) => {
    event.preventDefault();
    tones.wake();
    const answer = await password("/staff/sign-in", passwordInput.value);
    passwordInput.value = "";
    if (answer.ok) {
      connection.end();
      begin();
    } else note.textContent = answer.wait ? words.wait.replace("{seconds}", answer.wait) : words.wrong;
  });
  setTimeout(() => passwordInput.focus(), 0);
  return entry;
}

async function switchLanguage() {
  language = language === "ja" ? "en" : "ja";
  words = null;
  await loadWords();
  if (!send({ type: "language", language })) begin();
}

async function leave(path) {
  await fetch(path, { method: "POST" });
  connection.end();
  begin();
}

/** Report activity, which extends the session. */
function reportActivity() {
  if (Date.now() - reportedAt < ACTIVITY_INTERVAL) return;
  reportedAt = Date.now();
  send({ type: "activity" });
}
addEventListener("pointerdown", reportActivity);
addEventListener("keydown", reportActivity);
begin();
