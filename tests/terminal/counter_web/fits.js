// Return a description of each part that is cut off, outside the window, overlapping or too small to touch.
() => {
  const problems = [];
  const name = (element) => `${element.tagName.toLowerCase()}${element.className?.baseVal === undefined && element.className ? `.${element.className}` : ""} "${(element.innerText ?? "").replace(/\s+/g, " ").slice(0, 24)}"`;
  const visible = (element) => element.checkVisibility({ visibilityProperty: true });
  const parts = [...document.querySelectorAll("header li, header .mark, header .code, h1, p, main li, button, .state, .dots, .live")].filter(visible);
  const { size, low } = document.documentElement.dataset;
  const u = Math.min(...(innerWidth < innerHeight ? [innerWidth / 800, innerHeight / 1280] : [innerWidth / 1280, innerHeight / 800]));
  for (const part of parts) {
    const box = part.getBoundingClientRect();
    if (box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1) problems.push(`outside: ${name(part)} ${JSON.stringify(box)}`);
    if (part.scrollWidth > part.clientWidth + 2 && part.clientWidth && part.tagName !== "LI") problems.push(`wider than its box: ${name(part)}`);
    if (part.tagName === "BUTTON") {
      if (part.scrollHeight > part.clientHeight + 2) problems.push(`taller than its box: ${name(part)}`);
      const middle = (box.top + box.height / 2) / innerHeight;
      if (low !== undefined && middle < (size === "normal" ? .5 : part.matches(".words > .turner button") ? .42 : 0)) problems.push(`in the upper half: ${name(part)} ${Math.round(100 * middle)} %`);
      if (Math.min(box.width, box.height) < 119 * u) problems.push(`target too small: ${name(part)} ${Math.round(box.width / u)}x${Math.round(box.height / u)} u`);
    }
  }
  for (const offers of document.querySelectorAll(".offers:not(.many)")) {
    const keys = [...offers.querySelectorAll(".answer > kbd")].filter((key) => visible(key) && getComputedStyle(key).position === "static");
    const above = keys.filter((key) => key.getBoundingClientRect().bottom <= key.parentElement.querySelector(":scope > span").getBoundingClientRect().top + 1);
    if (above.length && above.length < keys.length) problems.push(`keys both above and beside their labels: ${name(offers)}`);
  }
  for (const key of document.querySelectorAll(".answer > kbd")) {
    if (!visible(key)) continue;
    const corner = key.getBoundingClientRect();
    const text = document.createRange();
    text.selectNodeContents(key.parentElement.querySelector(":scope > span"));
    const covered = [...text.getClientRects()].some((line) => line.left < corner.right - 1 && line.right > corner.left + 1 && line.top + line.height * .15 < corner.bottom - 1 && line.bottom > corner.top + 1);
    if (covered) problems.push(`key covers the label: ${name(key.parentElement)}`);
  }
  const turns = [...document.querySelectorAll(".turner button")].filter(visible);
  if (turns.length && turns.every((turn) => turn.disabled)) problems.push("page buttons on a single page");
  for (const zone of document.querySelectorAll("header, main, footer, .words")) {
    if (zone.scrollHeight > zone.clientHeight + 1 || zone.scrollWidth > zone.clientWidth + 1) problems.push(`overflows: ${zone.id || zone.className} ${zone.scrollWidth - zone.clientWidth}x${zone.scrollHeight - zone.clientHeight}`);
  }
  for (let i = 0; i < parts.length; i += 1) {
    for (let j = i + 1; j < parts.length; j += 1) {
      const [first, second] = [parts[i], parts[j]];
      if (first.contains(second) || second.contains(first)) continue;
      const [a, b] = [first.getBoundingClientRect(), second.getBoundingClientRect()];
      const [across, down] = [Math.min(a.right, b.right) - Math.max(a.left, b.left), Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)];
      if (across > 1.5 && down > 1.5) problems.push(`overlap: ${name(first)} and ${name(second)} by ${Math.round(across)}x${Math.round(down)}`);
    }
  }
  return problems;
}
