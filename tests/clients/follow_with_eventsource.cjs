// Follows the log of a run with npm's eventsource: prints "id line" for each stored event, ends when it is told to stop.
// Arguments: the address of the stream, and the types to listen for.
const found = require("eventsource");

const EventSource = found.EventSource ?? found;
const [url, ...types] = process.argv.slice(2);
let last = "";
let ended = false;

function open() {
  const source = new EventSource(last ? `${url}?last_event_id=${last}` : url);
  for (const type of types) {
    source.addEventListener(type, (event) => {
      last = event.lastEventId;
      process.stdout.write(`${last} ${event.data}\n`);
    });
  }
  // Nothing is closed here: the reconnect is answered with 204, and that is the end of it.
  source.addEventListener("end", () => { ended = true; });
  source.addEventListener("error", () => setImmediate(() => {
    if (source.readyState !== EventSource.CLOSED) return;
    // Left to itself node would wait for answers of a proxy (502) that the library has never read.
    if (ended) process.exit(0);
    setTimeout(open, 200);
  }));
}

open();
// Newer versions of the library do not keep node alive while they wait to come back.
setInterval(() => {}, 60_000);
