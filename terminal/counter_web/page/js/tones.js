// Short tones, for additional feedback only. Browsers do not play sound before the first touch.

const TONES = {
  "take-card": [[880, 0], [660, .18]], question: [[660, 0]], early: [[220, 0]], call: [[784, 0], [988, .2], [784, .4]],
  card: [[660, 0], [880, .12]], digit: [[740, 0]], success: [[660, 0], [880, .14], [1100, .28]], error: [[330, 0], [262, .2]],
};
let context = null;

/** Enable sound. Call this in a touch or key handler, as browsers require. */
export function wake() {
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
}

/** Return whether this page may play sound. */
export function awake() {
  return context?.state === "running";
}

export function play(name) {
  if (context?.state !== "running") return;
  for (const [pitch, after] of TONES[name] ?? []) {
    const [tone, volume, at] = [context.createOscillator(), context.createGain(), context.currentTime + after];
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(.25, at + .02);
    volume.gain.exponentialRampToValueAtTime(.001, at + .3);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + .32);
  }
}
