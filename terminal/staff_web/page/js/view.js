// Panels of the page. All content comes from the terminal, except which rows are expanded.

import { make } from "/page/js/make.js";
import { form } from "./nocard.js";
import { button, name, resolveUncertain, sure, withdraw } from "./ask.js";

const SIGNS = { delivered: "✓", "under-way": "…", awaiting: "⏳", "handing-over": "⏳", uncertain: "!", problem: "!", "held-back": "!", expired: "!", refused: "!", interrupted: "!" };
const OFF = new Set(["closed", "left", "inquiry", "discarded", "declined"]);
const BAD = new Set(["uncertain", "problem", "held-back", "expired", "refused", "interrupted"]);
const expanded = new Set();

export function calls(list, words, send) {
  if (!list.length) return [make("h2", {}, words.calls), make("p", { class: "quiet" }, words["no-calls"])];
  return [make("h2", {}, words.calls), make("ul", {}, ...list.map((call) => make("li", { "data-call": call.kind },
    make("div", {},
      make("strong", {}, call.number ? `${words.number.replace("{number}", call.number)}　` : "", call.text),
      make("span", {}, call.do, call.code ? `（${call.code}）` : ""), make("time", {}, call.time)),
    button(words.answer, () => send({ type: "answer", call: call.id }), "main"))))];
}

export function now(state, words, send) {
  const number = state.number ? words.number.replace("{number}", state.number) : "";
  return make("section", { id: "now" }, make("h2", {}, words.now),
    make("p", { class: "state" }, number ? make("b", {}, number) : "", state.text),
    make("div", { class: "row" },
      state.canEye ? button(state.reception ? words.eye : words["eye-next"],
        () => send({ type: "by-eye", reception: state.reception }), "main", "eye") : "",
      state.canDiscard ? button(words.discard, () => sure(words, words["discard-sure"].replace("{number}", state.number),
        words.discard, () => send({ type: "discard", reception: state.reception })), "danger", "discard") : ""));
}

export function day(rows, readable, words, send) {
  return make("section", { id: "day" }, make("h2", {}, words.today),
    readable ? "" : make("p", { class: "note", role: "alert" }, words.unreadable),
    rows.length ? make("ul", {}, ...rows.map((row) => line(row, words, send))) : make("p", { class: "quiet" }, words.none));
}

function line(row, words, send) {
  const item = make("li", { "data-number": row.number, "data-status": row.status },
    make("b", { class: "number" }, row.number || "－"), make("time", {}, row.time),
    make("div", { class: "what" },
      make("span", { class: `pill ${BAD.has(row.status) ? "bad" : OFF.has(row.status) ? "off" : row.settled ? "good" : "open"}` },
        make("span", { "aria-hidden": "true" }, `${SIGNS[row.status] ?? "－"} `), row.text),
      row.noCard ? make("b", {}, row.noCard) : "",
      row.why ? make("span", {}, row.code ? `${row.why}（${row.code}）` : row.why) : "",
      row.withdrawn.length ? make("span", { class: "taken" }, `${words.withdrawn}：${row.withdrawn.join("・")}`) : "",
      row.noName ? make("span", {}, row.noName) : "",
      row.serviceNotInformed ? make("span", { class: "note" }, words["service-not-informed"]) : ""),
    make("div", { class: "row" }, row.name ? button(words.name, () => name(row.reception, words, send), "", `name-${row.number}`) : "",
    row.uncertain ? button(words.uncertain, () => resolveUncertain(words, row.reception, send), "main", `uncertain-${row.number}`) : "",
    row.mayWithdraw ? button(words.withdraw, () => withdraw(words, row,
      (items) => send({ type: "withdraw", reception: row.reception, items })), "", `withdraw-${row.number}`) : ""));
  if (row.instructions.length) {
    const details = make("details", { open: expanded.has(row.reception) }, make("summary", { "data-key": `instructions-${row.number}` }, words["what-to-do"]),
      make("ul", {}, ...row.instructions.map((text) => make("li", {}, text))));
    details.addEventListener("toggle", () => expanded[details.open ? "add" : "delete"](row.reception));
    item.append(details);
  }
  return item;
}

export function noCard(words, language) {
  return make("section", { id: "form" }, make("h2", {}, words["nocard-title"]), make("p", {}, words["nocard-what"]),
    button(words["nocard-open"], () => form(words, language), "main", "nocard"));
}

export function devices(list, canStop, words, send) {
  return make("section", { id: "devices" }, make("h2", {}, words.devices),
    make("dl", {}, ...list.map((device) => make("div", { class: device.bad ? "bad" : "" },
      make("dt", {}, device.name), make("dd", {}, device.bad ? `! ${device.text}` : device.text)))),
    canStop ? make("div", { class: "stop" }, button(words.stop, () => sure(words, words["stop-sure"], words.stop, () => send({ type: "stop" })), "danger", "stop")) : "");
}
