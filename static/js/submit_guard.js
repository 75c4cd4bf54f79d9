// A form is sent once and says that it is under way; what was typed outlives leaving, signing out and a failed request.
import { go, here } from "./navigation.js";
import { announce } from "./polling.js";

const signInPath = () => document.querySelector('meta[name="sign-in-path"]')?.content || "/login/";

/** Tell whether an answer is the sign-in page, although another page was asked for. */
export function isSignedOut(address) {
  const path = new URL(address, location.href).pathname;
  return path === signInPath() && here().pathname !== path;
}

/** Show one of the sentences that base.html holds ready, above the page, and announce it at once. */
export function showNotice(name) {
  const kept = document.getElementById(`notice-${name}`);
  const place = document.getElementById("notices");
  if (!kept || !place || place.querySelector(`[data-notice="${name}"]`)) return;
  const notice = kept.content.firstElementChild.cloneNode(true);
  notice.dataset.notice = name;
  place.append(notice);
  const sentences = [...notice.querySelectorAll("strong, p")].map((part) => part.textContent.trim());
  announce(sentences.join(". "), "assertive");
}

export function clearNotice(name) {
  document.querySelector(`#notices [data-notice="${name}"]`)?.remove();
}

export function freshToken(form) {
  // Signing in again in another tab changes the token; the cookie always holds the current one.
  const field = form.querySelector('input[name="csrfmiddlewaretoken"]');
  const cookie = document.cookie.match(/(?:^|; )(?:__Host-|__Secure-)?csrftoken=([^;]+)/);
  if (field && cookie) field.value = cookie[1];
}

function free(scope) {
  for (const form of scope.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of scope.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
}

function onSubmit(event) {
  const form = event.target;
  if (form.method === "post") freshToken(form);
  if (!form.matches("[data-busy]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // Validity is the browser's business; here the form is really on its way.
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
}

let isChanged = false;

export function initBusy() {
  document.addEventListener("submit", onSubmit, true);
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-unsaved]")) isChanged = false;
  });
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      if (event.target.closest("form[data-unsaved]")) isChanged = true;
    });
  }
  document.addEventListener("click", (event) => {
    // Undoing is leaving on purpose; the same address again would only move to its anchor.
    const undo = event.target.closest("[data-undo]");
    if (!undo) return;
    event.preventDefault();
    isChanged = false;
    go(undo.pathname);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });
  window.addEventListener("pageshow", () => free(document));
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt;
    if (form?.matches?.("form")) free(form.parentElement || document);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isSignedOut(event.detail.xhr.responseURL || location.href)) return;
    event.detail.shouldSwap = false;
    showNotice("signed-out");
    document.dispatchEvent(new Event("signed-out"));
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => showNotice("offline"));
  document.addEventListener("htmx:afterOnLoad", () => clearNotice("offline"));
}
