// Any CRM around the frame, by messages of our own (docs/embedding.md).
const NAME = "crm-invoicing";
const ANSWER_WITHIN = 4000;

/** Return how the page talks to a CRM that may hold it; `on` has what is done with a theme and with a wish to refresh. */
export function messageHost({ origins }, on) {
  const waiting = [];
  let origin = "";

  // Before it has spoken itself, those alone are spoken to that may hold the frame.
  function tell(type, more = {}) {
    for (const one of origin ? [origin] : origins) window.parent.postMessage({ source: NAME, type, ...more }, one);
  }

  window.addEventListener("message", (event) => {
    if (event.source !== window.parent || !origins.includes(event.origin)) return;
    const data = event.data;
    if (data?.target !== NAME) return;
    origin = event.origin;
    if (data.type === "theme") on.theme(data.theme);
    if (data.type === "token" && typeof data.token === "string") waiting.splice(0).forEach((take) => take(data.token));
    if (data.type === "refresh") on.refresh();
  });

  return {
    begin: async () => {},
    ready: () => tell("ready"),
    /** Ask for a signed token; "" when none is given. */
    signedToken: () =>
      new Promise((resolve) => {
        waiting.push(resolve);
        tell("token-needed");
        setTimeout(() => resolve(""), ANSWER_WITHIN);
      }),
    resize: (height) => tell("resize", { height }),
    open: (place) => tell("open", { place }),
    done: () => tell("done"),
    confirm: null,
    say: null,
  };
}
