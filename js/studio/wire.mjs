// The one socket to the desk: questions with a number each, answers by that number, a lost line taken up again.
export function wire(onAnswer, onLine) {
  let socket, number = 0, waiting = [];
  function connect() {
    socket = new WebSocket(`ws://${location.host}/session`);
    socket.onopen = () => { onLine(true); for (const text of waiting.splice(0)) socket.send(text); };
    socket.onmessage = (event) => {
      const answer = JSON.parse(event.data);
      onAnswer(answer);
    };
    socket.onclose = (event) => { waiting = []; onLine(false, event.reason); };
  }
  connect();
  return {
    reconnect: connect,
    send(kind, more = {}) {
      const text = JSON.stringify({ id: ++number, kind, ...more });
      if (socket.readyState === WebSocket.OPEN) socket.send(text); else waiting.push(text);
      return number;
    },
  };
}
