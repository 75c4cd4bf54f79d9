// A page that asks one question opens as a dialog over the page that led to it; without script it stays a page.
import { isSignedOut, showNotice } from "./busy.js";

let cameFrom = null;

const host = () => document.getElementById("dialog-host");

function show(dialog, opener) {
  cameFrom = opener;
  dialog.showModal();
  const first = dialog.querySelector("[autofocus]");
  first?.focus();
}

async function openPage(link) {
  const address = link.dataset.dialogUrl || link.href;
  let answer;
  try {
    answer = await fetch(address, { headers: { Accept: "text/html" } });
  } catch {
    showNotice("offline");
    return;
  }
  if (isSignedOut(answer.url)) {
    showNotice("signed-out");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = page.querySelector(".dialog-form");
  if (!answer.ok || !form || answer.redirected) {
    location.assign(address);
    return;
  }
  form.setAttribute("action", form.getAttribute("action") || address);
  const dialog = host();
  dialog.replaceChildren(document.importNode(form, true));
  const title = dialog.querySelector("h1, h2");
  title.id ||= "dialog-title";
  dialog.setAttribute("aria-labelledby", title.id);
  show(dialog, link.closest("details[data-menu]")?.querySelector("summary") || link);
  window.htmx?.process(dialog);
}

function isWayBack(link) {
  const there = new URL(link.href, location.href);
  return link.matches("[data-dialog-close]") || there.pathname === location.pathname;
}

export function initDialogs() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a[data-dialog-url]");
    if (link && host()) {
      event.preventDefault();
      openPage(link);
      return;
    }
    const opener = event.target.closest("[data-dialog-open]");
    if (opener) {
      event.preventDefault();
      show(document.querySelector(opener.dataset.dialogOpen), opener);
      return;
    }
    const dialog = event.target.closest("dialog");
    const back = event.target.closest("a[href], [data-dialog-close]");
    if (dialog && back && (back.matches("button") || isWayBack(back))) {
      event.preventDefault();
      dialog.close();
    }
  });
  document.addEventListener("close", () => cameFrom?.isConnected && cameFrom.focus(), true);
  document.body.addEventListener("dialog:close", () => document.querySelector("dialog[open]")?.close());
}
