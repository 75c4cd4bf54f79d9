// Makes a part of the page like its newer copy without replacing what is the same: an open menu stays open, the focus
// stays where it is, and nothing is exchanged under the pointer.

// Set by the scripts or by the person, never by the server's copy.
const OWN = new Set(["open", "aria-expanded", "aria-haspopup", "tabindex", "aria-busy", "data-sent", "popover"]);

const isInUse = (part) => part.matches("details[data-menu][open], dialog[open]");

function takeAttributes(part, copy) {
  for (const { name, value } of copy.attributes) {
    if (!OWN.has(name) && part.getAttribute(name) !== value) part.setAttribute(name, value);
  }
  for (const { name } of [...part.attributes]) {
    if (OWN.has(name) || copy.hasAttribute(name)) continue;
    // A class like "row-changed" belongs to the scripts and goes by itself.
    if (name !== "class") part.removeAttribute(name);
  }
}

const isSameKind = (node, copy) =>
  node && node.nodeType === copy.nodeType && node.nodeName === copy.nodeName && (node.id || "") === (copy.id || "");

function takeChildren(part, copy, added) {
  let here = part.firstChild;
  for (const wanted of [...copy.childNodes]) {
    let node = here;
    if (wanted.id) {
      const known = [...part.children].find((child) => child.id === wanted.id);
      if (known && known !== here) part.insertBefore(known, here);
      node = known || null;
    }
    if (isSameKind(node, wanted)) {
      if (node === here) here = here.nextSibling;
      take(node, wanted, added);
      continue;
    }
    part.insertBefore(wanted, here);
    if (wanted.nodeType === Node.ELEMENT_NODE) added.push(wanted);
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}

function take(node, copy, added) {
  if (node.nodeType !== Node.ELEMENT_NODE) {
    if (node.nodeValue !== copy.nodeValue) node.nodeValue = copy.nodeValue;
    return;
  }
  if (isInUse(node)) return;
  takeAttributes(node, copy);
  takeChildren(node, copy, added);
}

/** Make `part` like `copy`; gives the elements that are new in it. */
export function becomeLike(part, copy) {
  const added = [];
  takeAttributes(part, copy);
  takeChildren(part, copy, added);
  return added;
}
