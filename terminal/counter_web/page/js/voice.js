// Plays what the terminal says: a tone, then sentences one after the other. Something new cuts it short.

import * as tones from "./tones.js";

export class Voice {
  #audio = null;
  #waiting = [];
  #onBlocked;
  #blocked = false;

  /** `onBlocked(blocked)`: whether the browser wants a touch before it lets the page sound. */
  constructor(onBlocked) {
    this.#onBlocked = onBlocked;
  }

  /** `{ clips, tone, volume }` in place of what is playing. */
  say({ clips, tone, volume }) {
    this.stop();
    if (tone) tones.play(tone);
    this.#waiting = clips.map((clip) => {
      const audio = new Audio(`voice/${clip}`);
      audio.preload = "auto";
      audio.volume = volume;
      return audio;
    });
    this.#next();
  }

  /** The same, unless something is being said. */
  remind(message) {
    if (!this.#audio) this.say(message);
    else if (message.tone) tones.play(message.tone);
  }

  stop() {
    this.#waiting = [];
    this.#audio?.pause();
    this.#audio = null;
  }

  /** To be called from a touch or a key: go on with what the browser held back. */
  wake() {
    if (!this.#blocked) return;
    this.#hold(false);
    this.#play();
  }

  #next() {
    this.#audio = this.#waiting.shift() ?? null;
    if (this.#audio) this.#play();
  }

  #play() {
    const audio = this.#audio;
    if (!audio) return;
    const onward = () => { if (this.#audio === audio) this.#next(); };
    audio.onended = onward;
    audio.onerror = onward;
    audio.play().catch((error) => {
      if (this.#audio === audio && error.name === "NotAllowedError") this.#hold(true);
    });
  }

  #hold(blocked) {
    this.#blocked = blocked;
    this.#onBlocked(blocked);
  }
}
