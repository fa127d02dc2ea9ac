// A network of several units a layer: columns of units, weights as lines by sign (colour and dash) and size (width).
import { el, text } from "./svg.mjs";

const LABELLED = 12;                                           // weights between two columns that carry their number

export function drawLayers(svg, p, W, H) {
  const { layout } = p.view.scene, tall = W < 620, columns = [...layout.columns, null], along = tall ? H : W, across = tall ? W : H;
  const deep = p.view.phase >= 3 ? 1 : 0, UW = tall ? Math.min(108, (across - 16) / Math.max(...layout.columns.map((column) => column.units.length)) - 6) : 150, UH = 52 + 22 * deep, pad = tall ? 40 : 70;
  const place = (c, k, count) => {
    const main = pad + ((along - 2 * pad) * c) / (columns.length - 1), side = across / 2 + (k - (count - 1) / 2) * Math.min((across - 16) / count, tall ? 116 : 128);
    return tall ? [side, main] : [main, side];
  };
  const at = columns.map((column, c) => (column ? column.units.map((_, k) => place(c, k, column.units.length)) : [place(c, 0, 1)]));
  const edges = el("g"), labels = el("g"), boxes = el("g"), cards = el("g");
  svg.append(edges, boxes, labels, cards);
  columns.forEach((column, c) => {
    const largest = column?.weights && Math.max(...column.weights.map((w) => Math.abs(p.size(w.value) ?? 0)), 1e-9);
    column?.weights?.forEach((w, k) => {
      const [x1, y1] = at[c - 1][w.from], [x2, y2] = at[c][w.to], v = p.size(w.value) ?? 0, chosen = [w.value, w.gradient, w.new].includes(p.view.asked);
      const d = tall ? `M${x1} ${y1}C${x1} ${(y1 + y2) / 2} ${x2} ${(y1 + y2) / 2} ${x2} ${y2}` : `M${x1} ${y1}C${(x1 + x2) / 2} ${y1} ${(x1 + x2) / 2} ${y2} ${x2} ${y2}`;
      const part = p.part(w.value, el("path", { class: "grip", d }), el("path", { class: `edge ${v < 0 ? "minus" : "plus"}${chosen ? " on" : ""}`, d, "stroke-width": (0.8 + (4.2 * Math.abs(v)) / largest).toFixed(2) }));
      edges.append(part);
      if (column.weights.length <= LABELLED || chosen) {
        const share = 0.28 + 0.44 * ((w.from + 0.5) / at[c - 1].length), s = tall ? share : share, bend = (u, b0, b3) => (1 - u) ** 3 * b0 + 3 * (1 - u) ** 2 * u * b0 + 3 * (1 - u) * u * u * b3 + u ** 3 * b3;
        const main = (1 - s) ** 3 * (tall ? y1 : x1) + 3 * (1 - s) ** 2 * s * (((tall ? y1 : x1) + (tall ? y2 : x2)) / 2) + 3 * (1 - s) * s * s * (((tall ? y1 : x1) + (tall ? y2 : x2)) / 2) + s ** 3 * (tall ? y2 : x2);
        const side = bend(s, tall ? x1 : y1, tall ? x2 : y2), [x, y] = tall ? [side, main] : [main, side];
        if (chosen) cards.append(p.pill(w, x, y + 26, 172)); else labels.append(tag(p, w, x, y, tall));
      }
    });
  });
  columns.forEach((column, c) => column?.units.forEach((u, k) => {
    const [x, y] = at[c][k];
    if (!c) return void boxes.append(input(p, u, x, y));
    const top = y - UH / 2, half = UW / 4;
    const inside = [el("rect", { class: "box", x: x - UW / 2, y: top, width: UW, height: UH, rx: 14 })];
    const cell = (q, cx, cy) => p.part(q, el("rect", { class: "hit", x: cx - half, y: cy - 22, width: 2 * half, height: 44, rx: 8 }), text(cx, cy - 4, p.label(q).replace(/\[.*/, ""), { class: "sym less" }), p.number(q, cx, cy + 13, { class: "small" }));
    const row = (q, y) => { const words = text(x, y, "", { class: `${p.colour(q)} small${UW < 90 ? " t10" : ""}` }); words.append(el("tspan", { class: "sym less" }, `${p.label(q).replace(/\[.*/, "")} `), el("tspan", { class: "num" }, p.shows(q))); return p.part(q, el("rect", { class: "hit", x: x - UW / 2, y: y - 16, width: UW, height: 22, rx: 7 }), words); };
    if (tall) inside.push(row(u.z, top + 22), u.a ? row(u.a, top + 44) : null);
    else inside.push(cell(u.z, x - half + 2, top + 26), u.a ? cell(u.a, x + half - 2, top + 26) : null);
    if (deep) inside.push(p.line(u.dz, x, top + 64, UW, tall ? "∂" : p.label(u.dz).replace(/\[.*/, ""), "tiny"));
    boxes.append(el("g", {}, ...inside));
    if (u.bias && (!tall || at[c].length < 3)) boxes.append(bias(p, u, x, top, UW));
  }));
  const [ex, ey] = at.at(-1)[0], q = layout.error, outs = at.at(-2);
  outs.forEach(([x, y], k) => {
    edges.append(el("path", { class: "wire", d: `M${x} ${y}L${ex} ${ey}` }));
    const t = layout.targets[k], [tx, ty] = tall ? [x, y + UH / 2 + 20] : [x, y + UH / 2 + 18];
    const words = text(tx, ty + 5, ""); words.append(el("tspan", { class: "sym less" }, p.label(t)), el("tspan", { dx: 3 }, ` ${p.shows(t)}`));
    boxes.append(p.part(t, el("rect", { class: "pill", x: tx - 46, y: ty - 12, width: 92, height: 25, rx: 9 }), words));
  });
  boxes.append(p.part(q, el("rect", { class: "box", x: ex - 46, y: ey - 30, width: 92, height: 60, rx: 14 }), text(ex, ey - 5, p.label(q), { class: "sym" }), p.number(q, ex, ey + 17, { class: "large" })));
}
function input(p, q, x, y) {
  return p.part(q, el("circle", { class: "box", cx: x, cy: y, r: 27 }), text(x, y - 3, p.label(q), { class: "sym less" }), text(x, y + 15, ` ${p.shows(q)}`, { class: "small" }));
}
function tag(p, w, x, y, tall) {
  const q = p.view.phase >= 4 && w.new ? w.new : p.view.phase >= 3 ? w.gradient : w.value, width = tall ? 56 : 72;
  return p.part(q, el("rect", { class: "pill", x: x - width / 2, y: y - 11, width, height: 22, rx: 8 }), p.number(q, x, y + 5, { class: "small" }));
}
function bias(p, u, x, top, UW) {
  const q = p.view.phase >= 4 && u.bias.new ? u.bias.new : p.view.phase >= 3 ? u.bias.gradient : u.bias.value, words = text(x, top - 8, "");
  words.append(el("tspan", { class: "sym less" }, `${p.label(q).replace(/\[.*\]/, "")} `), el("tspan", { class: p.colour(q) }, p.shows(q)));
  return p.part(q, el("rect", { class: "hit", x: x - UW / 2, y: top - 22, width: UW, height: 21, rx: 7 }), words);
}
