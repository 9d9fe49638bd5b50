// Form for patients without a card. Its content is not stored.

import { make } from "/page/js/make.js";
import { button, open } from "./ask.js";

const FIELDS = [["insurer", 8, "numeric"], ["symbol", 20, "text"], ["number", 20, "text"], ["branch", 2, "numeric"]];

export function form(words, language) {
  const inputs = Object.fromEntries(FIELDS.map(([name, maxlength, inputmode]) =>
    [name, make("input", { type: "text", id: `nocard-${name}`, autocomplete: "off", maxlength, inputmode })]));
  inputs.birth = make("input", { type: "date", id: "nocard-birth", autocomplete: "off", max: new Date().toISOString().slice(0, 10) });
  const limits = [["yes", "true"], ["no", "false"]].map(([name, value]) =>
    make("label", { class: "choice" }, make("input", { type: "radio", name: "limit", value }), words[`nocard-limit-${name}`]));
  const note = make("p", { class: "note", role: "alert" });
  const entry = make("form", { class: "nocard" },
    ...Object.entries(inputs).map(([name, input]) => make("div", { class: "field" }, make("label", { for: input.id }, words[`nocard-${name}`]), input)),
    make("fieldset", {}, make("legend", {}, words["nocard-limit"]), ...limits),
    note,
    make("div", { class: "row" }, button(words.back, () => dialog.close()), make("button", { class: "main" }, words["nocard-send"])));
  const dialog = open("sure", words["nocard-title"], entry);
  entry.addEventListener("submit", async (event) => {
    event.preventDefault();
    const limit = entry.querySelector("[name=limit]:checked")?.value;
    const missing = ["insurer", "number", "birth"].filter((name) => !inputs[name].value);
    if (missing.length || limit === undefined) {
      markInvalid([...missing, ...(limit === undefined ? ["limit"] : [])]);
      return;
    }
    const content = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
    const answer = await fetch("/staff/look-up", { method: "POST", body: JSON.stringify({ ...content, limit: limit === "true", language }) });
    const reply = await answer.json().catch(() => ({}));
    if (answer.status === 422) markInvalid(reply.fields);
    else show(reply);
  });

  function markInvalid(names) {
    note.textContent = `${words["nocard-wrong"]}${names.map((name) => words[`nocard-${name}`]).join("・")}`;
    for (const [name, input] of Object.entries(inputs)) input.setAttribute("aria-invalid", String(names.includes(name)));
  }

  function show(reply) {
    entry.replaceWith(make("p", { class: reply.done ? "state" : "note", role: "alert" }, reply.text ?? words["one-moment"]),
      reply.validity ? make("p", { class: "state" }, reply.validity) : "",
      make("div", { class: "row" }, button(words.close, () => dialog.close(), "main")));
  }
}
