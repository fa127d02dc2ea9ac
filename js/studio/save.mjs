// Files out of the page: texts as they come, the network as a picture with its colours in it.
export function saveText(name, words, type = "text/plain") {
  const link = document.createElement("a"), url = URL.createObjectURL(new Blob([words], { type }));
  link.href = url; link.download = name; link.click(); setTimeout(() => URL.revokeObjectURL(url), 1000);
}
const KEPT = ["fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "paint-order", "image-rendering", "display", "font-family", "font-size", "font-style", "font-weight", "font-variant-numeric", "text-anchor"];
const SHARP = 2;                                                 // pixels of a PNG to one of the page
function picture(svg) {
  const copy = svg.cloneNode(true), from = [...svg.querySelectorAll("*")], into = [...copy.querySelectorAll("*")];
  from.forEach((node, k) => { const style = getComputedStyle(node); for (const name of KEPT) if (style.getPropertyValue(name)) into[k].setAttribute(name, style.getPropertyValue(name)); });
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg"); copy.setAttribute("width", width); copy.setAttribute("height", height);
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of [["width", width], ["height", height], ["fill", getComputedStyle(svg.closest(".cr")).backgroundColor]]) paper.setAttribute(name, value);
  copy.prepend(paper);
  return { words: new XMLSerializer().serializeToString(copy), width, height };
}
const named = (label, ending) => `${label.replace(/[^\w -]/g, "").trim() || "network"}.${ending}`;
export function saveSvg(svg, label) { saveText(named(label, "svg"), picture(svg).words, "image/svg+xml"); }
export async function savePng(svg, label) {
  const { words, width, height } = picture(svg), image = new Image(), canvas = document.createElement("canvas");
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(words)}`;
  await image.decode();
  canvas.width = width * SHARP; canvas.height = height * SHARP;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  saveText(named(label, "png"), await new Promise((done) => canvas.toBlob(done)), "image/png");
}
const TYPES = { pdf: "application/pdf", zip: "application/zip" };
export function saveAnswer({ name, text, base64 }) {
  if (base64) saveText(name, Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)), TYPES[name.split(".").at(-1)]); else saveText(name, text);
}
