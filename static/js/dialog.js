// A page that asks one question opens as a dialog over the page that led to it; without script it stays a page.
import { askAround, asksItself, go, here, reload } from "./navigation.js";
import { isSignedOut, showNotice } from "./submit_guard.js";

const KEPT = "came-from";
let cameFrom = null;
let isByKeyboard = false;

const host = () => document.getElementById("dialog-host");

function show(dialog, opener) {
  cameFrom = opener;
  isByKeyboard = Boolean(document.activeElement?.matches(":focus-visible"));
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector("[autofocus]");
  first?.focus();
}

/** Put a question's form into the dialog; its address is the page's that asks. */
function fill(form, address) {
  const dialog = host();
  form.setAttribute("action", form.getAttribute("action") || address);
  dialog.replaceChildren(document.importNode(form, true));
  const title = dialog.querySelector("h1, h2");
  title.id ||= "dialog-title";
  dialog.setAttribute("aria-labelledby", title.id);
  window.htmx?.process(dialog);
  return dialog;
}

const formOf = (text) => new DOMParser().parseFromString(text, "text/html").querySelector(".dialog-form");

async function ask(address, options = {}) {
  try {
    const answer = await fetch(address, { ...options, headers: { Accept: "text/html", "X-Dialog": "1" } });
    if (!isSignedOut(answer.url)) return answer;
    showNotice("signed-out");
  } catch {
    showNotice("offline");
  }
  host().close();
  return null;
}

const words = (part) => part?.textContent.replace(/\s+/g, " ").trim() || "";

/** Who works by keyboard goes on, on the page that is loaded anew, where the dialog was opened. */
function keepPlace() {
  const id = cameFrom?.closest("[id]")?.id;
  try {
    if (isByKeyboard && id) sessionStorage.setItem(KEPT, id);
  } catch {
    // Storage is closed to frames in some browsers; they put the focus on their page themselves.
  }
}

function goOn() {
  try {
    const place = document.getElementById(sessionStorage.getItem(KEPT) || "");
    sessionStorage.removeItem(KEPT);
    (place?.querySelector("summary") || place?.querySelector("a[href], button") || place)?.focus();
  } catch {
    // As above.
  }
}

/** What a dialog asks, in the words of its page. */
function question(form) {
  const button = form.querySelector("button:not([type=button])");
  const back = form.querySelector("[data-dialog-close]");
  const text = [...form.querySelectorAll(".card-sub, .card-body p, .consequences li")].map(words).join(" ");
  return {
    title: words(form.querySelector("h1, h2")), text, yes: words(button), no: words(back), isDangerous: button.matches(".btn-danger"),
  };
}

async function openPage(link) {
  const address = link.dataset.dialogUrl || link.href;
  const answer = await ask(address);
  if (!answer) return;
  if (answer.status === 204) {
    reload();
    return;
  }
  const form = formOf(await answer.text());
  if (!answer.ok || !form || answer.redirected) {
    go(address);
    return;
  }
  if (form.matches("[data-confirms]") && asksItself()) {
    if (await askAround(question(form))) await post(fill(form, address).querySelector("form"), null);
    return;
  }
  const opener = link.closest("#dialog-host") ? cameFrom : link.closest("details[data-menu]")?.querySelector("summary") || link;
  show(fill(form, address), opener);
}

/** Post a question's answer without leaving: a refusal comes back into the dialog with everything that was typed. */
async function post(form, button) {
  const address = form.action;
  const answer = await ask(address, { method: "POST", body: button ? new FormData(form, button) : new FormData(form) });
  if (!answer) return;
  if (answer.status === 204 || answer.redirected) {
    keepPlace();
    reload();
    return;
  }
  const next = formOf(await answer.text());
  if (!next) {
    go(address);
    return;
  }
  const dialog = fill(next, address);
  if (!dialog.open) dialog.showModal();
  const first = dialog.querySelector(".field-error input, .banner, [autofocus]");
  if (first?.matches(".banner")) first.tabIndex = -1;
  first?.focus();
}

function isWayBack(link) {
  const there = new URL(link.href, location.href);
  return link.matches("[data-dialog-close]") || there.pathname === here().pathname;
}

export function initDialogs() {
  goOn();
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
    if (dialog && back && !back.target && (back.matches("button") || isWayBack(back))) {
      event.preventDefault();
      dialog.close();
    }
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !form.matches("#dialog-host form[data-stays]")) return;
    event.preventDefault();
    post(form, event.submitter);
  });
  document.addEventListener("close", () => cameFrom?.isConnected && cameFrom.focus(), true);
  document.body.addEventListener("dialog:close", () => document.querySelector("dialog[open]")?.close());
}
