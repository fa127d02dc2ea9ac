// The page: asks the desk, shows its answers. Nothing is computed here that is read as a number.
import { drawChain } from "./chain.mjs";
import { drawCurve } from "./curve.mjs";
import { drawLayers } from "./layers.mjs";
import { Parts } from "./parts.mjs";
import { savePicture, saveText } from "./save.mjs";
import { readAddress, writeAddress } from "./address.mjs";
import { checkPanel, helpPanel, toldPanel } from "./panels.mjs";
import { walk } from "./walk.mjs";
import { wire } from "./wire.mjs";

const root = document.getElementById("studio"), $ = (s) => root.querySelector(s), $$ = (s) => [...root.querySelectorAll(s)];
const is = (name) => $(`[data-is="${name}"]`), svg = $(".net svg"), panel = $("#panel"), when = $(".when");
const PHASES = [["Forward", "f"], ["Error", "e"], ["Backward", "g"], ["Update", "n"]];
const view = { scene: null, frame: null, told: null, verdict: null, phase: 0, asked: "", trail: [], tab: "ask", badges: {}, playing: false, lesson: "" };
const course = { losses: [], start: 0, n: 0, ghost: null };
let scrub = () => 0, pending = readAddress(), busy = 0, slow = 0, latest = 0;

const line = wire(answered, (open, reason) => {
  if (open) begin(); else { busy = 0; view.playing = false; refuse(reason || "The studio has gone: start it again, then load this page anew."); }
});
function begin() {
  const p = pending ?? (view.scene ? state() : null);
  if (p?.theme) theme(p.theme);
  if (p?.source && p.source !== "pasted") send("restart", { source: p.source, seed: p.seed, edits: p.edits, updates: p.n }); else send("open", { source: "" });
}
function send(kind, more) { busy++; clearTimeout(slow); slow = setTimeout(() => root.classList.add("waits"), 300); return line.send(kind, more); }

/* ── answers */
function answered(answer) {
  busy = Math.max(0, busy - (answer.kind === "scene" ? 0 : 1));
  if (!busy) { clearTimeout(slow); root.classList.remove("waits"); aim = null; }
  if (answer.kind !== "refused") $(".refused").hidden = true;
  ({ scene: onScene, frame: onFrame, told: onTold, verdict: onVerdict, exported: (a) => saveText(a.name, a.text), refused: (a) => { view.playing = false; phases(); refuse(a.text); } })[answer.kind]?.(answer);
}
function refuse(words) { const box = $(".refused"); box.textContent = words; box.hidden = false; }
function onScene(scene) {
  const other = !view.scene || view.scene.source !== scene.source || scene.source === "pasted";
  view.scene = scene;
  if (!(view.asked in scene.parts)) { view.asked = pending?.q && pending.q in scene.parts ? pending.q : scene.layout.columns[1].weights[0].value; view.trail = []; }
  if (other) view.phase = pending?.phase ?? 0;
  const pick = $('[data-do="source"]');
  pick.replaceChildren(...Object.entries(scene.source in scene.sources ? scene.sources : { ...scene.sources, [scene.source]: scene.label }).map(([name, words]) => new Option(words, name, false, name === scene.source)));
  is("sizes").textContent = scene.sizes; is("rate").textContent = `α = ${scene.rate}`; is("goal").textContent = `E < ${scene.threshold}`;
  is("rows").hidden = scene.rows < 2;
  if (scene.rows > 1) $('[data-do="row"]').replaceChildren(...Array.from({ length: scene.rows }, (_, k) => new Option(k, k, false, k === scene.row)));
  document.title = `${scene.label}: chainrule studio`;
}
function onFrame(frame) {
  view.frame = frame;
  if (frame.from === 0) { course.losses = frame.losses; course.ghost = frame.ghost ?? null; } else course.losses = course.losses.slice(0, frame.from).concat(frame.losses);
  Object.assign(course, { start: frame.start, n: frame.n, ticks: frame.ticks, goal: frame.goal, loss: frame.loss, threshold: view.scene.threshold });
  $('[data-do="undo"]').hidden = !frame.edits.length;
  if (pending) { view.phase = pending.phase; if (pending.tab) view.tab = pending.tab; pending = null; tabs(); }
  render();
  if (view.tab === "ask") ask(view.asked, null, true);
  if (view.playing) afterPaint(() => { if (view.playing) { if (frame.ended || (course.losses[frame.n - course.start] ?? 1) < course.goal) play(); else send("advance", { updates: 100000, milliseconds: 12 }); } });
}
const afterPaint = (then) => requestAnimationFrame(() => setTimeout(then, view.scene.source === "lesson" ? 60 : 0));
function onTold(told) {
  if (told.id !== latest) return;
  view.told = told; view.asked = told.quantity;
  view.badges = Object.fromEntries(told.chain.map((link, k) => [link.quantity, k + 1]).filter(([q]) => q));
  draw(); panels(); address();
}
function onVerdict(verdict) { view.verdict = verdict; panels(); live(verdict.examples.map((e) => e.unread || e.cause?.text || e.verdict).join(" ")); }

/* ── what is shown */
function draw() {
  if (!view.frame) return;
  const { width: W, height: H } = $(".net").getBoundingClientRect(), p = new Parts(view), focused = document.activeElement?.closest?.("[data-part]")?.dataset.part;
  svg.setAttribute("viewBox", `0 0 ${W} ${H}`); svg.replaceChildren();
  (view.scene.layout.is_chain && view.scene.layout.columns.length <= 3 ? drawChain : drawLayers)(svg, p, W, H);
  const stop = svg.querySelector(`[data-part="${CSS.escape(view.asked)}"]`) ?? svg.querySelector("[data-part]");
  stop?.setAttribute("tabindex", 0);
  if (focused && svg.contains(stop)) (svg.querySelector(`[data-part="${CSS.escape(focused)}"]`) ?? stop).focus();
}
function phases() {
  $(".phases").replaceChildren(...PHASES.map(([words, cls], k) => {
    const button = document.createElement("button"), mark = document.createElement("b"), item = document.createElement("li");
    button.dataset.phase = k + 1; button.className = cls; mark.textContent = k + 1; button.append(mark, words);
    if (view.phase === k + 1) button.setAttribute("aria-current", "step"); else if (view.phase > k + 1) button.dataset.state = "done";
    item.append(button); return item;
  }));
  is("next").textContent = view.phase < 4 ? PHASES[view.phase][0] : "Next step";
  const button = $('[data-do="play"]'); button.setAttribute("aria-pressed", view.playing); button.setAttribute("aria-label", view.playing ? "Pause" : "Play");
}
function render(aloud = !view.playing) {
  if (!view.frame) return;
  const held = document.activeElement?.dataset?.phase;
  phases(); if (held) $(`[data-phase="${held}"]`)?.focus();
  $(".says").innerHTML = view.frame.says[view.phase];
  draw(); scrub = drawCurve(when, course); address();
  if (aloud) live(`Step ${view.frame.n}. ${$(".says").textContent}`);
}
function live(words) { is("live").textContent = words; }
function panels() {
  for (const tab of $$("[data-tab]")) tab.setAttribute("aria-selected", tab.dataset.tab === view.tab);
  panel.setAttribute("aria-labelledby", `tab-${view.tab === "check" ? "check" : "ask"}`);
  if (view.tab === "check") checkPanel(panel, view); else if (view.tab === "help") helpPanel(panel); else if (view.told) toldPanel(panel, view, PHASES);
  $(".foot").hidden = view.tab !== "ask";
}
const tabs = panels;
function light(q) {
  for (const node of root.querySelectorAll(".lit")) node.classList.remove("lit");
  if (q) for (const node of root.querySelectorAll(`[data-q="${CSS.escape(q)}"]`)) node.classList.add("lit");
}
function theme(name) { root.dataset.theme = name; document.body.dataset.theme = name; }
const state = () => ({ source: view.scene.source, seed: view.scene.seed, n: view.frame.n, phase: view.phase, q: view.asked, tab: view.tab, theme: root.dataset.theme, edits: view.frame.edits });
const address = () => view.frame && !view.playing && writeAddress(state());

/* ── what is done */
function ask(q, from = null, again = false) {
  if (!again) { view.trail = from ? [...view.trail, from] : []; view.tab = "ask"; }
  latest = send("ask", { quantity: q });
}
function toPhase(phase) { view.phase = Math.max(0, Math.min(4, phase)); render(); if (view.told && view.tab === "ask") panels(); }
function step(by) { if (by > 0) { view.phase = Math.max(1, view.phase); send("advance", { updates: by }); } else send("seek", { updates: Math.max(course.start, course.n + by) }); }
function next() { if (view.phase < 4) toPhase(view.phase + 1); else { view.phase = 1; send("advance", { updates: 1 }); } }
function back() { if (view.phase > 0) toPhase(view.phase - 1); else if (course.n > course.start) { view.phase = 4; send("seek", { updates: course.n - 1 }); } }
function play() { view.playing = !view.playing; if (view.playing) { view.phase = 4; send("advance", { updates: 1 }); } else { render(); ask(view.asked, null, true); } phases(); }
let aim = null;                                               // the step that what was asked for leads to: keys may come faster than frames
const here = () => aim ?? course.n;
const goTo = (n, phase = view.phase) => {
  const from = here();
  view.phase = phase; aim = n;
  if (n > from && n > course.start + course.losses.length - 1) send("advance", { updates: n - from }); else send("seek", { updates: n });
};
const actions = {
  "+phase": next, "+step": () => step(1), "-step": () => step(-1), play, undo: () => send("undo"),
  theme: () => { const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; theme(dark ? "light" : "dark"); address(); },
  help: () => { view.tab = view.tab === "help" ? "ask" : "help"; panels(); panel.focus(); },
  share: () => navigator.clipboard?.writeText(location.href).then(() => live("The link is copied. It opens on this machine, while the studio runs.")),
  latex: () => send("export", { format: "latex", quantity: view.asked }), python: () => send("export", { format: "python" }), svg: () => savePicture(svg, view.scene.label),
  check: () => { view.lesson = $("#lesson").value; send("check", { text: view.lesson }); }, again: () => { view.verdict = null; panels(); $("#lesson").focus(); },
};
root.addEventListener("click", (event) => {
  const target = event.target.closest("button, [data-part]") ?? event.target.closest("[data-q]"); if (!target) return;
  const d = target.dataset;
  if (d.tab) { view.tab = d.tab; panels(); address(); if (d.tab === "ask") ask(view.asked, null, true); }
  else if (d.phase) toPhase(+d.phase);
  else if (d.back) { const k = +d.back, q = view.trail[k]; view.trail = view.trail.slice(0, k); ask(q, null, true); }
  else if (d.work) { view.phase = 0; view.asked = ""; view.tab = "ask"; send("work_on", { example: +d.work }); }
  else if (d.do && actions[d.do]) actions[d.do]();
  else if (d.part) ask(d.part);
  else if (d.q) ask(d.q, panel.contains(target) && view.tab === "ask" ? view.asked : null);
});
root.addEventListener("change", (event) => {
  const { do: what } = event.target.dataset;
  if (what === "source") { view.asked = ""; view.playing = false; send("open", { source: event.target.value, seed: 0 }); }
  if (what === "row") send("show", { row: +event.target.value });
});
root.addEventListener("submit", (event) => { event.preventDefault(); send("edit", { quantity: view.asked, value: event.target.elements.value.value }); });
const under = (event) => (event.target.closest?.("button[data-q]") ?? event.target.closest?.("[data-q]"))?.dataset.q;   // a factor before what is in its name
root.addEventListener("pointerover", (event) => light(under(event))); root.addEventListener("focusin", (event) => light(under(event)));
when.addEventListener("pointerdown", (event) => {
  when.setPointerCapture(event.pointerId);
  const move = (e) => { const n = scrub(e.clientX - when.getBoundingClientRect().left); if (n !== course.n && !busy) send("seek", { updates: n }); };
  move(event); when.onpointermove = move;
});
when.addEventListener("pointerup", (event) => { when.onpointermove = null; const n = scrub(event.clientX - when.getBoundingClientRect().left); if (n !== course.n) send("seek", { updates: n }); });
when.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key], end = course.start + course.losses.length - 1;
  if (by) goTo(Math.max(course.start, here() + by)); else if (event.key === "Home") goTo(course.start); else if (event.key === "End") goTo(end); else return;
  event.preventDefault(); event.stopPropagation();
});
svg.addEventListener("keydown", (event) => walk(event, svg, (q) => ask(q)));
addEventListener("keydown", (event) => {
  if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
  const tab = event.target.closest('[role="tab"]');
  if (tab && event.key.startsWith("Arrow")) { const other = $$("[data-tab]").find((t) => t !== tab); other.click(); other.focus(); event.preventDefault(); return; }
  const keys = {
    ArrowRight: () => (event.shiftKey ? step(1) : next()), ArrowLeft: () => (event.shiftKey ? step(-1) : back()), Home: () => goTo(course.start, 0), End: () => goTo(course.start + course.losses.length - 1, 4),
    " ": () => !event.target.closest("button") && (play(), true), 1: () => toPhase(1), 2: () => toPhase(2), 3: () => toPhase(3), 4: () => toPhase(4),
    n: () => svg.querySelector('[tabindex="0"]')?.focus(), d: () => panel.focus(), u: () => view.frame?.edits.length && send("undo"), "?": actions.help,
  };
  if (!keys[event.key] || !view.frame) return;
  if (keys[event.key]() !== false) event.preventDefault();
});
new ResizeObserver(() => { draw(); if (view.frame) scrub = drawCurve(when, course); }).observe($(".net"));
new FontFace("Studio Math", "url(maths.woff2)").load().then((face) => document.fonts.add(face), () => {});
