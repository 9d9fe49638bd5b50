// Draws a talk: steps, what is said, what is offered, foot. Knows no state by name and holds no sentence of its own.

import { make, sentence } from "./make.js";
import { light, pad, places } from "./pad.js";
import { spread } from "./pages.js";
import { Picture } from "./picture.js";
import { card, iconOf, sign } from "./signs.js";
import { stillPressed } from "./touch.js";

const SETTLE = 350;
const EARLY = 1500;
const FEW = 4;

export class Screen {
  #zones = { steps: document.querySelector("#steps"), body: document.querySelector("#body"), foot: document.querySelector("#foot") };
  #drawn = {};
  #page = 0;
  #footPage = 0;
  #settled = Infinity;
  #early = 0;
  picture = new Picture();
  talk = null;

  /** Draw a talk. What did not change stays as it is. */
  show(talk) {
    const before = this.talk;
    this.talk = talk;
    const isNew = !before || before.serial !== talk.serial;
    if (isNew) {
      this.#page = this.#footPage = 0;
      this.#settled = performance.now() + SETTLE;
      // from when it can be seen
      requestAnimationFrame(() => setTimeout(() => { this.#settled = performance.now() + SETTLE; performance.mark("painted", { detail: talk.serial }); }));
    }
    this.#look(talk);
    this.#all();
    if (isNew) this.#zones.body.querySelector("h1")?.focus({ preventScroll: true });
  }

  typed(typed) {
    this.talk.pad = typed;
    this.#zones.body.querySelector(".parts")?.replaceWith(places(typed, this.talk.words));
  }

  /** Whether this screen has been seen long enough to be answered. */
  get settled() {
    return performance.now() >= this.#settled;
  }

  /** Say "not yet" and show where. */
  early(button) {
    this.#early = performance.now() + EARLY;
    button?.classList.remove("early");
    void button?.offsetWidth;
    button?.classList.add("early");
    this.#foot();
    setTimeout(() => this.#foot(), EARLY + 50);
  }

  lit() {
    light();
  }

  turnPage(by) {
    this.#page += by;
    this.#drawn.body = "";
    this.#body();
    this.#zones.body.querySelector("h1:not([hidden])")?.focus({ preventScroll: true });
  }

  turnFoot() {
    this.#footPage += 1;
    this.#drawn.foot = "";
    this.#foot();
  }

  /** Lay everything out again, for another size of window or letters that have arrived. */
  again() {
    this.#drawn = {};
    if (this.talk) this.#all();
  }

  // --- zones ------------------------------------------------------------------------------------------------

  #look(talk) {
    const root = document.documentElement;
    if (root.lang !== talk.language) root.lang = talk.language;
    const look = `${talk.size} ${talk.contrast} ${talk.low} ${talk.language}`;
    if (this.#drawn.look === look) return;
    root.dataset.size = talk.size;
    root.toggleAttribute("data-contrast", talk.contrast);
    root.toggleAttribute("data-low", talk.low);
    this.#page = this.#footPage = 0;
    this.#drawn = { look };
  }

  #all() {
    const focused = document.activeElement?.dataset?.target;
    this.#steps();
    this.#foot();
    this.#body();
    if (focused && document.activeElement === document.body) target(focused)?.focus({ preventScroll: true });
    stillPressed();
  }

  /** Draw a zone if what it shows has changed. */
  #zone(name, shown, drawing) {
    const text = JSON.stringify(shown);
    if (this.#drawn[name] === text) return;
    this.#drawn[name] = text;
    this.#zones[name].replaceChildren(...drawing());
  }

  #steps() {
    const { steps, step, words, body } = this.talk;
    this.#zone("steps", [steps, step, words.mark, body.code], () => [
      make("ol", {}, ...steps.map((name, index) => make("li", { class: index < step ? "done" : "", "aria-current": index === step ? "step" : undefined },
        make("b", { "aria-hidden": "true" }, index < step ? "✓" : String(index + 1)), make("span", {}, sentence(name))))),
      body.code ? make("span", { class: "code" }, body.code) : undefined,
      words.mark ? make("span", { class: "mark" }, words.mark) : undefined,
    ].filter(Boolean));
  }

  #foot() {
    const talk = this.talk;
    if (!talk) return;
    const early = performance.now() < this.#early;
    const loud = early ? talk.words.notYet : talk.warning || talk.notice;
    this.#zone("foot", [talk.foot, loud, talk.card, this.#footPage, talk.words.more], () => {
      const said = loud || talk.card;
      const state = make("div", { class: `state${loud ? " loud" : ""}`, role: "status" }, said && !loud ? card() : undefined, make("span", {}, sentence(said)));
      return [state, ...talk.foot.map((offer, index) => this.#offer(offer, `quiet${index === talk.foot.length - 1 ? " last" : ""}`))];
    });
    this.#fitFoot();
  }

  #fitFoot() {
    const foot = this.#zones.foot;
    const buttons = [...foot.querySelectorAll("button")];
    if (foot.scrollWidth <= foot.clientWidth + 1 || buttons.length < 3 || foot.querySelector(".more")) return;
    // The last one, staff, always stays; the others take turns.
    const more = make("button", { type: "button", class: "quiet more", "data-target": "foot:1" }, sentence(this.talk.words.more));
    buttons.at(-1).before(more);
    const pages = [];
    let rest = buttons.slice(0, -1);
    while (rest.length) {
      for (const button of buttons.slice(0, -1)) button.hidden = !rest.includes(button);
      let count = rest.length;
      while (count > 1 && foot.scrollWidth > foot.clientWidth + 1) rest[--count].hidden = true;
      pages.push(rest.slice(0, count));
      rest = rest.slice(count);
    }
    const shown = pages[this.#footPage % pages.length];
    for (const button of buttons.slice(0, -1)) button.hidden = !shown.includes(button);
  }

  #body() {
    const { body, pad: typed, words, serial } = this.talk;
    const zone = this.#zones.body;
    this.picture.follow(body, words.camera);
    const { progress, towards, ...said } = body;
    const text = JSON.stringify([said, typed.parts.map((part) => part.id), typed.noSuchDay, serial, words.next]);
    if (this.#drawn.body === text) return;
    this.#drawn.body = text;
    const live = body.camera && !body.photo;
    zone.className = [live || body.pad ? "split" : "", live ? "camera" : "", body.pad ? "with-pad" : ""].filter(Boolean).join(" ");
    const pinned = body.pad ? [places(typed, words)] : [];
    const blocks = this.#sayings(body);
    const offers = this.#offers(body);
    const column = make("div", { class: "words" });
    if (live || body.pad) {
      column.append(...this.#inOrder(blocks, pinned), ...offers);
      zone.replaceChildren(...(live ? [this.picture.element, column] : [column, pad(words)]));
    } else {
      const drawing = sign(body.sign);
      if (drawing && body.offers.length) {
        column.classList.add("beside");
        column.append(make("div", { class: "said" }, ...blocks), drawing);
      } else column.append(...blocks, ...(drawing ? [drawing] : []));
      zone.replaceChildren(column, ...offers);
    }
    this.#fit(zone, column, blocks, pinned, offers);
  }

  /** The question stands above what is typed, everything else below it. */
  #inOrder(blocks, pinned) {
    const question = blocks.findIndex((block) => block.tagName === "H1");
    return [...blocks.slice(0, question + 1), ...pinned, ...blocks.slice(question + 1)];
  }

  /** Tighter first, pages second. */
  #fit(zone, column, blocks, pinned, offers) {
    const fits = () => column.scrollHeight <= column.clientHeight + 1 && zone.scrollHeight <= zone.clientHeight + 1;
    if (fits()) return;
    zone.classList.add("tight");
    if (fits()) return;
    if (column.classList.contains("beside")) {
      column.classList.remove("beside");
      column.replaceChildren(...blocks);
      if (fits()) return;
    }
    for (const offer of offers) if (offer.parentElement === zone) column.append(offer);
    const [shown] = spread(column, [...blocks, ...offers], pinned, this.#page, this.talk.words);
    this.#page = shown;
  }

  #sayings(body) {
    const blocks = [];
    const choices = body.lines.filter((line) => line.kind === "choice");
    blocks.push(...body.lines.filter((line) => line.kind === "reason").map((line) => make("p", { class: "reason" }, sentence(line.text))));
    blocks.push(make("h1", { tabindex: -1 }, sentence(body.question)));
    blocks.push(...body.lines.filter((line) => line.kind === "call").map((line) => make("p", { class: "call" }, sentence(line.text))));
    if (choices.length) blocks.push(make("ul", { class: `topics${choices.length > FEW ? " long" : ""}` }, ...choices.map((line) => make("li", {}, make("span", {}, sentence(line.text))))));
    blocks.push(...body.lines.filter((line) => line.kind === "hint").map((line) => make("p", { class: "hint" }, sentence(line.text))));
    return blocks;
  }

  #offers(body) {
    if (!body.offers.length) return [];
    const many = body.offers.length > FEW || body.sign === "put-card";
    return [make("div", { class: `offers${many ? " many" : ""}` }, ...body.offers.map((offer) => this.#offer(offer, many ? "quiet" : `answer${offer.back ? " back" : ""}`)))];
  }

  #offer(offer, kind) {
    const key = offer.key.length === 1 && kind.startsWith("answer") ? make("kbd", { "aria-hidden": "true" }, offer.key.toUpperCase()) : undefined;
    return make("button", { type: "button", class: kind, "data-target": `offer:${offer.id}`, "data-offer": offer.id, lang: offer.lang },
      key, kind.startsWith("answer") ? iconOf(offer.id) : undefined, make("span", {}, sentence(offer.label)),
      offer.hint ? make("small", {}, sentence(offer.hint)) : undefined);
  }
}

function target(name) {
  return [...document.querySelectorAll("button[data-target]")].find((button) => button.dataset.target === name);
}
