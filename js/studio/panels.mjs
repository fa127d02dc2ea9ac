// The panel: the derivation of a number, a lesson that is checked, the keys. Markup with formulas comes from Python, escaped there.
export const make = (tag, at = {}, ...inside) => {
  const node = document.createElement(tag);
  for (const key in at) if (key === "html") node.innerHTML = at.html; else if (at[key] !== undefined && at[key] !== null) node.setAttribute(key, at[key]);
  node.append(...inside.filter((part) => part !== null && part !== undefined));
  return node;
};
const spoken = ({ symbol, label }) => [make("span", { "aria-hidden": "true", html: symbol }), make("span", { class: "visually-hidden" }, label)];   // ∂E/∂w₁ and not ∂E∂w₁
const COUNTS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"];
const TICK = '<svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true"><circle cx="9" cy="9" r="8" fill="none" stroke="currentColor" stroke-width="1.7"/><path d="M5 9.3l2.8 2.8L13 6.6" fill="none" stroke="currentColor" stroke-width="1.9" stroke-linecap="round" stroke-linejoin="round"/></svg>';

export function toldPanel(box, view, PHASES) {
  const { told } = view, known = view.scene.mode === "pictures" || told.phase <= view.phase, focused = box.getRootNode().activeElement, kept = box.contains(focused) ? focused.dataset.q : null;
  const typing = focused?.name === "value" && focused.value !== focused.dataset.sent && focused.form.dataset.of === told.quantity ? focused : null;   // an answer takes nobody's words away
  const colour = { 1: "f", 2: "e", 3: "g", 4: "n" }[told.phase] ?? "", name = (q) => view.scene.parts[q]?.label ?? q;
  const nodes = [];
  if (view.trail.length) nodes.push(make("nav", { class: "crumbs", "aria-label": "Way here" }, ...view.trail.flatMap((q, k) => [make("button", { "data-back": k }, name(q)), make("span", { "aria-hidden": "true" }, "›")]), make("span", {}, name(told.quantity))));
  nodes.push(make("h2", {}, make("span", { html: told.title }), make("span", {}, "="), make("output", { class: colour, "data-q": told.quantity }, known ? told.value : "?")));
  if (!known) nodes.push(make("p", { class: "hint" }, `Not computed yet in this step: it comes with ${PHASES[told.phase - 1][0].toLowerCase()}.`));
  if (told.editable) {
    const input = make("input", { name: "value", inputmode: "decimal", value: told.value, "data-was": told.value, size: 9, "aria-label": `Another value for ${name(told.quantity)}` });
    nodes.push(make("form", { class: "edit", "data-of": told.quantity }, input, make("button", {}, "Try this value")));
  }
  if (known) nodes.push(make("div", { html: told.opening })); 
  if (known && told.chain.length) {
    nodes.push(make("h3", {}, `The chain: ${COUNTS[told.chain.length]} factors, from E back`));
    nodes.push(make("ol", { class: "chain" }, ...told.chain.map((link, k) => make("li", {}, make(link.quantity ? "button" : "div", { class: "link", "data-q": link.quantity, }, make("b", {}, k + 1), ...spoken(link), make("output", {}, link.value))))));
  }
  if (known) nodes.push(make("div", { class: "derivation", html: told.rest }));
  if (known && told.own) nodes.push(make("h3", {}, "What the engine multiplied"), make("div", { class: "derivation", html: told.own }));
  if (known && told.chain.length) nodes.push(make("div", { class: "proof", html: TICK }, make("span", {}, "The factors, multiplied again, give the very number that the engine used.")));
  if (told.uses.length) nodes.push(make("h3", {}, "Where it goes"), make("div", { class: "goes" }, ...told.uses.map((use) => make("button", { "data-q": use.quantity }, ...spoken(use)))));
  if (told.note) nodes.push(make("p", { class: "hint" }, told.note));
  if (view.scene.mode === "pictures") nodes.push(...finder(view));
  else if (!view.phase) nodes.push(make("p", { class: "hint", html: "Click any number, in the network or in a formula, and it tells where it comes from. <kbd>→</kbd> goes on, <kbd>space</kbd> plays, drag the curve to go back in time." }));
  box.replaceChildren(...nodes);
  if (kept) (box.querySelector(`[data-q="${CSS.escape(kept)}"]`) ?? box).focus();
  const input = typing && box.querySelector('[name="value"]');
  if (input) { if (typing.value !== typing.dataset.was) input.value = typing.value; input.focus(); }
}
export function finder(view) {                                  // any number by its name, also in layers that are folded
  return [make("h3", {}, "Another number"), make("form", { class: "edit", "data-form": "find" }, make("input", { name: "q", size: 14, placeholder: "dE/dw1[0,1]", "aria-label": "The name of a number, such as dE/dw1[0,1]", spellcheck: "false", autocomplete: "off" }), make("button", {}, "Ask"))];
}
export function emptyPanel(box, view) {
  box.replaceChildren(make("p", {}, "Click a line, a unit or a number: here stands where it comes from, with the rows of the step that is made next."), make("p", { class: "hint", html: "<kbd>space</kbd> plays, <kbd>→</kbd> goes on by a phase, drag the curve to go back in time." }), ...finder(view));
}
const STATUS = { right: "", truncated: "cut off", carried: "", imprecise: "imprecise", inherited: "inherited", wrong: "wrong" };
export function checkPanel(box, view) {
  if (!view.verdict) {
    const area = make("textarea", { "data-is": "lesson", "aria-label": "The lesson", rows: 14, maxlength: 200000, spellcheck: "false", placeholder: "w1 = 0.15, b1 = 0.4, …  z1 = 0.415, a1 = 0.6023, …" });
    area.value = view.lesson;
    box.replaceChildren(make("p", {}, "Paste a lesson or a worked example: Markdown, plain text, LaTeX or TOML. Each of its numbers is computed again and marked where it stands; of the wrong ones you are told the cause."), area, make("p", {}, make("button", { class: "dark", "data-do": "check" }, "Check it")));
    return;
  }
  const nodes = [make("p", { class: "crumbs" }, make("button", { "data-do": "again" }, "Change the text"))];
  view.verdict.examples.forEach((example, k) => {
    if (example.unread) nodes.push(make("p", {}, `I cannot read this lesson, because ${example.unread}. So nothing is said of its numbers.`));
    else {
      const all = Object.values(example.counts).reduce((a, b) => a + b, 0);
      nodes.push(make("p", { class: "tally" }, ...[[all, all === 1 ? "number" : "numbers"], ...Object.entries(example.counts).map(([status, n]) => [n, status])].map(([n, words]) => make("span", {}, make("b", {}, n), ` ${words}`))));
    }
    if (example.cause) {
      const change = example.cause.corrected && example.cause.quantity && example.cause.kind === "given";
      nodes.push(make("div", { class: "cause" }, make("p", {}, make("b", {}, "The cause. "), example.cause.text), make("button", { "data-work": k }, change ? `Work on with ${example.cause.quantity} = ${example.cause.corrected}` : "Work on with this example")));
    } else if (!example.unread) nodes.push(make("p", {}, make("button", { class: "dark", "data-work": k }, "Work on with this example")));
    nodes.push(make("div", { class: "sheet" }, ...example.pieces.map(([words, status, note]) => (status ? make("mark", { "data-is": status, title: note }, words, STATUS[status] || status === "cause" ? make("sup", {}, status === "cause" ? ` ${note}` : ` ${STATUS[status]}`) : make("span", { class: "visually-hidden" }, ` ${status}`)) : words))));
  });
  box.replaceChildren(...nodes);
}
const KEYS = [["→ ←", "next phase, phase before"], ["Shift → ←", "one step on, one step back"], ["e", "one epoch on"], ["space", "play, pause"], ["1 2 3 4", "to that phase"], ["Home End", "first and last step taken"], ["n", "into the network; then arrows, Enter asks"], ["d", "to the derivation"], ["u", "take the last edit back"], ["s", "what can be saved"], ["?", "these keys"]];
export function helpPanel(box) {
  box.replaceChildren(make("h2", {}, "Keys"), make("dl", { class: "keys" }, ...KEYS.flatMap(([keys, words]) => [make("dt", {}, ...keys.split(" ").map((key) => make("kbd", {}, key))), make("dd", {}, words)])), make("p", {}, "On the curve ← → move by a step, PgUp PgDn by ten."));
}
export function savePanel(box, view) {
  const { scene, told } = view, button = (what, words) => make("button", { class: "quiet line", "data-do": what }, words), nodes = [make("h2", {}, "Save")];
  const part = (title, about, ...buttons) => nodes.push(make("h3", {}, title), make("p", { class: "hint" }, about), make("p", { class: "saves" }, ...buttons));
  part("The network as it stands", "A picture in the colours of this page.", button("svg", "Picture (SVG)"), button("png", "Picture (PNG)"));
  if (told) part(`Where ${scene.parts[told.quantity]?.label ?? told.quantity} comes from`, "The derivation in symbols and in numbers.", button("latex", "LaTeX"), button("pdf", "PDF"));
  else nodes.push(make("p", { class: "hint" }, "Ask for a number first, and its derivation can be saved, too."));
  part("The session", "A program that makes the same steps.", button("python", "Python"));
  if (scene.saves_run) part("The run", "Its folder, for chainrule predict and evaluate.", button("run", "Run (ZIP)"));
  const focused = box.getRootNode().activeElement, kept = box.contains(focused) && focused.dataset.do;
  box.replaceChildren(...nodes);
  if (kept) (box.querySelector(`[data-do="${kept}"]`) ?? box).focus();
}
