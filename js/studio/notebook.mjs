// The studio in a cell: the kernel's messages in the place of a socket, the colours of the notebook, the keys only where it has the focus.
import { parse, format } from "./address.mjs";

const PATIENCE = 8000;                                           // ms after which a kernel that says nothing is spoken of
const RESTARTED = "The kernel was restarted: run this cell again.", SILENT = "The kernel does not answer: it is busy with another cell; or it was restarted, and then run this cell again.";
let count = 0;

export function notebook(model, root) {
  const view = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`, key = `chainrule-studio-${model.get("key")}`;
  root.tabIndex = -1;                                            // whatever is clicked, the keys are heard here
  root.addEventListener("focusin", (event) => { event.target.dataset.lmSuppressShortcuts = "true"; });   // in JupyterLab `d d` would delete the cell; it looks at what has the focus itself
  return { kind: "notebook", prefix: `cr${++count}-`, keys: root, wire: (onAnswer, onLine) => wire(model, view, onAnswer, onLine), read: () => kept(key), write: (state) => keep(key, format({ ...state, theme: undefined })) };
}
function kept(key) { try { return parse(sessionStorage.getItem(key) ?? ""); } catch { return null; } }          // a page that is loaded again goes on
function keep(key, words) { try { sessionStorage.setItem(key, words); } catch { /* then it begins anew */ } }

function wire(model, view, onAnswer, onLine) {
  let number = 0, silence;
  const heard = (content) => {
    if (content?.view !== view) return;
    clearTimeout(silence);
    for (const answer of content.answers) onAnswer(answer);
  };
  const lost = () => { clearTimeout(silence); onLine(false, RESTARTED); };
  model.on("msg:custom", heard); model.on("comm_live_update", lost);   // JupyterLab: the way to the kernel is no more
  setTimeout(() => onLine(true));
  return {
    send(kind, more = {}) {
      clearTimeout(silence); silence = setTimeout(() => onLine(false, SILENT), PATIENCE);
      try { model.send({ view, text: JSON.stringify({ id: ++number, kind, ...more }) }); } catch { lost(); }
      return number;
    },
    close() { clearTimeout(silence); model.off("msg:custom", heard); model.off("comm_live_update", lost); try { model.send({ view, gone: true }); } catch { /* with its kernel */ } },
  };
}
export function font(model) {                                    // once for all cells; @font-face does nothing in marimo's shadow root
  if ([...document.fonts].some((face) => face.family.includes("Studio Math"))) return;
  const heard = (content, buffers) => {
    if (!content?.font || !buffers?.length) return;
    model.off("msg:custom", heard);
    new FontFace("Studio Math", buffers[0]).load().then((face) => document.fonts.add(face), () => {});
  };
  model.on("msg:custom", heard); model.send({ font: true });
}
/* ── the notebook's own light or dark, whichever notebook that is: what lies behind the cell */
const paper = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
function isDark(from) {
  for (let node = from; node; node = node.parentElement ?? node.getRootNode().host) {
    paper.clearRect(0, 0, 1, 1); paper.fillStyle = getComputedStyle(node).backgroundColor || "transparent"; paper.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paper.getImageData(0, 0, 1, 1).data;
    if (a > 127) return 0.299 * r + 0.587 * g + 0.114 * b < 128;
  }
  return matchMedia("(prefers-color-scheme: dark)").matches;
}
export function followTheme(el, theme) {
  let now;
  const look = () => { const name = isDark(el) ? "dark" : "light"; if (name !== now) theme(now = name); };
  const changed = new MutationObserver(() => requestAnimationFrame(look)), shown = new ResizeObserver(look);   // a cell is filled before it stands in the page
  for (const node of [document.documentElement, document.body]) changed.observe(node, { attributes: true });
  shown.observe(el);
  return () => { changed.disconnect(); shown.disconnect(); };
}
