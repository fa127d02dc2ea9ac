// The address bar holds the state: #source=lesson&n=12&phase=3&q=dE/dw1; and so a link opens the same.
export function parse(hash) {
  const at = new URLSearchParams(hash.replace(/^#/, ""));
  if (![...at.keys()].length) return null;
  const whole = (name, most) => { const v = Number(at.get(name)); return Number.isInteger(v) && v >= 0 && v <= most ? v : 0; };
  let edits = [];
  try { const list = JSON.parse(at.get("edits") ?? "[]"); if (Array.isArray(list)) edits = list.filter((e) => Array.isArray(e) && e.length === 3); } catch { /* none */ }
  const pick = (name, choices) => (choices.includes(at.get(name)) ? at.get(name) : undefined);
  return { source: at.get("source") ?? "", seed: whole("seed", 2 ** 31), n: whole("n", 1e5), phase: whole("phase", 4), q: at.get("q") ?? "", tab: pick("tab", ["ask", "check", "data"]), theme: pick("theme", ["light", "dark"]), edits, ...(whole("member", 1e4) && { member: whole("member", 1e4) }), ...(asObject(at.get("setup")) && { setup: asObject(at.get("setup")) }) };
}
function asObject(words) { try { const value = JSON.parse(words); return value && typeof value === "object" && !Array.isArray(value) ? value : null; } catch { return null; } }
export function format(state) {
  const at = new URLSearchParams({ source: state.source, n: state.n, phase: state.phase, q: state.q });
  if (state.seed) at.set("seed", state.seed);
  if (["check", "data"].includes(state.tab)) at.set("tab", state.tab);
  if (state.member) at.set("member", state.member);
  if (state.setup) at.set("setup", JSON.stringify(state.setup));
  if (state.theme) at.set("theme", state.theme);
  if (state.edits.length) at.set("edits", JSON.stringify(state.edits));
  return `#${at}`;
}
