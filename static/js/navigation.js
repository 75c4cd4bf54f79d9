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
