// Bytes as pictures: 127 is nothing, less is minus, more is plus; the colours are those of the theme.
const canvas = document.createElement("canvas"), ink = canvas.getContext("2d");
const packed = ([r, g, b]) => (255 << 24) | (b << 16) | (g << 8) | r;
const mixed = (a, b, part) => a.map((v, k) => Math.round(v + (b[k] - v) * part));
const kept = new Map();

export function colours(root) {
  const key = root.dataset.theme ?? matchMedia("(prefers-color-scheme: dark)").matches;
  if (!kept.has(key)) {
    const sample = root.appendChild(document.createElement("i")), parse = (name) => { sample.style.color = `var(${name})`; return getComputedStyle(sample).color.match(/[\d.]+/g).slice(0, 3).map(Number); };
    const [plus, minus, paper] = ["--plus", "--minus", "--card"].map(parse);
    const signs = Array.from({ length: 256 }, (_, k) => packed(k >= 127 ? mixed(paper, plus, (k - 127) / 127 > 1 ? 1 : (k - 127) / 127) : mixed(paper, minus, (127 - k) / 127)));
    const classes = ["--minus", "--plus", "--upd", "--grad", "--err", "--fwd"].map((name) => packed(mixed(paper, parse(name), 0.55)));
    sample.remove();
    kept.set(key, { signs, classes: Array.from({ length: 256 }, (_, k) => classes[k % classes.length]) });
  }
  return kept.get(key);
}
export function painted(code, width, table) {
  const bytes = atob(code), height = Math.round(bytes.length / width);
  canvas.width = width; canvas.height = height;
  const image = ink.createImageData(width, height), out = new Uint32Array(image.data.buffer);
  for (let k = 0; k < bytes.length; k++) out[k] = table[bytes.charCodeAt(k)];
  ink.putImageData(image, 0, 0);
  return canvas.toDataURL();
}
