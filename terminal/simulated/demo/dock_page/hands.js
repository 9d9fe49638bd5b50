// Controls for cards, devices and service.

import { make } from "/page/js/make.js";

const SERVICES = ["normal", "silent", "slow", "lying"];

/** Return the buttons. A button for a lasting condition is shown as pressed while the condition applies. */
export function hands({ book, state, words, act, expanded }) {
  const button = (hand, text, message, { kind = "", pressed, disabled = false } = {}) => {
    const element = make("button", {
      type: "button", class: kind, "data-hand": hand, disabled,
      "aria-pressed": pressed === undefined ? undefined : String(pressed),
    }, text);
    element.addEventListener("click", () => act(message));
    return element;
  };
  const noCard = !state.card;
  const out = state.readerOut;
  const more = make("details", { open: expanded.more }, make("summary", {}, words.more),
    make("div", { class: "hands" },
      button("other", words.otherCard, { type: "card", card: book.other }, { disabled: !noCard || out }),
      state.second ? button("second", words.takeSecond, { type: "take-second" }, { pressed: true })
        : button("second", words.twoCards, { type: "card", card: state.current, two: true }, { disabled: !noCard || out }),
      button("hold", words.hold, { type: "hold", on: !state.held }, { pressed: state.held, disabled: out }),
      button("cover", words.cover, { type: "cover", on: !state.covered }, { pressed: state.covered }),
      button("camera", words.cameraOut, { type: "unplug", device: "camera", on: !state.cameraOut }, { pressed: state.cameraOut }),
      button("reader", words.readerOut, { type: "unplug", device: "reader", on: !out }, { pressed: out }),
      button("clock", words.clockSlow, { type: "clock", on: !state.clockSlow }, { pressed: state.clockSlow }),
      button("power", words.power, { type: "power" }),
      state.ownFace === null ? undefined : button("own-face", words.ownFace, { type: "own-face", on: !state.ownFace }, { pressed: state.ownFace })),
    make("div", { class: "service", role: "group", "aria-label": words.service }, make("span", {}, words.service),
      ...SERVICES.map((mode) => button(`service-${mode}`, words[mode], { type: "service", service: mode }, { pressed: state.service === mode }))));
  more.addEventListener("toggle", () => { expanded.more = more.open; });
  return make("div", {},
    make("div", { class: "hands" },
      noCard ? button("card", words.putCard, { type: "card", card: state.current }, { kind: "main", disabled: out })
        : button("card", words.takeCard, { type: "card", card: "" }, { kind: "main" }),
      ...nextFamilyMember(state).map((name) => button("next-card", words.nextCard, { type: "card", card: name }, { disabled: !noCard || out })),
      button("next", words.next, { type: "choose", name: state.next }),
      button("reset", words.reset, { type: "reset" })),
    more);
}

/** Return the family member whose card is put down next, as a list of at most one name. */
function nextFamilyMember(state) {
  const waiting = state.family.slice(1).filter((name) => !state.done.includes(name) && name !== state.card);
  return waiting.slice(0, 1);
}
