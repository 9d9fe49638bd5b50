// Plays the terminal's speech: a tone followed by sentences. New speech interrupts it.

import * as tones from "./tones.js";

export class Voice {
  #audio = null;
  #following = null;
  #clips = [];
  #volume = 1;
  #onBlocked;
  #blocked = false;

  /** Call `onBlocked(blocked)` when the browser starts or stops blocking sound until a touch. */
  constructor(onBlocked) {
    this.#onBlocked = onBlocked;
  }

  /** Play `{ clips, tone, volume }` instead of the current speech. */
  say({ clips, tone, volume }) {
    this.stop();
    if (tone) tones.play(tone);
    this.#clips = [...clips];
    this.#volume = volume;
    this.#next();
  }

  /** Play a reminder. Play only its tone during other speech. */
  remind(message) {
    if (!this.#audio) this.say(message);
    else if (message.tone) tones.play(message.tone);
  }

  stop() {
    for (const audio of [this.#audio, this.#following]) release(audio);
    this.#clips = [];
    this.#audio = this.#following = null;
  }

  /** Resume blocked speech. Call this in a touch or key handler. */
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

  /** Load the next clip. Only one clip is loaded ahead, because interrupted downloads would delay new speech. */
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
    const playNext = () => { if (this.#audio === audio) this.#next(); };
    audio.onplaying = () => { if (this.#audio === audio) this.#following ??= this.#fetch(); };
    audio.onended = playNext;
    audio.onerror = playNext;
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
function release(audio) {
  if (!audio) return;
  audio.onended = audio.onerror = audio.onplaying = null;
  audio.pause();
  audio.removeAttribute("src");
  audio.load();
}
