// The pieces a network is drawn of: each is a button named by what it shows; numbers are texts made by Python.
import { badge, el, text } from "./svg.mjs";

const CLASS = { gradient: "g", rate: "g", new: "n", error: "e", sum: "f", activation: "f", value: "f" };

export class Parts {
  constructor(view) { this.view = view; }
  is(q) { return this.view.scene.parts[q]; }
  known(q) { return this.view.scene.mode === "pictures" || this.is(q).phase <= this.view.phase; }
  label(q) { return this.is(q).label.replace("'", "′"); }
  shows(q) { return this.known(q) ? this.view.frame.values[q]?.[0] ?? "" : "?"; }
  size(q) { return this.view.frame.values[q][1]; }
  colour(q) { return this.known(q) ? CLASS[this.is(q).kind] ?? "" : "lab"; }
  part(q, ...inside) {
    const chosen = q === this.view.asked ? " chosen" : "";
    const node = el("g", { class: `part${chosen}`, "data-part": q, "data-q": q, role: "button", tabindex: -1 }, ...inside);
    const words = node.textContent.replace(/\s+/g, " ").trim() || `${this.label(q)} ${this.shows(q)}`.trim();   // the name begins with what is seen
    node.setAttribute("aria-label", `${words}, ${this.is(q).spoken}${this.known(q) ? "" : ", not computed yet"}`);
    return node;
  }
  number(q, x, y, at = {}) { const words = this.shows(q), long = words.length + words.startsWith("−"), tight = long < 8 ? "" : ` t${Math.min(long, 10)}`; return text(x, y, ` ${words}`, { ...at, class: `${this.colour(q)} ${this.known(q) ? "num" : ""} ${at.class ?? ""}${tight}` }); }
  line(q, x, y, w, prefix, cls) {                              // a gradient or a new value inside of a pill
    return this.part(q, el("rect", { class: "hit", x: x - w / 2, y: y - 14, width: w, height: 19 }), text(x, y, `${prefix} ${this.shows(q)}`, { class: `${this.colour(q)} ${cls}${w < 125 && this.shows(q).length > 7 ? " t9" : ""}` }));
  }
  pill(own, x, y, w, { gradient = true } = {}) {               // a parameter: value, gradient, new value
    const q = own.value, more = gradient && own.gradient && this.known(own.gradient), newer = own.new && this.known(own.new);
    const h = 30 + 19 * (more + newer), words = text(x, y - h + 20, "");
    words.append(el("tspan", { class: "sym" }, this.label(q)), el("tspan", { dx: 3 }, ` ${this.shows(q)}`));
    return el("g", {}, this.part(q, el("rect", { class: "pill", x: x - w / 2, y: y - h, width: w, height: h, rx: 10 }), words),
      more ? this.line(own.gradient, x, y - h + 40, w, this.label(own.gradient), "small") : null,
      newer ? this.line(own.new, x, y - h + (more ? 59 : 41), w, "→", "strong") : null);
  }
  cell(q, x, y) { return this.part(q, el("rect", { class: "hit", x: x - 29, y: y - 27, width: 58, height: 54, rx: 8 }), text(x, y - 5, this.label(q), { class: "sym" }), this.number(q, x, y + 16)); }
  chip(q, x, y, w = 76) {
    return this.part(q, el("rect", { class: this.known(q) ? "chip" : "chip off", x: x - w / 2, y: y - 23, width: w, height: 46, rx: 10 }),
      text(x, y - 5, this.label(q), { class: "sym less" }), this.number(q, x, y + 14));
  }
  rate(q, x, y, at = {}) {                                     // what an arrow multiplies by
    const known = this.view.phase >= 3, anchor = at["text-anchor"] ?? "middle", left = anchor === "middle" ? x - 34 : anchor === "end" ? x - 66 : x - 4;
    const part = this.part(q, el("rect", { class: "hit", x: left, y: y - 15, width: 68, height: 20 }), text(x, y, known ? `× ${this.view.frame.values[q][0]}` : "×", { class: "g small", ...at }));
    part.dataset.rate = "";
    if (!known) part.setAttribute("aria-label", `×, ${this.is(q).spoken}, not computed yet`);
    return part;
  }
  mark(q, x, y) { const k = this.view.phase >= 3 && this.view.badges[q]; return k ? badge(k, x, y) : null; }
  curve(unit, x, y, s = 23) {                                  // the activation, where it works and how steep it is there
    const { points, reach, low, high } = unit.curve, g = el("g", { "aria-hidden": "true" });
    const at = (z, a) => [x + (z / reach) * s, y + s - ((a - low) / (high - low)) * 2 * s].map((v) => Math.max(-1e4, Math.min(1e4, v)));
    g.append(el("line", { class: "axis", x1: x - s, y1: at(0, Math.max(low, 0))[1], x2: x + s, y2: at(0, Math.max(low, 0))[1] }), el("line", { class: "axis", x1: x, y1: y - s, x2: x, y2: y + s }));
    const d = `M${points.map(([z, a]) => at(z, a).map((v) => v.toFixed(1))).join("L")}`;
    g.append(el("path", { class: "curve", d }));
    if (this.view.phase < 1 || !unit.a) return g;
    const z = Math.max(-reach, Math.min(reach, this.size(unit.z) ?? 0)), a = Math.max(low, Math.min(high, this.size(unit.a) ?? 0)), [cx, cy] = at(z, a);
    if (this.view.phase >= 3 && unit.slope && this.size(unit.slope) !== null) {
      const k = this.size(unit.slope), dz = reach / 4, [x1, y1] = at(z - dz, a - k * dz), [x2, y2] = at(z + dz, a + k * dz);
      g.append(el("line", { class: "tangent", x1, y1, x2, y2 }));
    }
    g.append(el("circle", { class: "dot", cx, cy, r: 4 }));
    return g;
  }
}
