// Where the page is and how it goes elsewhere: the browser's own way, or a frame's, which has no cookies to travel with.
let frame = null;

/** Let a frame carry out what would otherwise load another page. */
export function steer(by) {
  frame = by;
}

export const here = () => (frame ? frame.address() : new URL(location.href));

export function go(address) {
  if (frame) frame.visit(address);
  else location.assign(address);
}

export function reload() {
  if (frame) frame.visit(frame.address().href);
  else location.reload();
}

/** Whether the program around this frame asks a question in a dialog of its own. */
export const asksItself = () => Boolean(frame?.confirm);
export const askAround = (question) => frame.confirm(question);

/** Let the program around this frame say something, if it does that; false if the page has to say it itself. */
export const sayAround = (message) => Boolean(frame?.say?.(message));
