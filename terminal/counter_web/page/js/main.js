// The patient's page: joins line, screen, fingers and keys.

import * as keys from "./keys.js";
import { holdOn } from "./kiosk.js";
import { Link } from "./link.js";
import { Screen } from "./screen.js";
import * as tones from "./tones.js";
import * as touch from "./touch.js";

const screen = new Screen();
const veil = document.querySelector("#veil");

function cover(...sentences) {
  veil.classList.add("up");
  veil.lastElementChild.textContent = sentences.join("\n");
}

const link = new Link({
  onMessage(message) {
    switch (message.type) {
      case "talk": {
        const before = screen.talk;
        veil.classList.remove("up");
        screen.show(message.talk);
        if (message.talk.sound && before && before.serial !== message.talk.serial && message.talk.body.offers.length) tones.play("question");
        break;
      }
      case "typed":
        screen.typed(message.pad);
        break;
      case "not-yet":
        screen.early();
        break;
      case "tone":
        tones.play(message.name);
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
    cover(screen.talk?.words.oneMoment ?? "");
    if (screen.talk) screen.picture.follow({ camera: false }, "");
  },
  onRefused(sentences) {
    cover(...sentences);
    veil.firstElementChild.hidden = true;
  },
});

/** One touch or key: refused with a sign while the screen is new, else sent for the question that is shown. */
function act(name, button) {
  tones.wake();
  if (!screen.talk || veil.classList.contains("up")) return;
  const [kind, what] = [name.slice(0, name.indexOf(":")), name.slice(name.indexOf(":") + 1)];
  if (!screen.settled) {
    screen.early(button);
    return;
  }
  const { serial } = screen.talk;
  if (kind === "page") screen.turnPage(Number(what));
  else if (kind === "foot") screen.turnFoot();
  else if (kind === "key") {
    if (/^[0-9]$/.test(what)) screen.lit();
    link.send({ type: "key", serial, key: what });
  } else link.send({ type: "touch", serial, offer: what });
}

touch.listen((button) => act(button.dataset.target, button));
keys.listen((name) => {
  if (!screen.talk) return false;
  const { body, foot } = screen.talk;
  const offer = [...body.offers, ...foot].find((one) => one.key === name);
  if (offer) act(`offer:${offer.id}`);
  else if (body.pad && /^([0-9]|enter|erase)$/.test(name)) act(`key:${name}`);
  else return false;
  return true;
});
addEventListener("resize", () => screen.again());
document.fonts?.addEventListener("loadingdone", () => screen.again());
link.begin();  // takes the code out of the history before the way back is blocked
holdOn();
