// A larger network: each unit a picture of what it says, lines by sign (colour and dash) and size (width); what is many is folded.
import { drawOutput } from "./output.mjs";
import { colours, painted } from "./paint.mjs";
import { el, text } from "./svg.mjs";

const FOLD = 128;                                              // cells to a side of a picture of weights or units
const image = (x, y, width, height, smooth) => el("image", { x, y, width, height, preserveAspectRatio: "none", class: smooth ? "" : "cells" });

export function drawPictures(svg, p, W, H, root) {
  const { scene, frame, asked, playing, told } = p.view, key = [W, H, asked, root.dataset.theme, playing ? null : told];
  if (svg.held?.scene !== scene || svg.held.key.some((v, k) => v !== key[k])) {
    svg.replaceChildren();
    svg.held = { scene, key, ...build(svg, p, W, H) };
  }
  const { units, edges, output } = svg.held, table = colours(root);
  frame.units.forEach((pictures, c) => {
    const of = units[c]; if (!of) return;
    if (typeof pictures === "string") { const height = Math.ceil(of.count / Math.ceil(of.count / FOLD)), length = atob(pictures).length; of.strip?.setAttribute("href", painted(of.tall ? pictures : pictures, Math.round(length / height), table.signs)); }
    else pictures.forEach((code, k) => { const size = (code.length * 3) / 4 > 500 ? 24 : atob(code).length; of.images[k]?.setAttribute("href", painted(code, size, table.signs)); });
  });
  frame.weights.forEach((shown, c) => {
    const drawn = edges[c];
    if (shown.picture) { drawn.matrix?.setAttribute("href", painted(shown.picture, shown.size[0], table.signs)); return; }
    shown.lines.forEach((v, k) => {
      const path = drawn.lines[k]; if (!path) return;
      path.setAttribute("class", `edge ${v < 0 ? "minus" : "plus"}${path.dataset.on ?? ""}`);
      path.setAttribute("stroke-width", (0.5 + 4.5 * Math.abs(v)).toFixed(2));
    });
  });
  drawOutput(output, p, table);
}

function build(svg, p, W, H) {
  const { layout } = p.view.scene, tall = W < 620, columns = layout.columns, last = columns.at(-1), alone = last.count === 1;
  const stops = alone ? columns.length : columns.length + 1, lines = el("g"), boxes = el("g"), cards = el("g");
  svg.append(lines, boxes, cards);
  const panel = tall ? { w: Math.min(170, W - 40), h: Math.min(136, H * 0.28) } : { w: Math.min(210, W * 0.22), h: Math.min(210, W * 0.22, H - 60) };
  const head = tall ? 18 : 44, first = tall ? 8 : 52, mainEnd = tall ? H - panel.h / 2 - 6 : W - panel.w / 2 - 12;
  const main = (c) => { const begin = tall ? head + 16 : first; return begin + ((mainEnd - (tall ? panel.h / 2 - 12 : 0) * (c < stops - 1) - begin) * c) / (stops - 1); };
  const across = tall ? W - 16 : H - head - 12;
  const units = columns.map((column, c) => {
    if (alone && c === columns.length - 1) return null;
    const folded = !column.units.length, n = column.count, at = main(c);
    if (folded) {
      const length = Math.min(across, tall ? W - 24 : 360), wide = tall ? 26 : 46, x = tall ? (W - length) / 2 : at - wide / 2, y = tall ? at - wide / 2 : head + (across - length) / 2;
      const strip = tall ? el("g", { transform: `translate(${x} ${y + wide}) rotate(-90)` }) : el("g", { transform: `translate(${x} ${y})` }), inside = image(0, 0, wide, length, false);
      strip.append(inside, el("rect", { class: "box hollow", width: wide, height: length, rx: 4 }));
      boxes.append(strip);
      const place = (k) => (tall ? [x + (length * (k + 0.5)) / n, at] : [at, y + (length * (k + 0.5)) / n]);
      return { count: n, strip: inside, images: [], at: (k, side) => { const [px, py] = place(k); return tall ? [px, py + side * wide / 2] : [px + side * wide / 2, py]; }, top: y };
    }
    const pitch = Math.min(tall ? 62 : 74, across / n), h = tall ? Math.min(36, (pitch - 6) * 0.78) : Math.min(48, pitch - 8), w = tall ? pitch - 8 : Math.min(66, h * 1.35);
    const place = (k) => { const side = (k - (n - 1) / 2) * pitch; return tall ? [W / 2 + side, at] : [at, head + across / 2 + side]; };
    const images = column.units.map((q, k) => {
      const [x, y] = place(k), inside = image(x - w / 2, y - h / 2, w, h, p.view.scene.points.length > 0);
      const part = p.part(q, inside, el("rect", { class: "box hollow", x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 5 }));
      boxes.append(part);
      if (column.names && !tall && pitch > 30) boxes.append(text(x, y + h / 2 + 13, short(column.names[k]), { class: "lab" }));
      return inside;
    });
    return { count: n, images, at: (k, side) => { const [x, y] = place(k); return tall ? [x, y + side * h / 2] : [x + side * w / 2, y]; }, top: place(0)[1] - h / 2 };
  });
  columns.forEach((column, c) => {
    if (alone && c === columns.length - 1) return;
    const sub = c ? `${column.count} ${column.activation}` : column.count;
    if (tall) boxes.append(text(W / 2, main(c) - (units[c].strip ? 17 : 22), `${column.title}: ${sub}`, { class: "lab" }));
    else boxes.append(text(main(c), 14, column.title, { class: "head" }), text(main(c), 31, sub, { class: "lab" }));
  });
  const px = tall ? W / 2 : mainEnd, py = tall ? mainEnd : head + across / 2, box = { x: px - panel.w / 2, y: py - panel.h / 2, ...panel, tall };
  if (!tall) boxes.append(text(px, box.y - 26, "output", { class: "head" }), text(px, box.y - 9, `${layout.end}, ${layout.loss}`, { class: "lab" }));
  const edges = columns.slice(1).map((column, k) => {
    const c = k + 1, from = units[c - 1], to = units[c] ?? { at: () => (tall ? [px, box.y] : [box.x, py]), count: 1 }, { rows, columns: wide, name } = column.between;
    if (!column.weights.length) return { matrix: matrix(lines, p, from, to, rows, wide, name, tall), lines: [] };
    return { lines: column.weights.map((q, index) => {
      const i = Math.floor(index / wide), j = index % wide, [x1, y1] = from.at(i, 1), [x2, y2] = to.at(j, -1), on = [q, `dE/d${q}`, `${name}'${q.slice(name.length)}`].includes(p.view.asked);
      const d = tall ? `M${x1} ${y1}C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}` : `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`;
      const path = el("path", { d, class: "edge" }), part = p.part(q, el("path", { class: "grip thin", d }), path);
      if (on) { path.dataset.on = " on"; if (p.view.told?.card && !p.view.playing && p.view.told.n === p.view.frame.n) cards.append(card(p, p.view.told.card, (x1 + x2) / 2, (y1 + y2) / 2, W)); }
      lines.append(part);
      return path;
    }) };
  });
  if (!alone) { const of = units.at(-1); column_wires(lines, of, tall ? [px, box.y] : [box.x, py], tall); }
  const output = el("g"); boxes.append(output);
  return { units, edges, output: { g: output, box, q: alone ? last.units[0] : null } };
}
const short = (name) => (name.length > 16 ? `${name.slice(0, 15)}…` : name);
function column_wires(lines, of, [x2, y2], tall) {
  for (let k = 0; k < Math.min(of.count, 12); k++) { const [x1, y1] = of.at(k, 1); lines.append(el("path", { class: "wire", d: tall ? `M${x1} ${y1}C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}` : `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}` })); }
}
function matrix(lines, p, from, to, rows, wide, name, tall) {
  const a = from.at(0, 1), b = from.at(from.count - 1, 1), c = to.at(0, -1), d = to.at(to.count - 1, -1), mid = (u, v) => (u + v) / 2;
  const gap = tall ? c[1] - a[1] : c[0] - a[0], x0 = mid(mid(a[0], b[0]), mid(c[0], d[0])), y0 = mid(mid(a[1], b[1]), mid(c[1], d[1]));
  const along = Math.max(24, Math.min(gap - 26, 130)), w = tall ? Math.min(170, 40 + wide * 3) : along, h = tall ? Math.max(16, Math.min(gap - 40, 56)) : Math.min(190, 40 + rows * 2);
  const inside = image(x0 - w / 2, y0 - h / 2, w, h, false);
  const ends = tall ? [[mid(a[0], b[0]), a[1], x0, y0 - h / 2], [x0, y0 + h / 2, mid(c[0], d[0]), c[1]]] : [[a[0], mid(a[1], b[1]), x0 - w / 2, y0], [x0 + w / 2, y0, c[0], mid(c[1], d[1])]];
  const part = el("g", { class: "part", role: "button", tabindex: -1, "data-matrix": name, "data-rows": rows, "data-columns": wide, "aria-label": `${name}, ${rows} × ${wide} weights: click one, or ask for it by its name` }, inside, el("rect", { class: "box hollow", x: x0 - w / 2, y: y0 - h / 2, width: w, height: h, rx: 3 }));
  for (const [x1, y1, x2, y2] of ends) lines.append(el("path", { class: "wire", d: `M${x1} ${y1}L${x2} ${y2}` }));
  lines.append(part);
  if (!tall) lines.append(text(x0, y0 - h / 2 - 7, `${name}: ${rows} × ${wide}`, { class: "lab" }));
  return inside;
}
function card(p, rows, x, y, W) {
  const w = Math.max(140, 26 + 7.9 * Math.max(...rows.map((row) => row.label.length + row.value.length))), h = 12 + 19 * rows.length, left = Math.max(4, Math.min(W - w - 4, x - w / 2)), g = el("g", {}, el("rect", { class: "pill chosen", x: left, y: y - h / 2, width: w, height: h, rx: 10 }));
  rows.forEach((row, k) => {
    const line = text(left + w / 2, y - h / 2 + 20 + 19 * k, "", { class: ["", "g small", "n small"][k], "data-q": row.quantity });
    line.append(el("tspan", { class: "sym less" }, `${row.label.replace("'", "′")} `), el("tspan", {}, row.value)); g.append(line);
  });
  return g;
}
