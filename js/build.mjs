// Joins and shrinks studio/ into the one module and the one style sheet that the Python package ships.
import { build } from "esbuild";
import { copyFile } from "node:fs/promises";

const to = "../src/chainrule/faces/studio/static";
await build({ entryPoints: ["studio/studio.mjs"], outfile: `${to}/studio.mjs`, bundle: true, minify: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none", loader: { ".html": "text" } });
await build({ entryPoints: ["studio/studio.css"], outfile: `${to}/studio.css`, bundle: false, minify: true, charset: "utf8", legalComments: "none" });
await copyFile("studio/index.html", `${to}/index.html`);
