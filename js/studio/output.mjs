// What the network says, large: over the plane of two inputs, along the line of one, or of each row beside what is true.
import { painted } from "./paint.mjs";
import { el, text } from "./svg.mjs";

export function drawOutput({ g, box, q }, p, table) {
  const { output } = p.view.frame, still = g.querySelector("image");
  if (still) { const plane = output.kind === "plane"; still.setAttribute("href", painted(plane ? output.picture : output.codes, output.side, plane ? table.signs : table.classes)); return; }   // the marks stay where they are
  const { points } = p.view.scene, { x, y, w, h } = box, nodes = [];
  const at = (u, v) => [x + u * w, y + v * h].map((n) => +n.toFixed(1));
  if (output.kind === "plane" || output.kind === "classes") {
    const plane = output.kind === "plane";
    nodes.push(el("image", { x, y, width: w, height: h, preserveAspectRatio: "none", href: painted(plane ? output.picture : output.codes, output.side, plane ? table.signs : table.classes) }));
    nodes.push(...points.map((point) => mark(at(point[0], point[1]), point[2], point[3])));
  } else if (output.kind === "line") {
    nodes.push(el("rect", { class: "well", x, y, width: w, height: h }), ...points.map((point) => mark(at(point[0], point[1]), -1, point[3])));
    if (output.line.length) nodes.push(el("path", { class: "says-line", d: `M${output.line.map(([u, v]) => at(u, Math.max(0, Math.min(1, v))).join(" ")).join("L")}` }));
  } else if (output.kind === "pairs") {
    nodes.push(el("rect", { class: "well", x, y, width: w, height: h }), el("path", { class: "rule", d: `M${x} ${y + h}L${x + w} ${y}` }), ...output.pairs.map(([u, v]) => mark(at(u, Math.max(0, Math.min(1, v))), -1, 0)));
    nodes.push(text(x, y + h + 15, output.low, { class: "lab", "text-anchor": "start" }), text(x + w / 2, y + h + 15, "true", { class: "lab" }), text(x + w, y + h + 15, output.high, { class: "lab", "text-anchor": "end" }));
    nodes.push(text(x + 4, y + 14, "predicted", { class: "lab", "text-anchor": "start" }));
  } else nodes.push(...counts(output, box));
  const frame = el("rect", { class: "box hollow", x, y, width: w, height: h, rx: 6 });
  g.replaceChildren(q && output.kind !== "counts" ? p.part(q, ...nodes, frame) : el("g", {}, ...nodes, output.kind === "counts" ? null : frame));
}
function mark([x, y], kind, out) {
  const cls = `mark k${kind < 0 ? "n" : kind % 4}${out ? " out" : ""}`;
  if (kind === 0) return el("rect", { class: cls, x: x - 2.7, y: y - 2.7, width: 5.4, height: 5.4 });
  if (kind % 4 === 2) return el("path", { class: cls, d: `M${x} ${y - 4}L${x + 4} ${y}L${x} ${y + 4}L${x - 4} ${y}Z` });
  if (kind % 4 === 3) return el("path", { class: cls, d: `M${x} ${y - 4}L${x + 4} ${y + 3}H${x - 4}Z` });
  return el("circle", { class: cls, cx: x, cy: y, r: 3.1 });
}
function counts({ labels, counts: table }, { x, y, w, h }) {
  const n = Math.min(labels.length, 10), left = Math.min(74, w * 0.36, 14 + 7 * Math.max(...labels.map((label) => label.length))), cell = Math.min((w - left) / n, (h - 30) / n, 46), most = Math.max(...table.flat(), 1), nodes = [];
  const short = (words, room) => (words.length > room ? `${words.slice(0, room - 1)}…` : words);
  for (let i = 0; i < n; i++) {
    nodes.push(text(x + left - 6, y + 24 + cell * (i + 0.5) + 4, short(labels[i], 10), { class: "lab", "text-anchor": "end" }), text(x + left + cell * (i + 0.5), y + 16, short(labels[i], Math.max(2, Math.floor(cell / 7))), { class: "lab" }));
    for (let j = 0; j < n; j++) {
      const v = table[i][j];
      nodes.push(el("rect", { class: i === j ? "hit-cell" : "miss-cell", x: x + left + cell * j + 1, y: y + 24 + cell * i + 1, width: cell - 2, height: cell - 2, rx: 3, "fill-opacity": (0.06 + (0.5 * v) / most).toFixed(3) }), cell < 15 || (!v && n > 5) ? "" : text(x + left + cell * (j + 0.5), y + 24 + cell * (i + 0.5) + 5, v, { class: v ? (cell < 22 ? "tiny" : "") : "lab" }));
    }
  }
  nodes.push(text(x + w / 2, y + 24 + cell * n + 17, "held out: true ↓ predicted →", { class: "lab" }));
  return nodes;
}
