// In a page: follows the log of a run as the documentation says. EventSource comes back by itself with the last id; only
// after an answer that is no stream (a proxy's 502) it gives up for good, and a new one goes on with ?last_event_id=.
function follow(url, types) {
  const followed = { seen: [], opened: 0, ended: false, over: false };
  const open = () => {
    const last = followed.seen.at(-1)?.[0];
    const source = new EventSource(last ? `${url}?last_event_id=${last}` : url);
    followed.opened += 1;
    for (const type of types) {
      source.addEventListener(type, (event) => followed.seen.push([event.lastEventId, event.data]));
    }
    // Nothing is closed here: the reconnect is answered with 204, and that is the end of it.
    source.addEventListener("end", () => { followed.ended = true; });
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      if (followed.ended) followed.over = true;
      else setTimeout(open, 200);
    };
  };
  open();
  return followed;
}
