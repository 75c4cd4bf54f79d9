// Success, said once: six seconds at the foot of the page, longer while hovered or focused.
import { sayAround } from "./navigation.js";
import { announce } from "./polling.js";

const STAYS = 6000;

function region() {
  return document.getElementById("toasts");
}

function lift(place) {
  // A popover stands above an open dialog, which nothing else does.
  if (!place.showPopover) return;
  if (place.matches(":popover-open")) place.hidePopover();
  if (place.childElementCount) place.showPopover();
}

function remove(toast) {
  toast.remove();
  lift(region());
}

function keep(toast) {
  let timer;
  const start = () => (timer = setTimeout(() => remove(toast), STAYS));
  const stop = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stop);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, start);
  start();
}

/** Show a toast; `action` is a link's `{url, label}` or nothing. */
export function showToast(message, action) {
  if (sayAround(message)) return;
  const place = region();
  const kept = document.getElementById("toast-shape");
  if (!place || !kept) return;
  const toast = kept.content.firstElementChild.cloneNode(true);
  toast.querySelector("[data-message]").textContent = message;
  const link = toast.querySelector("a");
  if (action?.url) {
    link.href = action.url;
    link.textContent = action.label;
  } else {
    link.remove();
  }
  toast.querySelector("button").addEventListener("click", () => remove(toast));
  place.append(toast);
  lift(place);
  keep(toast);
  announce(message);
}

/** Turn `<div data-toast>` of a page or a swapped part into toasts. */
export function collectToasts(scope) {
  const found = [...scope.querySelectorAll("[data-toast]")];
  if (scope.matches?.("[data-toast]")) found.push(scope);
  for (const part of found) {
    const { actionUrl, actionLabel } = part.dataset;
    showToast(part.textContent.trim(), { url: actionUrl, label: actionLabel });
    part.remove();
  }
}

export function initToasts() {
  document.body.addEventListener("toast", (event) => {
    const { message, action_url: url, action_label: label } = event.detail;
    showToast(message, { url, label });
  });
}
