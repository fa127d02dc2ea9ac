// The loss curve, which is the scrubber: past solid, future faint, rows held out dashed, the course before an edit as a ghost.
import { el, text } from "./svg.mjs";

export function drawCurve(box, [w, h], course) {
  const svg = box.firstElementChild, small = h < 90;
  const { points, start, end, n, unit, ticks, goal, loss, heldOut, ghost } = course, last = Math.max(end, start + 10 * unit, ...(ghost ?? []).map(([k]) => k));
  svg.setAttribute("viewBox", `0 0 ${w} ${h}`); svg.replaceChildren();
  const L = small ? 8 : 46, R = w - (small ? 8 : 12), T = 20, B = h - 20;
  let top = 1e-12; for (const [, a, b] of points) { if (a > top) top = a; if (b > top) top = b; } for (const [, a] of ghost ?? []) if (a > top) top = a;
  top *= 1.02;
  const origin = ghost ? 0 : start, X = (k) => L + ((R - L) * (k - origin)) / (last - origin), Y = (v) => B - ((B - T) * Math.min(v, top)) / top;
  const thin = Math.max(1, Math.floor(points.length / 600));
  const line = (which, from, to) => { const out = []; let skipped = 0; for (const point of points) { if (point[0] < from || point[0] > to) continue; const v = point[which]; if (v === null) continue; if (skipped++ % thin && point[0] !== to && point[0] !== from) continue; out.push(`${X(point[0]).toFixed(1)} ${Y(v).toFixed(1)}`); } return out; };
  const s = (...nodes) => svg.append(...nodes.filter(Boolean));
  if (!small) for (const [v, words] of ticks) s(el("line", { class: "rule", x1: L, y1: Y(v), x2: R, y2: Y(v) }), text(L - 8, Y(v) + 4, words, { "text-anchor": "end" }));
  const past = line(1, start, n), ahead = line(1, n, end), out = line(2, start, end);
  if (ghost) s(el("path", { class: "ghost", d: `M${ghost.filter(([, v]) => v !== null).map(([k, v]) => `${X(k).toFixed(1)} ${Y(v).toFixed(1)}`).join("L")}` }));
  if (past.length) s(el("path", { class: "fill", d: `M${X(start)} ${B}L${past.join("L")}L${X(n)} ${B}Z` }), el("path", { class: "past", d: `M${past.join("L")}` }));
  if (ahead.length > 1) s(el("path", { class: "ahead", d: `M${ahead.join("L")}` }));
  if (out.length > 1) s(el("path", { class: "out", d: `M${out.join("L")}` }));
  const right = X(n) > w * 0.6;
  if (!small && goal && top < 1000 * goal) s(el("line", { class: "goal", x1: L, y1: Y(goal), x2: R, y2: Y(goal) }), text(right ? L + 4 : R, Y(goal) - 6, `stop below ${course.threshold}`, { class: "goalt", "text-anchor": right ? "start" : "end" }));
  if (!small) s(text(L - 8, T - 8, "E", { "text-anchor": "end", class: "sym" }));
  const each = unit > 1 ? "epoch" : "step", marks = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round((origin + part * (last - origin)) / unit) * unit);
  for (const k of new Set(marks)) s(text(Math.min(X(k), R), h - 3, k === origin ? `${each} ${k / unit}` : k / unit, { "text-anchor": k === origin ? "start" : X(k) >= R - 4 ? "end" : "middle" }));
  const here = points.findLast?.((point) => point[0] === n)?.[1] ?? null, place = whereIs(n, unit);
  s(el("line", { class: "head", x1: X(n), y1: T - 6, x2: X(n), y2: B }));
  if (here !== null) s(el("circle", { class: "knob", cx: X(n), cy: Y(here), r: 6.5 }));
  const words = heldOut ? `${place}: ${w < 480 ? "" : "training "}${loss}, held out ${heldOut}` : `${place}: E = ${loss}`;
  const reach = Math.min(words.length * 8.4, w - 8); // of the words: they stay inside, also on a phone
  s(text(right ? Math.max(X(n) - 12, reach + 4) : Math.min(X(n) + 12, w - reach - 4), T - 2, words, { class: "now", "data-q": unit > 1 || heldOut ? undefined : "E", "text-anchor": right ? "end" : "start" }));
  box.setAttribute("aria-valuemin", start); box.setAttribute("aria-valuemax", end); box.setAttribute("aria-valuenow", n); box.setAttribute("aria-valuetext", `${place} of ${Math.floor(end / unit)}, error ${loss}`);
  return (x) => Math.max(start, Math.min(end, Math.round((origin + ((x - L) / (R - L)) * (last - origin)) / unit) * unit));
}
export const whereIs = (n, unit) => (unit === 1 ? `step ${n}` : `epoch ${Math.floor(n / unit)}${n % unit ? `, step ${n % unit}` : ""}`);
