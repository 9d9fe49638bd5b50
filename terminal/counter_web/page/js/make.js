// Builds elements. Texts become text nodes: nothing that comes over the line is read as markup.

/** "This clinic's", "the bright side", brackets with the word before and the particle after: lines break badly within. */
const KEPT = /(この[^\s。、をはがにへとでの]{1,6}[をはがにへとでの]?|[^\s]{1,3}い方[をはに]?|[^\s（）]{2}（[^（）]{1,6}）[をはがにへとでのも]?)/;
const SVG = "http://www.w3.org/2000/svg";

/** An element with attributes (`class`, `data-…`, `aria-…`; undefined and false are left out) and children. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same for drawings. */
export function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false && value !== "") element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== ""));
  return element;
}

/** A sentence as nodes: `{情報|じょうほう}` with its reading above, line feeds as breaks. */
export function sentence(text) {
  const nodes = [];
  for (const part of text.split(/(\{[^{}|]+\|[^{}|]+\}|\n)/)) {
    const ruby = /^\{([^|]+)\|([^}]+)\}$/.exec(part);
    if (ruby) nodes.push(make("ruby", {}, ruby[1], make("rt", {}, ruby[2])));
    else if (part === "\n") nodes.push(make("br"));
    else if (part) nodes.push(...marked(part));
  }
  return nodes;
}

/** Names in Japanese within another language are marked as such, for their letters and for a screen reader. */
function marked(text) {
  const { lang } = document.documentElement;
  if (lang === "ja") return text.split(KEPT).filter(Boolean).map((part) => (part.match(KEPT)?.[0] === part ? make("span", { class: "kept" }, part) : part));
  if (lang.startsWith("zh")) return [text];
  return text.split(/([\u3041-\u30ff\u3400-\u9fff]+)/).filter(Boolean).map((part) =>
    (/[\u3041-\u9fff]/.test(part) ? make("bdi", { lang: "ja" }, part) : part));
}
