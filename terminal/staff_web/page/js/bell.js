// Sound and page title mark for open calls.

import * as tones from "/page/js/tones.js";

const REPEAT_INTERVAL = 5000;
let open = 0;
let name = "";

/** Update the number of open calls and the page title. */
export function ring(count, title) {
  const isNew = count > open;
  open = count;
  name = title;
  document.title = count ? `● ${count} ${title}` : title;
  if (isNew) tones.play("call");
}

setInterval(() => {
  if (!open) return;
  tones.play("call");
  document.title = document.title.startsWith("●") ? `○ ${open} ${name}` : `● ${open} ${name}`;
}, REPEAT_INTERVAL);
