// Plays what the terminal says: a tone, then sentences one after the other. Something new cuts it short.

import * as tones from "./tones.js";

export class Voice {
  #audio = null;
  #following = null;
  #clips = [];
  #volume = 1;
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
    this.#clips = [...clips];
    this.#volume = volume;
    this.#next();
  }

  /** The same, unless something is being said. */
  remind(message) {
    if (!this.#audio) this.say(message);
    else if (message.tone) tones.play(message.tone);
  }

  stop() {
    for (const audio of [this.#audio, this.#following]) letGo(audio);
    this.#clips = [];
    this.#audio = this.#following = null;
  }

  /** To be called from a touch or a key: go on with what the browser held back. */
  wake() {
    if (!this.#blocked) return;
    this.#hold(false);
    this.#play();
  }

  #next() {
    this.#audio = this.#following ?? this.#fetch();
    this.#following = null;
    if (this.#audio) this.#play();
  }

  /** Only one ahead of what is heard: whatever is cut short would hold up what comes after it. */
  #fetch() {
    const clip = this.#clips.shift();
    if (!clip) return null;
    const audio = new Audio(`voice/${clip}`);
    audio.preload = "auto";
    audio.volume = this.#volume;
    return audio;
  }

  #play() {
    const audio = this.#audio;
    if (!audio) return;
    const onward = () => { if (this.#audio === audio) this.#next(); };
    audio.onplaying = () => { if (this.#audio === audio) this.#following ??= this.#fetch(); };
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

/** Stop playing and loading. */
function letGo(audio) {
  if (!audio) return;
  audio.onended = audio.onerror = audio.onplaying = null;
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
}
