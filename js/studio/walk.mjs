// Arrow keys inside of the network: to the nearest part in that direction; Enter asks.
const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const centre = (node) => { const box = node.getBoundingClientRect(); return [box.x + box.width / 2, box.y + box.height / 2]; };

export function nearest([x, y], [dx, dy], others) {
  let best = -1, least = Infinity;
  others.forEach(([px, py], k) => {
    const ahead = (px - x) * dx + (py - y) * dy, aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx), cost = ahead + 2.2 * aside;
    if (ahead > 4 && cost < least) { least = cost; best = k; }
  });
  return best;
}
export function walk(event, svg, ask) {
  const here = svg.getRootNode().activeElement.closest("[data-part]"); if (!here) return;
  const way = WAYS[event.key];
  if (way && !event.shiftKey) {
    const parts = [...svg.querySelectorAll("[data-part]")].filter((part) => part !== here), k = nearest(centre(here), way, parts.map(centre));
    if (k >= 0) { for (const part of [here, ...parts]) part.setAttribute("tabindex", -1); parts[k].setAttribute("tabindex", 0); parts[k].focus(); }
  } else if (event.key === "Enter" || event.key === " ") ask(here.dataset.part); else return;
  event.preventDefault(); event.stopPropagation();
}
