// Files out of the page: texts as they come, the network as a picture with its colours in it.
export function saveText(name, words, type = "text/plain") {
  const link = document.createElement("a"), url = URL.createObjectURL(new Blob([words], { type }));
  link.href = url; link.download = name; link.click(); setTimeout(() => URL.revokeObjectURL(url), 1000);
}
const KEPT = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity", "font-family", "font-size", "font-style", "font-weight", "text-anchor"];
export function savePicture(svg, label) {
  const copy = svg.cloneNode(true), from = [...svg.querySelectorAll("*")], into = [...copy.querySelectorAll("*")];
  from.forEach((node, k) => { const style = getComputedStyle(node); for (const name of KEPT) if (style.getPropertyValue(name)) into[k].setAttribute(name, style.getPropertyValue(name)); });
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg"); copy.setAttribute("width", width); copy.setAttribute("height", height);
  saveText(`${label.replace(/[^\w -]/g, "").trim() || "network"}.svg`, new XMLSerializer().serializeToString(copy), "image/svg+xml");
}
