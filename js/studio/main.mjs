// The studio in an element of a page or of a notebook cell: asks the desk, shows its answers. Nothing is computed here that is read as a number.
import { drawChain } from "./chain.mjs";
import { drawCurve, whereIs } from "./curve.mjs";
import { drawLayers } from "./layers.mjs";
import { drawPictures } from "./pictures.mjs";
import { Parts } from "./parts.mjs";
import { saveAnswer, savePng, saveSvg } from "./save.mjs";
import { checkPanel, emptyPanel, helpPanel, savePanel, toldPanel } from "./panels.mjs";
import { changeLayers, setupPanel, wanted } from "./setup.mjs";
import { walk } from "./walk.mjs";
import markup from "./studio.html";

const PHASES = [["Forward", "f"], ["Error", "e"], ["Backward", "g"], ["Update", "n"]];
const LETTER = 7;                                                // pixels of a letter in a formula, about

/* `host` is who has the element: how the desk is reached, where the state is kept, who hears the keys. What is returned takes it all back. */
export function mount(root, host) {
  root.innerHTML = markup;
  for (const node of root.querySelectorAll("[id]")) node.id = host.prefix + node.id;          // several in one notebook
  for (const node of root.querySelectorAll("[aria-controls]")) node.setAttribute("aria-controls", host.prefix + node.getAttribute("aria-controls"));
  for (const node of root.querySelectorAll("[data-only]")) if (node.dataset.only !== host.kind) node.remove();
  const $ = (s) => root.querySelector(s), $$ = (s) => [...root.querySelectorAll(s)];
  const is = (name) => $(`[data-is="${name}"]`), svg = $(".net svg"), panel = is("panel"), when = $(".when");
  const view = { scene: null, frame: null, told: null, verdict: null, phase: 0, asked: "", trail: [], tab: "ask", badges: {}, playing: false, lesson: "" };
  const focus = () => root.getRootNode().activeElement;
  const course = { points: [], start: 0, end: 0, n: 0, unit: 1, ghost: null };
  const room = {};                                               // width and height: asked of the page they would cost a layout for every frame
  for (const name of ["net", "when"]) { const box = $(`.${name}`).getBoundingClientRect(); room[name] = [box.width, box.height]; }
  const pictured = () => view.scene?.mode === "pictures";
  let goal = 0, come = -1, scrub = () => 0, pending = host.read(), busy = 0, slow = 0, latest = 0;

  const line = host.wire(answered, (open, reason) => {
    if (open) begin(); else { busy = 0; view.playing = false; refuse(reason || "The studio has gone: start it again, then load this page anew."); }
  });
  function begin() {
    const p = pending ?? (view.frame ? state() : null);
    if (p?.theme) theme(p.theme);
    if (p?.source && p.source !== "pasted") {
      const early = p.edits.length ? p.n : 0;                    // the first picture at once; the way to the step after it
      goal = p.n; send("restart", { source: p.source, seed: p.seed, edits: p.edits, updates: early, ...(p.setup ? { setup: p.setup } : {}), member: p.member ?? 0 });
    } else send("open", { source: "" });
  }
  function send(kind, more) { busy++; clearTimeout(slow); slow = setTimeout(() => root.classList.add("waits"), 300); return line.send(kind, more); }

  /* ── answers */
  function answered(answer) {
    busy = Math.max(0, busy - (answer.kind === "scene" ? 0 : 1));
    if (!busy) { clearTimeout(slow); root.classList.remove("waits"); aim = null; }
    if (answer.kind !== "refused") $(".refused").hidden = true;
    ({ scene: onScene, frame: onFrame, told: onTold, verdict: onVerdict, exported: (a) => { saveAnswer(a); live(`${a.name} is saved.`); }, refused: (a) => { view.playing = false; phases(); refuse(a.text); } })[answer.kind]?.(answer);
  }
  function refuse(words) { const box = $(".refused"); box.textContent = words; box.hidden = false; }
  function onScene(scene) {
    const other = !view.scene || view.scene.source !== scene.source || scene.source === "pasted";
    view.scene = scene; view.frame = null;                        // the frame that follows is of this scene
    if (other || scene.mode === "pictures") { view.told = null; view.badges = {}; }
    if (scene.mode === "pictures") { if (other || !view.asked) view.asked = pending?.q ?? ""; if (other && !pending?.tab && !view.asked) view.tab = "data"; }
    else if (!(view.asked in scene.parts)) { view.asked = pending?.q && pending.q in scene.parts ? pending.q : scene.layout.columns[1].weights[0].value; view.trail = []; if (other && view.tab === "data" && !pending?.tab && !scene.setup) view.tab = "ask"; }
    if (other) view.phase = pending?.phase ?? 0;
    root.dataset.mode = scene.mode; drawnFor = null;
    const pick = $('[data-do="source"]');
    pick.replaceChildren(...Object.entries(scene.source in scene.sources ? scene.sources : { ...scene.sources, [scene.source]: scene.label }).map(([name, words]) => new Option(words, name, false, name === scene.source)));
    is("sizes").textContent = scene.sizes; is("rate").textContent = `α = ${scene.rate}`; is("batch").textContent = scene.batch ?? ""; is("goal").textContent = `E < ${scene.threshold}`; is("until").hidden = !scene.threshold;
    $('[data-do="+epoch"]').hidden = scene.unit === 1; $(".overlay").hidden = scene.mode !== "pictures"; legend(scene);
    is("rows").hidden = scene.rows < 2; is("members").hidden = !(scene.members > 1);
    if (scene.members > 1) $('[data-do="member"]').replaceChildren(...Array.from({ length: scene.members }, (_, k) => new Option(`${k + 1} of ${scene.members}`, k, false, k === scene.member)));
    if (scene.rows > 1) $('[data-do="row"]').replaceChildren(...Array.from({ length: scene.rows }, (_, k) => new Option(k, k, false, k === scene.row)));
    host.title?.(`${scene.label}: chainrule studio`);
  }
  function onFrame(frame) {
    view.frame = frame;
    if (frame.from === 0) { course.points = frame.points; course.ghost = frame.ghost ?? null; } else { course.points.length = Math.min(course.points.length, frame.from); course.points.push(...frame.points); }
    course.sorted = course.points.every(([k], j, all) => !j || all[j - 1][0] <= k) ? course.points : [...course.points].sort(([a], [b]) => a - b);
    Object.assign(course, { start: frame.start, end: frame.end, n: frame.n, unit: view.scene.unit, ticks: frame.ticks, goal: frame.goal, loss: frame.loss, heldOut: frame.held_out, threshold: view.scene.threshold });
    for (const button of $$("[data-overlay]")) button.setAttribute("aria-pressed", button.dataset.overlay === frame.overlay);
    $('[data-do="undo"]').hidden = !frame.edits.length;
    if (frame.n < goal && !frame.ended && frame.n !== come) { come = frame.n; send("advance", { updates: goal - frame.n }); render(false); panels(); return; }
    goal = 0; come = -1;
    if (pending) { view.phase = pending.phase; if (pending.tab) view.tab = pending.tab; pending = null; tabs(); }
    render();
    if (pictured() && view.phase && !view.playing && !frame.says[1]) send("look", { overlay: frame.overlay });
    if (view.tab === "ask" && view.asked && !(pictured() && view.playing)) ask(view.asked, null, true);
    else if (view.tab === "data" || (view.tab === "ask" && !view.playing)) panels();   // what is typed or read elsewhere stays
    if (view.playing) afterPaint(() => { if (view.playing) { if (frame.ended || frame.reached) play(); else send("advance", { updates: 100000, milliseconds: 12 }); } });
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
    const [W, H] = room.net, p = new Parts(view), focused = focus()?.closest?.("[data-part]")?.dataset.part;
    svg.setAttribute("viewBox", `0 0 ${W} ${H}`);
    if (pictured()) drawPictures(svg, p, W, H, root); else { svg.replaceChildren(); svg.held = null; (view.scene.layout.is_chain && view.scene.layout.columns.length <= 3 ? drawChain : drawLayers)(svg, p, W, H); }
    const stop = svg.querySelector(`[data-part="${CSS.escape(view.asked)}"]`) ?? svg.querySelector("[data-part]");
    stop?.setAttribute("tabindex", 0);
    if (focused && svg.contains(stop)) (svg.querySelector(`[data-part="${CSS.escape(focused)}"]`) ?? stop).focus();
  }
  let drawnPhase = "";
  function phases() {
    const key = `${view.phase} ${view.playing}`;
    if (key === drawnPhase) return;
    drawnPhase = key;
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
    const held = focus()?.dataset?.phase;
    phases(); if (held) $(`[data-phase="${held}"]`)?.focus();
    $(".says").innerHTML = view.frame.says[view.phase] ?? view.frame.says[0];
    draw(); curve(); address();
    if (aloud) live(`${whereIs(view.frame.n, course.unit)}. ${$(".says").textContent}`);
  }
  const curve = () => { scrub = drawCurve(when, room.when, { ...course, points: course.sorted ?? [] }); };
  function legend(scene) {
    const rows = [["plus", "positive (solid)"], ["minus", "negative (dashed)"]], points = scene.points ?? [];
    const words = points.length && scene.layout.columns[0].count === 2 ? "each unit shows what it says over the plane of the two inputs; hollow marks are held out" : "each unit shows what it says of many rows, side by side in the order of what is true";
    if (scene.mode === "pictures") $(".key").replaceChildren(...rows.map(([cls, word]) => { const span = document.createElement("span"); span.className = cls; span.textContent = word; return span; }), Object.assign(document.createElement("span"), { className: "bare", textContent: scene.layout.columns[0].count === 1 ? "each unit shows what it says along the input" : words }));
    else $(".key").replaceChildren(...[["f", "forward: what it says"], ["e", "error"], ["g", "backward: how E changes"], ["n", "update: new values"]].map(([cls, word]) => { const span = document.createElement("span"); span.className = cls; span.textContent = word; return span; }));
  }
  function live(words) { is("live").textContent = words; }
  function reachable() {                                           // what is wider than the panel all the same is scrolled by keyboard, too
    for (const node of panel.querySelectorAll(".wide")) if (node.scrollWidth > node.clientWidth) node.tabIndex = 0;
  }
  function panels() {
    for (const tab of $$("[data-tab]")) tab.setAttribute("aria-selected", tab.dataset.tab === view.tab);
    panel.setAttribute("aria-labelledby", `${host.prefix}tab-${["check", "data"].includes(view.tab) ? view.tab : "ask"}`);
    if (view.tab === "data") { if (drawnFor !== view.scene) { setupPanel(panel, view); drawnFor = view.scene; } } else drawnFor = null;
    if (view.tab === "check") checkPanel(panel, view); else if (view.tab === "help") helpPanel(panel); else if (view.tab === "save") savePanel(panel, view); else if (view.tab === "ask") { if (view.told) toldPanel(panel, view, PHASES); else emptyPanel(panel, view); }
    reachable();
  }
  let drawnFor = null;                                          // the scene for which the form stands there
  const tabs = panels;
  function light(q) {
    for (const node of root.querySelectorAll(".lit")) node.classList.remove("lit");
    if (q) for (const node of root.querySelectorAll(`[data-q="${CSS.escape(q)}"]`)) node.classList.add("lit");
  }
  function theme(name) { root.dataset.theme = name; host.themed?.(name); }
  const state = () => ({ source: view.scene.source, seed: view.scene.seed, n: view.frame.n, phase: view.phase, q: view.asked, tab: view.tab, theme: root.dataset.theme, edits: view.frame.edits, setup: view.scene.setup, member: view.scene.member });
  const address = () => view.frame && !view.playing && host.write(state());

  /* ── what is done */
  function ask(q, from = null, again = false, rows = again || from ? view.told?.rows ?? "" : "") {   // what a derivation speaks of is of its own rows
    if (!again) { view.trail = from ? [...view.trail, from] : []; view.tab = "ask"; }
    latest = send("ask", { quantity: q, rows, room: Math.floor((panel.clientWidth - 124) / LETTER) });
  }
  function toPhase(phase) {
    if (!view.frame) return;
    view.phase = Math.max(0, Math.min(4, phase));
    if (pictured()) { const overlay = { 3: "gradients", 4: "changes" }[view.phase] ?? "weights"; if (overlay !== view.frame.overlay || (view.phase && !view.frame.says[1])) send("look", { overlay }); }
    render(); if (view.told && view.tab === "ask") panels(); }
  function step(by) { if (by > 0) { view.phase = Math.max(1, view.phase); if (pictured()) view.phase = 0; send("advance", { updates: by }); } else send("seek", { updates: Math.max(course.start, course.n + by) }); }
  function epoch() { view.phase = 0; step(course.unit - (course.n % course.unit)); }
  function next() { if (view.phase < 4) toPhase(view.phase + 1); else { view.phase = 1; send("advance", { updates: 1 }); } }
  function back() { if (view.phase > 0) toPhase(view.phase - 1); else if (course.n > course.start) { view.phase = 4; send("seek", { updates: course.n - 1 }); } }
  function play() { view.playing = !view.playing; if (view.playing) { view.phase = pictured() ? 0 : 4; if (pictured() && view.frame.overlay !== "weights") send("look", { overlay: "weights" }); else send("advance", { updates: 1, milliseconds: pictured() ? 12 : 0 }); } else { render(); if (view.asked && view.tab === "ask") ask(view.asked, null, true); } phases(); }
  let aim = null;                                               // the step that what was asked for leads to: keys may come faster than frames
  const here = () => aim ?? course.n;
  const goTo = (n, phase = view.phase) => {
    const from = here();
    view.phase = phase; aim = n;
    if (n > from && n > course.end) send("advance", { updates: n - from }); else send("seek", { updates: n });
  };
  const actions = {
    "+phase": next, "+epoch": epoch, layer: () => changeLayers(panel, view), "+step": () => step(1), "-step": () => step(-1), play, undo: () => send("undo"),
    theme: () => { const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; theme(dark ? "light" : "dark"); address(); },
    help: () => { view.tab = view.tab === "help" ? "ask" : "help"; panels(); panel.focus(); },
    share: () => navigator.clipboard?.writeText(host.link()).then(() => live("The link is copied. It opens on this machine, while the studio runs.")),
    save: () => { view.tab = view.tab === "save" ? "ask" : "save"; panels(); (panel.querySelector(".saves button") ?? panel).focus(); },
    latex: () => send("export", { format: "latex", quantity: view.told.quantity, rows: view.told.rows }), pdf: () => send("export", { format: "pdf", quantity: view.told.quantity, rows: view.told.rows }),
    python: () => send("export", { format: "python" }), run: () => send("export", { format: "run" }),
    svg: () => saveSvg(svg, view.scene.label), png: () => savePng(svg, view.scene.label),
    check: () => { view.lesson = is("lesson").value; send("check", { text: view.lesson }); }, again: () => { view.verdict = null; panels(); is("lesson").focus(); },
  };
  root.addEventListener("click", (event) => {
    const target = event.target.closest("button, [data-part]") ?? event.target.closest("[data-q]"); if (!target) return;
    const d = target.dataset;
    const matrix = event.target.closest("[data-matrix]");
    if (matrix) { askMatrix(matrix, event); return; }
    if (d.do === "-layer") { changeLayers(panel, view, target.closest("li")); return; }
    if (d.source) { open(d.source); return; }
    if (d.overlay) { send("look", { overlay: d.overlay }); return; }
    if (d.tab) { view.tab = d.tab; panels(); address(); if (d.tab === "ask" && view.asked) ask(view.asked, null, true); }
    else if (d.phase) toPhase(+d.phase);
    else if (d.back) { const k = +d.back, q = view.trail[k]; view.trail = view.trail.slice(0, k); ask(q, null, true); }
    else if (d.work) { view.phase = 0; view.asked = ""; view.tab = "ask"; send("work_on", { example: +d.work }); }
    else if (d.do && actions[d.do]) actions[d.do]();
    else if (d.part) ask(d.part);
    else if (d.rows) ask(d.q, null, false, d.rows);
    else if (d.q) ask(d.q, panel.contains(target) && view.tab === "ask" ? view.asked : null);
  });
  root.addEventListener("change", (event) => {
    const { do: what } = event.target.dataset;
    if (what === "source") open(event.target.value);
    if (what === "file") dropped(event.target.files[0]);
    if (what === "member") { view.playing = false; view.phase = 0; send("open", { source: view.scene.source, member: +event.target.value }); }
    if (what === "row") send("show", { row: +event.target.value });
  });
  function open(source) { view.asked = ""; view.playing = false; view.phase = 0; send("open", { source, seed: 0 }); }
  function askMatrix(node, event) {                               // which weight lies under the pointer; the middle of the keyboard
    const box = node.querySelector("image").getBoundingClientRect(), part = (v, low, size) => Math.max(0, Math.min(0.999, event.detail ? (v - low) / size : 0));
    const i = Math.floor(part(event.clientY, box.y, box.height) * node.dataset.rows), j = Math.floor(part(event.clientX, box.x, box.width) * node.dataset.columns);
    ask(`${node.dataset.matrix}[${i},${j}]`);
  }
  async function dropped(file) {
    if (!file) return;
    if (file.size > 900_000) { refuse(`${file.name} has ${Math.round(file.size / 1e6)} MB: the page takes tables up to 900 kB; use chainrule train.`); return; }
    view.asked = ""; view.playing = false; view.phase = 0; send("table", { name: file.name, text: await file.text() });
  }
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => { event.preventDefault(); dropped(event.dataTransfer.files[0]); });
  root.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.target;
    if (form.dataset.form === "setup") { view.playing = false; view.phase = 0; view.asked = ""; send("set_up", { setup: wanted(form, view) }); return; }
    if (form.dataset.form === "find") { ask(form.elements.q.value.trim(), view.asked || null, false, ""); return; }
    const { value } = form.elements; value.dataset.sent = value.value; send("edit", { quantity: view.asked, value: value.value });
  });
  const under = (event) => (event.target.closest?.("button[data-q]") ?? event.target.closest?.("[data-q]"))?.dataset.q;   // a factor before what is in its name
  root.addEventListener("pointerover", (event) => light(under(event))); root.addEventListener("focusin", (event) => light(under(event)));
  when.addEventListener("pointerdown", (event) => {
    when.setPointerCapture(event.pointerId);
    const move = (e) => { const n = scrub(e.clientX - when.getBoundingClientRect().left); if (n !== course.n && !busy) send("seek", { updates: n }); };
    move(event); when.onpointermove = move;
  });
  when.addEventListener("pointerup", (event) => { when.onpointermove = null; const n = scrub(event.clientX - when.getBoundingClientRect().left); if (n !== course.n) send("seek", { updates: n }); });
  when.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowLeft: -1, ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key], { end, unit } = course;
    if (by) goTo(Math.max(course.start, (Math.floor(here() / unit) + by) * unit)); else if (event.key === "Home") goTo(course.start); else if (event.key === "End") goTo(end); else return;
    event.preventDefault(); event.stopPropagation();
  });
  svg.addEventListener("keydown", (event) => walk(event, svg, (q) => ask(q)));
  host.keys.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("form input")) { event.preventDefault(); event.target.form.requestSubmit(); return; }   // which JupyterLab keeps from happening by itself
    if (event.target.closest("input, select, textarea") || event.ctrlKey || event.metaKey || event.altKey) return;
    const tab = event.target.closest('[role="tab"]');
    if (tab && event.key.startsWith("Arrow")) { const all = $$("[data-tab]"), other = all[(all.indexOf(tab) + (event.key === "ArrowRight" || event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]; other.click(); other.focus(); event.preventDefault(); return; }
    const keys = {
      ArrowRight: () => (event.shiftKey ? step(1) : next()), ArrowLeft: () => (event.shiftKey ? step(-1) : back()), Home: () => goTo(course.start, 0), End: () => goTo(course.end, pictured() ? 0 : 4),
      " ": () => !event.target.closest("button") && (play(), true), 1: () => toPhase(1), 2: () => toPhase(2), 3: () => toPhase(3), 4: () => toPhase(4),
      n: () => svg.querySelector('[tabindex="0"]')?.focus(), d: () => panel.focus(), e: () => !$('[data-do="+epoch"]').hidden && epoch(), s: actions.save, u: () => view.frame?.edits.length && send("undo"), "?": actions.help,
    };
    if (!keys[event.key] || !view.frame) return;
    event.stopPropagation();                                     // a notebook has keys of its own
    if (keys[event.key]() !== false) event.preventDefault();
  });
  const sizes = new ResizeObserver((entries) => {
    for (const { target, contentRect } of entries) room[target === when ? "when" : "net"] = [contentRect.width, contentRect.height];
    draw(); if (view.frame) curve();
  });
  sizes.observe($(".net")); sizes.observe(when);
  return { theme, close() { view.playing = false; sizes.disconnect(); line.close?.(); } };
}
