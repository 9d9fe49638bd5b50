// Draws a talk: steps, text, offers and footer. Contains no text and no state-specific code.

import { make, sentence } from "./make.js";
import { current, highlightDigits, pad, places, plain } from "./pad.js";
import { ALONE, alignKeys, fits, hasWrappedLabel, narrow, spread } from "./pages.js";
import { Preview } from "./preview.js";
import { card, answerIcon, loudspeaker, sign } from "./signs.js";
import { restorePressed } from "./touch.js";

const EARLY = 1500;
const FEW = 4;
/** Maximum fraction of the column height used by the text if targets are enlarged. */
const ROOMY = 0.65;
const KEYPAD_LABELS = { enter: "⏎", "*": "✱", "-": "−" };

export class Screen {
  #zones = { steps: document.querySelector("#steps"), body: document.querySelector("#body"), foot: document.querySelector("#foot") };
  #drawn = {};
  #page = 0;
  #footPage = 0;
  #acceptsFrom = Infinity;
  #early = 0;
  #turnedAt = -Infinity;
  #loud = "";
  #firstFoot = [];
  #soundBlocked = false;
  preview = new Preview();
  talk = null;

  /** Draw a talk. Unchanged zones are not redrawn. `inFrame`: called in an animation frame, so that the next paint shows it. */
  show(talk, inFrame) {
    const before = this.talk;
    this.talk = talk;
    const isNew = !before || before.serial !== talk.serial;
    if (isNew) {
      this.#page = this.#footPage = 0;
      this.#firstFoot = talk.foot.map((offer) => offer.id);
      // count from the moment the screen is visible, because a slow tablet may take longer than this to draw
      this.#acceptsFrom = Infinity;
      const visible = () => setTimeout(() => {
        if (this.talk.serial !== talk.serial) return;
        this.#acceptsFrom = performance.now() + talk.settles;
        performance.clearMarks("painted");  // otherwise marks would accumulate
        performance.mark("painted", { detail: talk.serial });
      });
      if (inFrame) visible();
      else requestAnimationFrame(visible);
    }
    this.#applyDisplay(talk);
    this.#drawAll();
    if (isNew) this.#zones.body.querySelector("h1")?.focus({ preventScroll: true });
  }

  /** Update the typed digits and show their page. */
  typed(typed) {
    this.talk.pad = typed;
    this.#zones.body.querySelector(".parts")?.replaceWith(places(typed, this.talk.words));
    if (this.#zones.body.querySelector(".pad-page[hidden]")) {
      this.#page = ALONE;
      this.#drawn.body = "";
    }
    this.#body();
  }

  /** Return whether this screen has been visible long enough to be answered. */
  get acceptsAnswers() {
    return performance.now() >= this.#acceptsFrom;
  }

  /** Return whether a touch may be a second tap on the button that turned the page. */
  get isTurning() {
    return performance.now() < this.#turnedAt + this.talk.settles;
  }

  /** Show "please touch again" at the touched button, or at the complete pad for a digit. */
  showTooEarly(button) {
    const touched = button?.matches(".pad button:not(.word)") ? button.parentElement : button;
    this.#early = performance.now() + EARLY;
    touched?.classList.remove("early");
    void touched?.offsetWidth;
    touched?.classList.add("early");
    this.#footChanged();
    setTimeout(() => this.#footChanged(), EARLY + 50);
  }

  /** Show whether the browser requires a touch before this page may play sound. */
  setSoundBlocked(blocked) {
    this.#soundBlocked = blocked;
    if (this.talk) this.#footChanged();
  }

  highlightDigits() {
    highlightDigits();
  }

  turnPage(by) {
    this.#page += by;
    this.#turnedAt = performance.now();
    this.#drawn.body = "";
    this.#body();
    this.#zones.body.querySelector("h1:not([hidden]), .pad-page:not([hidden]) .pad")?.focus({ preventScroll: true });
  }

  turnFoot() {
    this.#footPage += 1;
    this.#drawn.foot = "";
    this.#footChanged();
  }

  /** Redraw all zones after a resize or after fonts were loaded. */
  redraw() {
    this.#drawn = {};
    if (this.talk) this.#drawAll();
  }

  // --- zones ------------------------------------------------------------------------------------------------

  #applyDisplay(talk) {
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

  #drawAll() {
    this.#keepFocus(() => {
      this.#steps();
      this.#foot();
      this.#body();
    });
  }

  /** Redraw the footer, and the body in the remaining space. */
  #footChanged() {
    this.#keepFocus(() => {
      this.#foot();
      if (this.talk) this.#body();
    });
  }

  #keepFocus(draw) {
    const focused = document.activeElement?.dataset?.target;
    draw();
    if (focused && document.activeElement === document.body) target(focused)?.focus({ preventScroll: true });
    restorePressed();
  }

  /** Draw a zone if its content has changed. */
  #zone(name, shown, drawing) {
    const text = JSON.stringify(shown);
    if (this.#drawn[name] === text) return;
    this.#drawn[name] = text;
    this.#zones[name].replaceChildren(...drawing());
  }

  #steps() {
    const { steps, step, words, body } = this.talk;
    const again = this.talk.low ? "" : this.#again();
    this.#zone("steps", [steps, step, words.mark, body.code, again], () => [
      make("ol", {}, ...steps.map((name, index) => make("li", { class: index < step ? "done" : "", "aria-current": index === step ? "step" : undefined },
        make("b", { "aria-hidden": "true" }, index < step ? "✓" : String(index + 1)), make("span", {}, sentence(name))))),
      again ? this.#speaker("again", again) : undefined,
      body.code ? make("span", { class: "code" }, body.code) : undefined,
      words.mark ? make("span", { class: "mark" }, words.mark) : undefined,
    ].filter(Boolean));
  }

  /** Return the label of the button that repeats the speech, or "" if the voice is off. */
  #again() {
    return this.talk.keys.some((offer) => offer.id === "again") ? plain(this.talk.words.again) : "";
  }

  #speaker(kind, name) {
    return make("button", { type: "button", class: kind, "data-target": "offer:again", "aria-label": name }, loudspeaker());
  }

  #foot() {
    const talk = this.talk;
    if (!talk) return;
    const early = performance.now() < this.#early;
    const loud = early ? talk.words.tooEarly : talk.warning || talk.notice || (this.#soundBlocked ? talk.words.sound : "");
    if (loud !== this.#loud) this.#footPage = 0;
    this.#loud = loud;
    const again = talk.low ? this.#again() : "";
    this.#zone("foot", [talk.foot, loud, talk.card, this.#footPage, talk.words.more, again], () => {
      const said = loud || talk.card;
      const state = make("div", { class: `state${loud ? " loud" : ""}`, role: "status" }, said && !loud ? card() : undefined, make("span", {}, sentence(said)));
      const buttons = talk.foot.map((offer, index) => this.#offer(offer, `quiet${index === talk.foot.length - 1 ? " last" : ""}`));
      if (again) buttons.splice(-1, 0, this.#speaker("quiet speaker", again));
      return [state, make("div", { class: "buttons" }, ...buttons)];
    });
    this.#fitFoot();
  }

  /** Rotate footer content that does not fit, new content first. The last button, for staff, is always visible. */
  #fitFoot() {
    const [zone, row] = [this.#zones.foot, this.#zones.foot.querySelector(".buttons")];
    const all = () => fits(row) && fits(zone) && [...zone.querySelectorAll(".state, button")].every(fits);
    if (row.matches(".turning") || all()) return;
    const state = zone.querySelector(".state");
    const buttons = [...row.querySelectorAll("button")];
    const turns = [state, ...buttons.slice(0, -1).sort((left, right) => this.#isOld(left) - this.#isOld(right))];
    const more = make("button", { type: "button", class: "quiet more", "data-target": "foot:1" }, sentence(this.talk.words.more));
    buttons.at(-1)?.before(more);
    row.classList.add("turning");
    const pages = [];
    const show = (shown) => turns.forEach((part) => { part.hidden = !shown.includes(part); });
    for (let rest = turns; rest.length; rest = rest.slice(pages.at(-1).length)) {
      let count = rest.length;
      show(rest);
      while (count > 1 && !all()) show(rest.slice(0, --count));
      pages.push(rest.slice(0, count));
    }
    show(pages[this.#footPage % pages.length]);
    if (pages.length === 1) more.remove();
  }

  #isOld(button) {
    return this.#firstFoot.includes(button.dataset.offer) ? 1 : 0;
  }

  #body() {
    const { body, pad: typed, words, serial } = this.talk;
    const zone = this.#zones.body;
    this.preview.follow(body, words.camera);
    const { progress, towards, ...still } = body;
    const text = JSON.stringify([still, current(typed)?.id, typed.invalidDate, serial, words.next, zone.clientHeight]);
    if (this.#drawn.body === text) return;
    this.#drawn.body = text;
    const { size, low } = this.talk;
    const isPortrait = size === "normal" && matchMedia("(orientation: portrait)").matches;
    const placements = size === "largest" ? ["apart"] : low ? ["docked", "apart"] : isPortrait ? ["beside", "docked", "turned"] : ["turned"];
    placements.some((place, index) => this.#drawBody(zone, place, index === placements.length - 1));
  }

  /**
   * Draw the body and return whether it fits. `place` is the position of the pad: beside the question, docked in the
   * lower half with the offers, apart on a separate page, or turned (beside a question that is split into pages).
   */
  #drawBody(zone, place, last) {
    const { body, pad: typed, words } = this.talk;
    const live = body.camera && !body.photo;
    const alone = body.pad && place === "apart" ? this.#padPage(typed, words) : undefined;
    const beside = body.pad && !alone;
    zone.className = [live || beside ? "split" : "", live ? "camera" : "", beside ? "with-pad" : ""].filter(Boolean).join(" ");
    const pinned = beside ? [places(typed, words)] : [];
    const blocks = this.#textBlocks(body);
    const offers = this.#offers(body);
    const said = make("div", { class: "said" });
    const column = make("div", { class: "words" }, said);
    const dock = beside && place === "docked" ? make("div", { class: "dock" }, pad(words), ...offers) : undefined;
    if (alone) {
      said.append(...blocks, alone, ...offers);
      zone.replaceChildren(column);
    } else if (dock) {
      said.append(...this.#inOrder(blocks, pinned));
      zone.replaceChildren(column, dock);
    } else if (live || beside) {
      said.append(...this.#inOrder(blocks, pinned), ...offers);
      zone.replaceChildren(...(live ? [this.preview.element, column] : [column, pad(words)]));
    } else {
      said.append(...blocks);
      const listed = offers.length && body.lines.some((line) => line.kind === "choice");
      const drawing = listed ? undefined : sign(body.sign);
      const beside = offers.length && this.talk.size !== "largest";
      column.classList.toggle("beside", Boolean(drawing && beside));
      if (drawing) (beside ? column : said).append(drawing);
      zone.replaceChildren(column, ...offers);
    }
    narrow(said.querySelector("h1"));
    if (!alone) return this.#fit(zone, column, said, blocks, offers, dock, last || !body.pad);
    this.#onPages(column, said, { said: blocks, offers, alone });
    return true;
  }

  /** Return the separate page with the pad, used for double size. */
  #padPage(typed, words) {
    return make("div", { class: `pad-page${this.talk.low ? " flat" : ""}` }, make("div", { class: "entry" }, places(typed, words)), pad(words));
  }

  #onPages(column, said, blocks) {
    column.classList.add("paged");
    this.#page = spread(said, blocks, this.#page, this.talk.words);
  }

  /** Insert the typed digits below the question and above all other blocks. */
  #inOrder(blocks, pinned) {
    const question = blocks.findIndex((block) => block.tagName === "H1");
    return [...blocks.slice(0, question + 1), ...pinned, ...blocks.slice(question + 1)];
  }

  /**
   * Fit the content: enlarge targets if there is space. Otherwise reduce margins, remove the drawing and split into
   * pages, in this order. Unless `mayTurn`, return false instead of removing the drawing. `dock` contains pad and offers.
   */
  #fit(zone, column, said, blocks, offers, dock, mayTurn) {
    const parts = dock ? [said, column, zone, dock, ...dock.querySelectorAll(".offers, button")] : [said, column, zone];
    const allFit = () => {
      offers.forEach(alignKeys);
      return parts.every(fits);
    };
    const textHeight = () => [...said.children].reduce((sum, block) => sum + block.offsetHeight, 0);
    if (this.talk.size === "normal") {
      zone.classList.add("roomy");
      if (allFit() && textHeight() < column.clientHeight * ROOMY) return true;
      zone.classList.remove("roomy");
    }
    for (const offer of offers) {
      if (this.talk.size === "normal" || !hasWrappedLabel(offer)) continue;
      offer.classList.add("stacked");
      if (!allFit() && offer.parentElement === zone) zone.classList.add("tight");
    }
    if (allFit()) return true;
    zone.classList.add("tight");
    if (allFit()) return true;
    zone.classList.add("tighter");
    if (allFit()) return true;
    if (!mayTurn) return false;
    column.classList.remove("beside");
    column.replaceChildren(said);
    if (allFit()) return true;
    column.classList.add("paged");
    if (allFit()) return true;
    if (this.talk.size === "largest") zone.classList.add("smaller-picture");
    for (const offer of offers) if (offer.parentElement === zone) said.append(offer);
    if (allFit()) return true;
    this.#onPages(column, said, { said: blocks, offers });
    return true;
  }

  /** Return the blocks of text: the reason for this screen, the question and all other lines. */
  #textBlocks(body) {
    const said = (line) => make("p", { class: line.kind, lang: line.lang }, sentence(line.text));
    const blocks = body.lines.filter((line) => line.kind === "reason").map(said);
    blocks.push(make("h1", { tabindex: -1 }, sentence(body.question)));
    let list;
    const rest = body.lines.filter((line) => line.kind !== "reason");
    const choices = rest.filter((line) => line.kind === "choice").length;
    const shape = choices > FEW ? " long" : choices === FEW ? " pairs" : "";
    for (const line of rest) {
      if (line.kind !== "choice") {
        list = undefined;
        blocks.push(said(line));
        continue;
      }
      if (!list) blocks.push((list = make("ul", { class: `topics${shape}` })));
      list.append(make("li", {}, make("span", {}, sentence(line.text))));
    }
    return blocks;
  }

  #offers(body) {
    if (!body.offers.length) return [];
    const { offers } = body;
    const last = this.talk.step === this.talk.steps.length - 1 && offers.length > 1;
    const calm = offers.length > FEW || body.sign === "put-card" || body.lines.some((line) => line.kind === "call") || last;
    const beside = body.pad || body.camera;
    const kind = (offer) => (calm ? "quiet" : `answer${offer.back || beside ? " back" : ""}`);
    const row = calm && offers.length > FEW ? ` rows-of-${Math.ceil(offers.length / 2)}` : "";
    return [make("div", { class: `offers${calm ? " many" : ""}${row}${offers.length === 1 ? " single" : ""}` }, ...offers.map((offer) => this.#offer(offer, kind(offer), !beside)))];
  }

  /** Return the key displayed on a target: a digit or another key on the numeric keypad. */
  #keyLabel({ key, keypadKey }, kind) {
    if (this.talk.keypad) return /^[0-9]$/.test(key) ? key : KEYPAD_LABELS[keypadKey] ?? keypadKey;
    return key.length === 1 && kind.startsWith("answer") ? key.toUpperCase() : "";
  }

  /** Return the button for an offer. Icons are omitted unless `drawn`. */
  #offer(offer, kind, drawn = false) {
    const shown = this.#keyLabel(offer, kind);
    const key = shown ? make("kbd", { "aria-hidden": "true" }, shown) : undefined;
    return make("button", { type: "button", class: kind, "data-target": `offer:${offer.id}`, "data-offer": offer.id, lang: offer.lang },
      key, drawn && kind.startsWith("answer") ? answerIcon(offer.id) : undefined, make("span", {}, sentence(offer.label)),
      offer.hint ? make("small", {}, sentence(offer.hint)) : undefined,
      offer.names ? make("small", { class: "names" }, ...offer.names.map((name) => make("span", { lang: name.lang }, sentence(name.text)))) : undefined);
  }
}

function target(name) {
  return [...document.querySelectorAll("button[data-target]")].find((button) => button.dataset.target === name);
}
