// The patient's page: connects the link, the screen, touch and keys.

import * as keys from "./keys.js";
import { holdOn } from "./kiosk.js";
import { Link } from "./link.js";
import { Screen } from "./screen.js";
import * as tones from "./tones.js";
import * as touch from "./touch.js";
import { Voice } from "./voice.js";

const screen = new Screen();
const voice = new Voice((blocked) => screen.silent(blocked));
const veil = document.querySelector("#veil");

function cover(...sentences) {
  veil.className = "up";
  veil.lastElementChild.textContent = sentences.join("\n");
}

const link = new Link({
  onMessage(message) {
    switch (message.type) {
      case "talk": {
        veil.classList.remove("up");
        screen.show(message.talk);
        break;
      }
      case "typed":
        screen.typed(message.pad);
        break;
      case "not-yet":
        screen.early();
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
    screen.picture.show(blob, () => link.send({ type: "shown" }));
  },
  onGone() {
    voice.stop();
    cover(screen.talk?.words.oneMoment ?? "");
    if (screen.talk) screen.picture.follow({ camera: false }, "");
  },
  onRefused(sentences) {
    cover(...sentences);
    veil.firstElementChild.hidden = true;
  },
});

/** Handle a touch or key: refuse it visibly while the screen is new, else send it for the question shown. */
function act(name, button, pressed = "") {
  wake();
  if (!screen.talk || veil.classList.contains("up")) return;
  const [kind, what] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
  if (!screen.settled || (button && kind !== "page" && screen.turning)) {
    screen.early(button);
    return;
  }
  const { serial } = screen.talk;
  if (kind === "page") screen.turnPage(Number(what));
  else if (kind === "foot") screen.turnFoot();
  else if (kind === "key") {
    if (/^[0-9]$/.test(what)) screen.lit();
    link.send({ type: "key", serial, key: what });
  } else link.send({ type: "touch", serial, offer: what, key: pressed });
}

function wake() {
  tones.wake();
  voice.wake();
}

/** Map a key of the numeric pad: to a digit where a pad is shown, else to the key beside a target. */
function meaning(name) {
  const { body, foot, keys: beside, pad: typed } = screen.talk;
  const begun = typed.parts.some((part) => part.filled.includes(true));
  if (body.pad && (/^([0-9]|enter|erase)$/.test(name) || (name === "*" && begun))) return `key:${name === "*" ? "erase" : name}`;
  const offers = [...body.offers, ...foot];
  const offer = [...beside, ...offers].find((one) => one.key === name) ?? offers.find((one) => one.ten === name);
  return offer && `offer:${offer.id}`;
}

touch.listen((button) => act(button.dataset.target, button));
keys.listen((name) => {
  wake();
  if (!screen.talk) return false;
  const target = meaning(name);
  if (target) act(target, undefined, name);
  else link.send({ type: "attend", key: "key" });  // not which key: it may be a late digit of a PIN
  return Boolean(target);
});
addEventListener("pointerdown", () => {
  // paint the target first: starting the sound takes longer than a frame
  requestAnimationFrame(() => setTimeout(wake));
  if (screen.talk?.state === "Idle") link.send({ type: "attend" });
});
addEventListener("resize", () => screen.again());
document.fonts?.addEventListener("loadingdone", () => screen.again());
link.begin();  // removes the code from the history before going back is blocked
holdOn();
