// The loss curve, which is the scrubber: past solid, future faint, the course before an edit as a ghost.
import { el, text } from "./svg.mjs";

export function drawCurve(box, course) {
  const svg = box.firstElementChild, { width: w, height: h } = box.getBoundingClientRect(), small = h < 90;
  const { losses, start, n, ticks, goal, loss, ghost } = course, end = start + losses.length - 1, last = Math.max(end, start + 10, ...(ghost ?? []).map(([k]) => k));
  svg.setAttribute("viewBox", `0 0 ${w} ${h}`); svg.replaceChildren();
  const L = small ? 8 : 46, R = w - (small ? 8 : 12), T = 20, B = h - 20, finite = losses.filter((v) => v !== null), top = Math.max(...finite, ...(ghost ?? []).map(([, v]) => v ?? 0), 1e-12) * 1.02;
  const origin = ghost ? 0 : start, X = (k) => L + ((R - L) * (k - origin)) / (last - origin), Y = (v) => B - ((B - T) * Math.min(v, top)) / top;
  const thin = Math.max(1, Math.floor(losses.length / 600)), point = (k) => (losses[k] === null ? null : `${X(start + k).toFixed(1)} ${Y(losses[k]).toFixed(1)}`);
  const line = (from, to) => { const out = []; for (let k = from; k <= to; k += k === to ? 1 : Math.min(thin, to - k || 1)) { const at = point(k); if (at) out.push(at); } return out; };
  if (!small) for (const [v, words] of ticks) s(el("line", { class: "rule", x1: L, y1: Y(v), x2: R, y2: Y(v) }), text(L - 8, Y(v) + 4, words, { "text-anchor": "end" }));
  function s(...nodes) { svg.append(...nodes); }
  const past = line(0, n - start), ahead = line(n - start, losses.length - 1);
  if (ghost) s(el("path", { class: "ghost", d: `M${ghost.filter(([, v]) => v !== null).map(([k, v]) => `${X(k).toFixed(1)} ${Y(v).toFixed(1)}`).join("L")}` }));
  if (past.length) s(el("path", { class: "fill", d: `M${X(start)} ${B}L${past.join("L")}L${X(n)} ${B}Z` }), el("path", { class: "past", d: `M${past.join("L")}` }));
  if (ahead.length > 1) s(el("path", { class: "ahead", d: `M${ahead.join("L")}` }));
  if (!small && top < 1000 * goal) s(el("line", { class: "goal", x1: L, y1: Y(goal), x2: R, y2: Y(goal) }), text(R, Y(goal) - 6, `stop below ${course.threshold}`, { class: "goalt", "text-anchor": "end" }));
  if (!small) s(text(L - 8, T - 8, "E", { "text-anchor": "end", class: "sym" }));
  const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => Math.round(origin + part * (last - origin)));
  for (const k of new Set(marks)) s(text(X(k), h - 3, k === origin ? `step ${k}` : k, { "text-anchor": k === origin ? "start" : k === last ? "end" : "middle" }));
  const here = losses[n - start], right = X(n) > w * 0.6;
  s(el("line", { class: "head", x1: X(n), y1: T - 6, x2: X(n), y2: B }));
  if (here !== null) s(el("circle", { class: "knob", cx: X(n), cy: Y(here), r: 6.5 }));
  s(text(X(n) + (right ? -12 : 12), T - 2, `step ${n}: E = ${loss}`, { class: "now", "data-q": "E", "text-anchor": right ? "end" : "start" }));
  box.setAttribute("aria-valuemin", start); box.setAttribute("aria-valuemax", end); box.setAttribute("aria-valuenow", n); box.setAttribute("aria-valuetext", `step ${n} of ${end}, error ${loss}`);
  return (x) => Math.max(start, Math.min(end, Math.round(origin + ((x - L) / (R - L)) * (last - origin))));
}
