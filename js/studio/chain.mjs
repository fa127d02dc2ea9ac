// A network of one unit a layer: the forward line, and under it the backward lane, the chain rule as one line of arithmetic.
import { arrow, el, text, tip } from "./svg.mjs";

export function drawChain(svg, p, W, H) {
  const g = (cls, ...inside) => { const node = el("g", cls ? { class: cls } : {}, ...inside); svg.append(node); return node; };
  (W >= 800 ? wide : tall)(g, p, W, H, p.view.scene.layout);
}
const units = (layout) => layout.columns.slice(1).map((column) => ({ ...column.units[0], weight: column.weights[0], curve: column.curve, role: column.role }));
const flowing = (p, phase) => (p.view.phase === phase && !p.view.playing ? " flow" : "");
const on = (p, q) => (p.view.badges[q] ? " on" : "") + flowing(p, 3);

function unit(p, u, x, y, UW, UO) {
  const rect = el("rect", { class: "box", x: x - UW / 2, y: y - 36, width: UW, height: 72, rx: 36 });
  return el("g", {}, rect, p.cell(u.z, x - UO, y), p.curve(u, x, y), u.a ? p.cell(u.a, x + UO, y) : null);
}
function error(p, layout, x, y, h = 72) {
  const q = layout.error;
  return p.part(q, el("rect", { class: "box", x: x - 46, y: y - h / 2, width: 92, height: h, rx: 14 }), text(x, y - 6, p.label(q), { class: "sym" }), p.number(q, x, y + 17, { class: "large" }));
}
function target(p, layout, x, y, w) {
  const q = layout.targets[0], words = text(x, y + 5, "");
  words.append(el("tspan", { class: "sym" }, p.label(q)), el("tspan", { dx: 3 }, ` ${p.shows(q)}`));
  return p.part(q, el("rect", { class: "pill", x: x - w / 2, y: y - 15, width: w, height: 30, rx: 10 }), words);
}

function wide(g, p, W, H, layout) {
  const all = units(layout), n = all.length, input = layout.columns[0].units[0];
  const room = W - 52 - 104 - 12, UW = n > 1 ? 216 : 240, UO = n > 1 ? 70 : 78, gap = (room - UW * n) / (n + 1);
  const low = H < 400, up = low ? 54 : 74, y = Math.max(up + 78, (H - 366) / 2 + 112), yb = y + (low ? 112 : 142), yl = yb + (low ? 76 : 88);
  const x0 = 26, e = W - 58, ux = all.map((_, k) => 52 + gap * (k + 1) + UW * (k + 0.5)), left = (k) => (k ? ux[k - 1] + UW / 2 : 52);
  const wx = all.map((_, k) => (left(k) + ux[k] - UW / 2) / 2), z = (k) => ux[k] - UO, a = (k) => ux[k] + UO, flow = flowing(p, 1);
  all.forEach((_, k) => g("", el("path", { class: "wire" + flow, pathLength: 1, d: `M${left(k)} ${y}H${ux[k] - UW / 2}` })));
  g("", el("path", { class: "wire" + flow, pathLength: 1, d: `M${ux[n - 1] + UW / 2} ${y}H${e - 46}` }), el("path", { class: "wire", d: `M${e} ${y - up - 12}V${y - 36}` }));
  all.forEach((u, k) => u.bias && g("", el("path", { class: "wire", d: `M${z(k)} ${y - up}V${y - 36}` })));
  const circle = el("circle", { class: "box", cx: x0, cy: y, r: 26 });
  g("", p.part(input, circle, text(x0, y - 3, p.label(input), { class: "sym" }), text(x0, y + 15, ` ${p.shows(input)}`)), text(x0, y + 48, "input", { class: "lab" }));
  all.forEach((u, k) => {
    g("", unit(p, u, ux[k], y, UW, UO), text(ux[k], y + 58, `${u.role} unit`, { class: "lab" }), p.pill(u.weight, wx[k], y - 12, 96, { gradient: false }), u.bias ? p.pill(u.bias, z(k), y - up, 124) : null);
  });
  g("", target(p, layout, e, y - up - 27, 80), error(p, layout, e, y), text(e, y + 58, "error", { class: "lab" }));
  const back = g("lane" + (p.view.phase < 3 ? " later" : "")), last = all[n - 1], end = last.da ?? last.dz, ex = last.da ? a(n - 1) : z(n - 1);
  back.append(el("path", { class: "back" + on(p, end), pathLength: 1, d: `M${e} ${y + 70}V${yb}H${ex + 37}` }), tip(ex + 37, yb, "back" + on(p, end)));
  const mid = (from, to) => (from + to) / 2;
  all.forEach((u, k) => {
    const below = k ? all[k - 1] : null, from = k ? below.a : input, leaf = (yb + 23 + yl) / 2 + 9;
    if (u.da && u.slope) back.append(arrow(a(k) - 37, yb, z(k) + 37, yb, "back" + on(p, u.slope)), p.rate(u.slope, mid(a(k), z(k)), yb - 11));
    if (below?.da) back.append(arrow(z(k) - 37, yb, a(k - 1) + 37, yb, "back" + on(p, u.weight.value)), p.rate(u.weight.value, wx[k], yb - 11));
    back.append(el("path", { class: "back" + on(p, from), pathLength: 1, d: `M${z(k)} ${yb + 23}V${yl}H${wx[k] + 48}` }), tip(wx[k] + 48, yl, "back" + on(p, from)));
    if (u.da) back.append(p.chip(u.da, a(k), yb));
    back.append(p.chip(u.dz, z(k), yb), p.chip(u.weight.gradient, wx[k], yl, 96), p.rate(from, z(k) + 8, leaf, { "text-anchor": "start" }));
    for (const [q, x, yy] of [[u.da ? u.slope : null, mid(a(k), z(k)), yb - 37], [below?.da ? u.weight.value : null, wx[k], yb - 37], [from, z(k) - 15, leaf - 5]])
      if (q) back.append(p.mark(q, x, yy) ?? "");
  });
  back.append(p.mark(end, ex, yb - 34) ?? "");
}

function tall(g, p, W, H, layout) {
  const all = units(layout), n = all.length, input = layout.columns[0].units[0], UW = 188, UO = 57;
  const x = Math.max(Math.min(W * 0.36, 250), 128), gx = W - Math.max(46, W * 0.15), step = Math.min(112, (H - 62) / (n * 1.44 + 1.1));
  const y0 = 28, uy = (k) => y0 + step * (1.32 + 1.44 * k), wy = (k) => y0 + step * (0.62 + 1.44 * k), ye = y0 + step * (1.32 + 1.44 * (n - 1) + 1.2);
  g("", el("path", { class: "wire", d: `M${x} ${y0 + 20}V${ye - 28}` }));
  const words = text(x, y0 + 4, ""); words.append(el("tspan", { class: "sym" }, p.label(input)), el("tspan", { dx: 3 }, ` ${p.shows(input)}`));
  g("", p.part(input, el("rect", { class: "box", x: x - 40, y: y0 - 20, width: 80, height: 38, rx: 19 }), words));
  const grown = 15 + 9.5 * ((p.view.phase >= 3) + (p.view.phase >= 4));
  all.forEach((u, k) => {
    g("", unit(p, u, x, uy(k), UW, UO), p.pill(u.weight, x + (k ? 56 : 54), wy(k) + grown - (k ? 0 : 8), k ? 108 : 92, { gradient: k > 0 }), u.bias ? p.pill(u.bias, x - 64, wy(k) + grown - (k ? 0 : 8), 118) : null);
  });
  g("", target(p, layout, x - 82, ye, 72), error(p, layout, x + 4, ye, 56));
  const back = g("lane" + (p.view.phase < 3 ? " later" : "")), stops = [], rates = [];
  [...all].reverse().forEach((u, r) => {
    const k = n - 1 - r;
    if (u.da) { stops.push([u.da, r ? (uy(k) + uy(k + 1)) / 2 + 4 : ye - 44]); rates.push(u.slope); }
    stops.push([u.dz, uy(k) + 4]); rates.push(k ? u.weight.value : input);
  });
  stops.push([all[0].weight.gradient, y0 + 8]);
  const [end, ey] = stops[0];
  back.append(el("path", { class: "back" + on(p, end), pathLength: 1, d: `M${x + 50} ${ye}H${gx}V${ey + 23}` }));
  stops.forEach(([, y], k) => { if (k) back.append(arrow(gx, stops[k - 1][1] - 23, gx, y + 23, "back" + on(p, rates[k - 1]))); });
  stops.forEach(([q, y], k) => { back.append(p.chip(q, gx, y, 78)); if (!k) back.append(p.mark(q, gx + 15, y + 33) ?? ""); });
  rates.forEach((q, k) => { const y = (stops[k][1] + stops[k + 1][1]) / 2 + 5; back.append(p.rate(q, gx - 10, y, { "text-anchor": "end" }), p.mark(q, gx + 15, y - 5) ?? ""); });
}
