// The sound, and the mark in the page title, while a call is open.

import * as tones from "/page/js/tones.js";

const AGAIN = 5000;
let open = 0;
let name = "";

/** `count`: number of open calls; `title`: the page title. */
export function ring(count, title) {
  const more = count > open;
  open = count;
  name = title;
  document.title = count ? `● ${count} ${title}` : title;
  if (more) tones.play("call");
}

setInterval(() => {
  if (!open) return;
  tones.play("call");
  document.title = document.title.startsWith("●") ? `○ ${open} ${name}` : `● ${open} ${name}`;
}, AGAIN);
