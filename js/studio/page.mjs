// The studio as a page: a socket to the desk, the state in the address bar, all keys its own.
import { parse, format } from "./address.mjs";

export const page = () => ({
  kind: "page", prefix: "", keys: globalThis,
  wire, read: () => parse(location.hash), write: (state) => history.replaceState(null, "", format(state)),
  title: (words) => { document.title = words; }, themed: (name) => { document.body.dataset.theme = name; },
  link: () => location.href,
});
export const font = () => new FontFace("Studio Math", "url(maths.woff2)").load().then((face) => document.fonts.add(face), () => {});
function wire(onAnswer, onLine) {                                // questions with a number each, answers by that number
  let number = 0;
  const waiting = [], socket = new WebSocket(`ws://${location.host}/session`);
  socket.onopen = () => { onLine(true); for (const text of waiting.splice(0)) socket.send(text); };
  socket.onmessage = (event) => onAnswer(JSON.parse(event.data));
  socket.onclose = (event) => { waiting.length = 0; onLine(false, event.reason); };
  return {
    send(kind, more = {}) {
      const text = JSON.stringify({ id: ++number, kind, ...more });
      if (socket.readyState === WebSocket.OPEN) socket.send(text); else waiting.push(text);
      return number;
    },
  };
}
