// Draw each talk with the page code, turn through all pages of its body and footer, and measure each page.
// Return the number of pages and a list of problems. overflow.py replaces FITS with fits.js.
async (talks) => {
  const fits = FITS;
  const { Screen } = await import(new URL("page/js/screen.js", location.href));
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);  // wait for the new window size
  const screen = new Screen();
  const visible = (element) => element.checkVisibility({ visibilityProperty: true });
  const key = (element) => `${element.tagName} ${element.dataset.offer ?? ""} ${element.textContent}`;
  const PARTS = "main h1, main .hint, main .reason, main .original, main .call, main .topics li, button[data-offer], .state";
  const footers = new Set();  // footers already measured; many screens share a footer
  const problems = [];
  let pages = 0;
  for (const [name, talk] of talks) {
    const [texts, visibleTexts, main] = [new Set(), new Set(), new Set()];
    const measure = (where) => {
      pages += 1;
      for (const part of document.querySelectorAll(PARTS)) {
        if (!part.textContent) continue;
        texts.add(key(part));
        if (part.closest("main")) main.add(key(part));
        if (visible(part)) visibleTexts.add(key(part));
      }
      problems.push(...fits().map((problem) => `${name} ${where}: ${problem}`));
    };
    screen.show(talk);
    measure("page 0");
    for (let page = 1; document.querySelector(".turner .onward")?.disabled === false; page += 1) {
      if (page > 12) { problems.push(`${name}: more than 12 pages`); break; }
      screen.turnPage(1);
      measure(`page ${page}`);
    }
    const visibleFooter = () => [...document.querySelectorAll("#foot .state, #foot button")].filter(visible).map(key).join("|");
    const first = visibleFooter();
    const footer = JSON.stringify([talk.foot.map((offer) => offer.label), talk.card, talk.warning, talk.notice]);
    for (let page = 1; !footers.has(footer) && document.querySelector("#foot .more"); page += 1) {
      if (page > 8) { problems.push(`${name}: more than 8 footer pages`); break; }
      screen.turnFoot();
      if (visibleFooter() === first) break;
      measure(`footer ${page}`);
    }
    const footerMeasured = !footers.has(footer);
    footers.add(footer);
    problems.push(...[...texts].filter((text) => !visibleTexts.has(text) && (footerMeasured || main.has(text))).map((text) => `${name}: not on any page: ${text}`));
  }
  dispatchEvent(new Event("resize"));  // redraw the page's own talk
  return [pages, problems];
}
