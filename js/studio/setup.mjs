// Network and data: what it learns from, how it is made and how it is trained. Each is checked by the desk, by name.
import { make } from "./panels.mjs";

const field = (name, control) => make("label", { class: "field" }, make("span", {}, name), control);
const choice = (name, values, now, words = (v) => v.replaceAll("_", " ")) => make("select", { name }, ...values.map((v) => new Option(words(v), v, false, v === now)));
const number = (name, value, more = {}) => make("input", { name, value, inputmode: "decimal", size: 7, ...more });

export function setupPanel(box, view) {
  const { scene } = view, { setup, choices } = scene, nodes = [];
  nodes.push(make("h3", { class: "first" }, "Data"), make("div", { class: "cards", role: "group", "aria-label": "Data" }, ...Object.entries(scene.sources).map(([name, label]) => make("button", { "data-source": name, "aria-pressed": name === scene.source }, label))));
  nodes.push(make("label", { class: "drop" }, make("span", {}, "Drop a CSV here, or choose one"), make("input", { type: "file", accept: ".csv,.tsv,.txt,text/csv", class: "visually-hidden", "data-do": "file" })));
  if (!setup) {
    nodes.push(make("p", { class: "hint" }, `${scene.about} Choose other data, and you choose the network too.`));
    box.replaceChildren(...nodes); return;
  }
  nodes.push(make("p", { class: "hint" }, `${scene.amount}.`));
  const layers = make("ol", { class: "layers" }, ...setup.layers.map(([units, activation], k) => layer(units, activation, k, choices)));
  const form = make("form", { class: "setup", "data-form": "setup" });
  if (choices.target.length) form.append(field("predict", choice("target", choices.target, setup.target, (v) => v)));
  form.append(make("h3", {}, "Network"), layers, make("p", {}, make("button", { type: "button", class: "quiet line", "data-do": "layer" }, "Add a layer")));
  form.append(make("h3", {}, "Training"), make("div", { class: "grid" },
    field("error", choice("loss", choices.loss, setup.loss)), field("optimiser", choice("optimizer", choices.optimizer, setup.optimizer)),
    field("learning rate α", number("rate", setup.rate)), field("rows in a step (0: all)", number("batch", setup.batch)),
    field("weights start", choice("start", choices.start, setup.start)), field("seed", number("seed", setup.seed))));
  form.append(make("p", {}, make("button", { class: "dark" }, "Start anew with this")));
  box.replaceChildren(...nodes, form);
}
function layer(units, activation, k, choices) {
  return make("li", {}, make("span", { class: "lab" }, `layer ${k + 1}`), number("units", units, { "aria-label": `Units of layer ${k + 1}`, size: 4 }),
    make("select", { name: "activation", "aria-label": `Activation of layer ${k + 1}` }, ...choices.activation.map((v) => new Option(v.replaceAll("_", " "), v, false, v === activation))),
    make("button", { type: "button", class: "quiet", "data-do": "-layer", "aria-label": `Remove layer ${k + 1}` }, "×"));
}
export function changeLayers(box, view, removed) {
  const list = box.querySelector(".layers"), rows = [...list.children];
  if (removed) removed.remove(); else { const last = rows.at(-1); list.append(layer(last?.querySelector("input").value ?? 6, last?.querySelector("select").value ?? "tanh", rows.length, view.scene.choices)); }
  [...list.children].forEach((row, k) => { row.querySelector(".lab").textContent = `layer ${k + 1}`; row.querySelector("input").setAttribute("aria-label", `Units of layer ${k + 1}`); row.querySelector("select").setAttribute("aria-label", `Activation of layer ${k + 1}`); row.querySelector("button").setAttribute("aria-label", `Remove layer ${k + 1}`); });
  (list.lastElementChild?.querySelector("input") ?? box.querySelector('[data-do="layer"]')).focus();
}
const read = (words) => { const v = Number(String(words).trim().replace(",", ".")); return words === "" || Number.isNaN(v) ? String(words) : v; };   // what is no number the desk refuses by name
export function wanted(form, view) {
  const at = new FormData(form), setup = { source: view.scene.source };
  for (const name of ["loss", "optimizer", "start"]) setup[name] = at.get(name);
  for (const name of ["rate", "batch", "seed"]) setup[name] = read(at.get(name));
  if (at.has("target")) setup.target = at.get("target");
  const activations = at.getAll("activation");
  setup.layers = at.getAll("units").map((units, k) => [read(units), activations[k]]);
  return setup;
}
