// Builds elements. Strings become text nodes and are never parsed as markup.

/** Phrases to keep on one line, like "this clinic's"; also brackets with the word before and the particle after. */
const KEPT = /(この[^\s。、をはがにへとでの]{1,6}[をはがにへとでの]?|[^\s]{1,3}い方[をはに]?|本人確認をします|[\u4e00-\u9fff]{2}（[^（）]{1,6}）[をはがにへとでのも]?|[0-9]+(?:-[0-9]+)+ ／ -[0-9]+)/;
/** Short words, and brackets with their particle, that the browser would otherwise split. */
const WHOLE = /(この(?:医院|薬局)[のにでを]?|ひとつずつ|処方せん[のを]?|もう(?:一度|少し|1つ)|明るい|お声がけ|ある面を|答える人を?|として|もどります|選ぶ|本人確認|（[^（）]{1,6}）[をはがに]|[0-9]+(?:-[0-9]+)+)/;
/** Where to break a phrase longer than its line: before verb endings and within the longest compounds. */
const SOFT = /(?<=[てでくりんいなしけ])(?=ください|います|あります|いません|なりました|なります|でした|ようです)|(?<=スマート)(?=フォン)|(?<=マイナンバー)(?=カード)|(?<=後期高齢者)(?=健診)|(?<=カードケース)(?=から)/;
const SVG = "http://www.w3.org/2000/svg";

/** Return an element with attributes (`class`, `data-…`, `aria-…`; undefined and false are omitted) and children. */
export function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Return an SVG element with attributes and children. */
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

/** Convert a sentence to nodes: `{情報|じょうほう}` to ruby and line feeds to line breaks. */
export function sentence(text) {
  const nodes = [];
  for (const part of text.split(/(\{[^{}|]+\|[^{}|]+\}(?:ぶ$|せん)?|\n)/)) {
    const ruby = /^\{([^|]+)\|([^}]+)\}(.*)$/.exec(part);
    if (ruby) {
      const read = make("ruby", {}, ruby[1], make("rt", {}, ruby[2]));
      nodes.push(ruby[3] ? make("span", { class: "whole" }, read, ruby[3]) : read);
    } else if (part === "\n") nodes.push(make("br"));
    else if (part) nodes.push(...withJapanese(part));
  }
  return nodes;
}

/** Mark Japanese names in text in another language, for fonts and screen readers. */
function withJapanese(text) {
  const { lang } = document.documentElement;
  if (lang === "ja") return japanese(text);
  // keep a Korean particle with the preceding bracket
  if (lang === "ko") text = text.replace(/\)(?=[\uac00-\ud7a3])/g, ")\u2060");
  // only kana identify Japanese names in Chinese text, which also uses kanji and the middle dot
  const isJapanese = lang.startsWith("zh") ? /[\u3041-\u3096\u30a1-\u30fa]/ : /[\u3041-\u9fff]/;
  return text.split(/([\u3041-\u30ff\u3400-\u9fff]+)/).filter(Boolean).map((part) =>
    (isJapanese.test(part) ? make("bdi", { lang: "ja" }, part) : part));
}

function japanese(text) {
  const { size } = document.documentElement.dataset;
  const soft = (part) => (size === "normal" ? [part] : part.split(SOFT).flatMap((piece, index) => (index || /^ください/.test(piece) ? [make("wbr"), piece] : [piece])));
  const whole = (part) => wrapMatches(part, WHOLE, "whole", soft);
  return wrapMatches(text, KEPT, "kept", whole, whole);
}

/** Wrap text that matches `pattern` in spans with a class. Pass other text to `otherwise`. */
function wrapMatches(text, pattern, name, otherwise, within = (part) => [part]) {
  return text.split(pattern).flatMap((part, index) => {
    if (!part) return [];
    return index % 2 ? [make("span", { class: name }, ...within(part))] : otherwise(part);
  });
}
