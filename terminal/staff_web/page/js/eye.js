// Comparison by eye: card photo and live image side by side, and the decision, confirmed with the password.

import { make } from "/page/js/make.js";
import { button } from "./ask.js";
import { password } from "./connection.js";

export class Eye {
  element = make("section", { id: "eye", hidden: true });
  #card = make("canvas", { width: 480, height: 600 });
  #live = make("canvas", { width: 640, height: 480 });
  #shownKey = "";
  #decoding = false;
  #send;

  constructor(send) {
    this.#send = send;
  }

  /** Show the comparison for this reception, or clear the images. */
  follow(eye, words) {
    const key = eye ? JSON.stringify([eye, words["eye-title"]]) : "";
    if (key === this.#shownKey) return;
    this.#shownKey = key;
    this.#clear();
    this.element.hidden = !eye;
    document.body.classList.toggle("comparing", Boolean(eye));
    this.element.replaceChildren();
    if (!eye) return;
    this.element.append(make("h2", {}, words["eye-title"].replace("{number}", eye.number)));
    if (!eye.allowed) this.element.append(make("p", {}, words["eye-elsewhere"]));
    else if (eye.waits) this.element.append(make("p", {}, eye.waits));
    else this.#compare(eye, words);
  }

  #compare(eye, words) {
    if (eye.photo) {
      this.element.append(make("div", { class: "pictures" },
        make("figure", {}, this.#card, make("figcaption", {}, words["eye-card"])),
        make("figure", {}, this.#live, make("figcaption", {}, words["eye-live"]))));
      for (const [canvas, name] of [[this.#card, "eye-card"], [this.#live, "eye-live"]]) {
        canvas.setAttribute("role", "img");
        canvas.setAttribute("aria-label", words[name]);
      }
      this.#fetchCard(this.#shownKey);
    } else this.element.append(make("p", {}, words["eye-none"]));
    const passwordInput = make("input", { type: "password", id: "eye-password", autocomplete: "off", maxlength: 64 });
    const note = make("p", { class: "note", role: "alert" });
    const reasons = eye.reasons.map((reason, index) => {
      const radio = make("input", { type: "radio", name: "reason", value: reason.id, checked: index === 0 });
      return make("label", { class: "choice" }, radio, reason.label);
    });
    const decide = async (same) => {
      const reason = this.element.querySelector("[name=reason]:checked")?.value ?? "";
      const { ok, wait, content } = await password("/staff/again", passwordInput.value);
      passwordInput.value = "";
      if (ok) this.#send({ type: "decide", reception: eye.reception, same, reason: same ? reason : "", proof: content.proof });
      else note.textContent = wait ? words.wait.replace("{seconds}", wait) : words.wrong;
    };
    const form = make("form", {},
      make("fieldset", {}, make("legend", {}, words["eye-reason"]), ...reasons),
      make("div", { class: "field" }, make("label", { for: "eye-password" }, words["eye-password"]), passwordInput, note),
      make("div", { class: "row" },
        button(words["eye-other"], () => decide(false)),
        button(words["eye-same"], () => decide(true), "main")));
    form.addEventListener("submit", (event) => event.preventDefault());  // there is no default answer
    this.element.append(form);
  }

  async #fetchCard(key) {
    const response = await fetch("/staff/photo", { cache: "no-store" });
    if (!response.ok) return;
    const image = await createImageBitmap(await response.blob());
    if (this.#shownKey === key) {
      this.#card.width = image.width;
      this.#card.height = image.height;
      this.#card.getContext("2d").drawImage(image, 0, 0);
    }
    image.close();
  }

  /** Draw a JPEG and call `done()` when ready for the next one. */
  async picture(blob, done) {
    if (!this.#shownKey || this.#decoding) {
      done();
      return;
    }
    this.#decoding = true;
    try {
      const image = await createImageBitmap(blob);
      if (this.#shownKey) {
        this.#live.width = image.width;
        this.#live.height = image.height;
        this.#live.getContext("2d").drawImage(image, 0, 0);
        this.#live.dataset.drawn = "yes";
      }
      image.close();
    } finally {
      this.#decoding = false;
      done();
    }
  }

  #clear() {
    for (const canvas of [this.#card, this.#live]) {
      canvas.width = canvas.width;  // clears the canvas
      canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
      delete canvas.dataset.drawn;
    }
  }
}
