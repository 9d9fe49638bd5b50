// The patient's page: connects server link, screen, voice, touch and keys.

import * as keys from "./keys.js";
import { blockBrowserFunctions } from "./kiosk.js";
import { Link } from "./connection.js";
import { Screen } from "./screen.js";
import * as tones from "./tones.js";
import * as touch from "./touch.js";
import { Voice } from "./voice.js";

const screen = new Screen();
const voice = new Voice((blocked) => screen.setSoundBlocked(blocked));
const veil = document.querySelector("#veil");

function cover(...sentences) {
  veil.className = "up";
  veil.lastElementChild.textContent = sentences.join("\n");
}

let newest = null;

/** Draw a talk. The first is drawn in the next frame, because two arrive at the start and only the second is needed. */
function draw(talk) {
  newest = talk;
  if (screen.talk) drawNewest();
  else requestAnimationFrame(() => drawNewest(true));
}

function drawNewest(inFrame = false) {
  if (!newest) return;
  const talk = newest;
  newest = null;
  veil.classList.remove("up");
  screen.show(talk, inFrame);
}

const link = new Link({
  onMessage(message) {
    if (message.type === "talk") {
      draw(message.talk);
      return;
    }
    drawNewest();  // other messages refer to the newest talk
    switch (message.type) {
      case "typed":
        screen.typed(message.pad);
        break;
      case "too-early":
        screen.showTooEarly();
        break;
      case "say":
        voice.say(message);
        break;
      case "remind":
        voice.remind(message);
        break;
      case "occupied":
        cover(...message.words);
        break;
    }
  },
  onPicture(blob) {
    drawNewest();
    screen.preview.show(blob, () => link.send({ type: "shown" }));
  },
  onGone() {
    drawNewest();
    voice.stop();
    cover(screen.talk?.words.oneMoment ?? "");
    if (screen.talk) screen.preview.follow({ camera: false }, "");
  },
  onRefused(sentences) {
    cover(...sentences);
    veil.firstElementChild.hidden = true;
  },
});

/** Handle a touch or key. If the screen is new, show "please touch again". Otherwise send it with the question's serial. */
function act(name, button, pressed = "") {
  wake();
  if (!screen.talk || veil.classList.contains("up")) return;
  const [kind, what] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
  if (!screen.acceptsAnswers || (button && kind !== "page" && screen.isTurning)) {
    screen.showTooEarly(button);
    return;
  }
  const { serial } = screen.talk;
  if (kind === "page") screen.turnPage(Number(what));
  else if (kind === "foot") screen.turnFoot();
  else if (kind === "key") {
    if (/^[0-9]$/.test(what)) screen.highlightDigits();
    link.send({ type: "key", serial, key: what });
  } else link.send({ type: "touch", serial, offer: what, key: pressed });
}

function wake() {
  tones.wake();
  voice.wake();
}

/** Return the target for a key: a digit if a pad is shown, otherwise the offer with this key. */
function targetForKey(name) {
  const { body, foot, keys: hidden, pad: typed } = screen.talk;
  const begun = typed.parts.some((part) => part.filled.includes(true));
  if (body.pad && (/^([0-9]|enter|erase)$/.test(name) || (name === "*" && begun))) return `key:${name === "*" ? "erase" : name}`;
  const offers = [...body.offers, ...foot];
  const offer = [...hidden, ...offers].find(({ key }) => key === name) ?? offers.find(({ keypadKey }) => keypadKey === name);
  return offer && `offer:${offer.id}`;
}

touch.listen((button) => act(button.dataset.target, button));
keys.listen((name) => {
  wake();
  if (!screen.talk) return false;
  const target = targetForKey(name);
  if (target) act(target, undefined, name);
  else link.send({ type: "presence", key: "key" });  // do not send the key, which may be a late PIN digit
  return Boolean(target);
});
addEventListener("pointerdown", () => {
  // paint the target first, because starting the sound takes longer than a frame
  requestAnimationFrame(() => setTimeout(wake));
  if (screen.talk?.state === "Idle") link.send({ type: "presence" });
});
addEventListener("resize", () => screen.redraw());
document.fonts?.addEventListener("loadingdone", () => screen.redraw());
link.begin();  // removes the code from the history, and must run before navigation is blocked
blockBrowserFunctions();
