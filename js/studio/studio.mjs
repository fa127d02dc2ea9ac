// The one module of the studio: it fills the page that has room for it, and is a widget (anywidget) for notebooks.
import { mount } from "./main.mjs";
import * as cell from "./notebook.mjs";
import * as own from "./page.mjs";

export default {
  render({ model, el }) {
    const root = document.createElement("div");
    root.className = "cr"; el.append(root);
    const studio = mount(root, cell.notebook(model, root)), unfollow = cell.followTheme(el, studio.theme);
    cell.font(model);
    return () => { unfollow(); studio.close(); root.remove(); };
  },
};
const room = document.querySelector("body > .cr.page");
if (room) { mount(room, own.page()); own.font(); }
