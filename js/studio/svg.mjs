// Small helpers for SVG: elements, texts, arrows.
const NS = "http://www.w3.org/2000/svg";
export const el = (tag, at = {}, ...inside) => {
  const node = document.createElementNS(NS, tag);
  for (const key in at) if (at[key] !== undefined) node.setAttribute(key, at[key]);
  node.append(...inside.filter((part) => part !== null && part !== undefined));
  return node;
};
export const text = (x, y, words, at = {}) => el("text", { x, y, "text-anchor": "middle", ...at }, words);
export function arrow(x1, y1, x2, y2, cls) {
  const a = Math.atan2(y2 - y1, x2 - x1), at = (side) => `${(x2 - 8 * Math.cos(a) + side * 4.5 * Math.sin(a)).toFixed(1)} ${(y2 - 8 * Math.sin(a) - side * 4.5 * Math.cos(a)).toFixed(1)}`;
  return el("path", { class: cls, pathLength: 1, d: `M${x1} ${y1}L${x2} ${y2}M${at(1)}L${x2} ${y2}L${at(-1)}` });
}
export const tip = (x, y, cls, way = -1) => el("path", { class: `${cls} tip`, d: `M${x - way * 8} ${y - 5}L${x} ${y}L${x - way * 8} ${y + 5}` });
export const badge = (k, x, y) => el("g", { class: "badge", "aria-hidden": "true" }, el("circle", { cx: x, cy: y, r: 9 }), text(x, y + 4, k));
