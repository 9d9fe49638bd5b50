// The request for permission to take a portrait, and the browser camera, which is on only while needed.

import { make } from "/page/js/make.js";

let stream = null;

/** Return the elements of the question page. `languageButton`: creates the button for the other language. */
export function ask(question, words, act, languageButton) {
  const take = make("button", { type: "button", class: "main" }, words.take);
  const back = make("button", { type: "button" }, words.back);
  back.addEventListener("click", () => act({ type: "agree", yes: false }));
  const place = make("div", { class: "hands" }, take, question.back ? back : undefined);
  const problem = make("p", { class: "problem", role: "alert", hidden: !question.problem }, question.problem);
  take.addEventListener("click", async () => {
    if (question.browser && !(await granted())) {
      problem.textContent = words.refused;
      problem.hidden = false;
      return;
    }
    place.replaceChildren(make("p", { role: "status" }, words.taking));
    act({ type: "agree", yes: true });
  });
  return [
    make("header", {}, make("h1", {}, words.question), languageButton(words)),
    make("section", { class: "now" }, problem, make("p", {}, words.kept), make("p", {}, words.sit), place),
  ];
}

async function granted() {
  try {
    (await navigator.mediaDevices.getUserMedia({ video: true })).getTracks().forEach((track) => track.stop());
    return true;
  } catch {
    return false;
  }
}

export async function camera(on) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  if (!on) return;
  const mine = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  stream = mine;
  const video = make("video");
  video.muted = true;
  video.srcObject = mine;
  await video.play();
  const canvas = make("canvas", { width: 640, height: 480 });
  while (stream === mine) {
    canvas.getContext("2d").drawImage(video, 0, 0, 640, 480);
    const jpeg = await new Promise((done) => canvas.toBlob(done, "image/jpeg", .85));
    await fetch("frame", { method: "POST", body: jpeg }).catch(() => new Promise((done) => setTimeout(done, 500)));
    await new Promise((done) => requestAnimationFrame(done));
  }
}
