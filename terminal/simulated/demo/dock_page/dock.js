// The dock: who comes, and hands for card, camera and service. The state lives in the demo.

import { Link } from "/page/js/link.js";
import { make } from "/page/js/make.js";

const dock = document.querySelector("#dock");
const veil = document.querySelector("#veil");
const counter = document.querySelector("#counter");
let language = navigator.language.startsWith("ja") ? "ja" : "en";
let state = null;
let open = false;
let asked = null;
let stream = null;

const link = new Link({
  onMessage(message) {
    if (message.type === "ask") {
      asked = message;
      question();
    } else if (message.type === "camera") {
      camera(message.on);
    } else if (message.type === "dock") {
      asked = null;
      state = message;
      veil.textContent = "";
      draw();
    } else if (message.type === "counter") {
      counter.querySelector("iframe")?.remove();
      counter.append(make("iframe", { src: message.address, title: "受付 / the patient's screen" }));
    }
  },
  onPicture() {},
  onGone() {
    counter.querySelector("iframe")?.remove();
    veil.textContent = state?.words[language].oneMoment ?? "…";
  },
  onRefused(sentences) {
    veil.textContent = sentences.join("\n");
  },
});

function draw() {
  document.documentElement.lang = language;
  const words = state.words[language];
  const now = state.people.find((one) => one.name === state.current);
  const told = now[language];
  const list = dock.querySelector(".people")?.scrollTop ?? 0;
  dock.replaceChildren(
    make("header", {}, make("h1", {}, words.title), button(words.language, () => { language = language === "ja" ? "en" : "ja"; draw(); })),
    make("section", { class: "now", "aria-label": words.who },
      make("h2", {}, state.done.length || state.begun ? told.who : `${words.invitation} ${told.who}`),
      make("div", { class: "hands" },
        button(state.cardIn ? words.takeCard : words.putCard, () => act({ type: "card", in: !state.cardIn }), "main"),
        button(words.cover, () => act({ type: "cover", covered: !state.covered }), "", state.covered),
        button(words.silence, () => act({ type: "silence", silent: !state.silent }), "", state.silent)),
      make("ol", {}, ...told.steps.map((step) => make("li", {}, step))),
      answer(words, told)),
    make("ul", { class: "people", "aria-label": words.who }, ...state.people.map((one) => make("li", {}, person(one)))));
  dock.querySelector(".people").scrollTop = list;
}

/** What staff does and how it ends well, hidden until asked. */
function answer(words, told) {
  const details = make("details", { open }, make("summary", {}, words.answer), make("dl", {}, make("dt", {}, words.staff), make("dd", {}, told.staff), make("dt", {}, words.end), make("dd", {}, told.end)));
  details.addEventListener("toggle", () => { open = details.open; });
  return details;
}

function person(one) {
  const done = state.done.includes(one.name);
  const item = button("", () => { open = false; act({ type: "choose", name: one.name }); });
  item.replaceChildren(make("span", { class: "mark" }, done ? "✓" : "・"), make("span", {}, one[language].who));
  if (one.name === state.current) item.setAttribute("aria-current", "true");
  return item;
}

function button(text, onClick, kind = "", pressed = undefined) {
  const element = make("button", { type: "button", class: kind, "aria-pressed": pressed === undefined ? undefined : String(pressed) }, text);
  element.addEventListener("click", onClick);
  return element;
}

/** Before a portrait is taken: what for, where it stays, and a button. */
function question() {
  document.documentElement.lang = language;
  const words = asked.words[language];
  dock.replaceChildren(
    make("header", {}, make("h1", {}, words.question), button(words.language, () => { language = language === "ja" ? "en" : "ja"; question(); })),
    make("section", { class: "now" },
      asked.trouble ? make("p", { class: "trouble", role: "alert" }, asked.trouble) : undefined,
      make("p", {}, words.kept), make("p", {}, words.sit),
      make("div", { class: "hands" }, button(words.take, begin, "main"))));

  async function begin() {
    if (asked.browser) {
      try {
        (await navigator.mediaDevices.getUserMedia({ video: true })).getTracks().forEach((track) => track.stop());
      } catch {
        asked.trouble = words.refused;
        question();
        return;
      }
    }
    dock.querySelector(".hands").replaceChildren(make("p", { role: "status" }, words.taking));
    act({ type: "agree" });
  }
}

/** The browser's camera, on while the terminal looks through it. */
async function camera(on) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  if (!on) return;
  const mine = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  stream = mine;
  const video = make("video");
  video.muted = true;
  video.srcObject = mine;
  await video.play();
  const canvas = make("canvas", { width: 640, height: 480 });
  while (stream === mine) {
    canvas.getContext("2d").drawImage(video, 0, 0, 640, 480);
    const jpeg = await new Promise((done) => canvas.toBlob(done, "image/jpeg", .85));
    await fetch("picture", { method: "POST", body: jpeg }).catch(() => new Promise((done) => setTimeout(done, 500)));
    await new Promise((done) => requestAnimationFrame(done));
  }
}

function act(message) {
  link.send(message);
}

link.begin();
