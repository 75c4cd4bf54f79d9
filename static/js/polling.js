// Parts that are polled while the page is visible and changed in place; changes are spoken and tinted.
import { becomeLike } from "./in_place.js";

// A change must be seen within two seconds of its webhook event.
const POLL_INTERVAL = 1000;
const TINT = 2000;

export function announce(message, how = "polite") {
  const region = document.getElementById(how === "assertive" ? "announce-now" : "announce");
  if (!region || !message) return;
  region.textContent = "";
  // Emptied first and filled a moment later, so that the same sentence is spoken again.
  setTimeout(() => (region.textContent = message), 50);
}

const flagOf = (row) => row.querySelector(".flag")?.textContent.trim() || "";

function stateOf(root) {
  const rows = [...root.querySelectorAll("[data-invoice]")];
  return new Map(rows.map((row) => [row.dataset.invoice, { flag: flagOf(row), text: row.innerText }]));
}

function announceChanges(root, known) {
  const changes = [];
  for (const row of root.querySelectorAll("[data-invoice]")) {
    const before = known.get(row.dataset.invoice);
    const isWaiting = row.querySelector(".flag-unconfirmed");
    if (before && (before.text === row.innerText || isWaiting)) continue;
    row.classList.add("row-changed");
    setTimeout(() => row.classList.remove("row-changed"), TINT);
    const name = row.querySelector(".entry-name, .link-strong")?.textContent.trim() || "";
    if (before?.flag !== flagOf(row)) changes.push(`${name}: ${flagOf(row)}`);
  }
  announce(changes.join(". "));
}

function inPlace(target, fragment) {
  const copy = fragment.firstElementChild;
  if (!copy) return [];
  const known = stateOf(target);
  const added = becomeLike(target, copy);
  announceChanges(target, known);
  return added.length ? added : [target];
}

let isOver = false;

let turn = 0;
let asked = null;

const parts = () => (isOver || document.hidden || !window.htmx ? [] : [...document.querySelectorAll("[data-poll]")]);

function poll() {
  for (const part of parts()) window.htmx.trigger(part, "poll");
}

// One part in turn asks whether anything is new, for all of them; only if so the others ask as well.
function pollNext() {
  const all = parts();
  if (!all.length) return;
  asked = all[turn++ % all.length];
  window.htmx.trigger(asked, "poll");
}

function pollOthers(event) {
  if (event.detail.elt !== asked) return;
  const first = asked;
  asked = null;
  if (event.detail.xhr.status !== 200) return;
  for (const part of parts()) if (part !== first) window.htmx.trigger(part, "poll");
}

export function initPolling() {
  document.querySelector(".stages .is-now")?.scrollIntoView({ block: "nearest", inline: "center" });
  window.htmx?.defineExtension("in-place", {
    isInlineSwap: (style) => style === "in-place",
    handleSwap: (style, target, fragment) => (style === "in-place" ? inPlace(target, fragment) : false),
  });
  document.addEventListener("in-place", (event) => inPlace(event.detail.target, event.detail.fragment));
  setInterval(pollNext, POLL_INTERVAL);
  document.addEventListener("htmx:afterRequest", pollOthers);
  document.addEventListener("visibilitychange", poll);
  // A poll that found nothing new still says when it was.
  document.body.addEventListener("polled", (event) => {
    for (const part of document.querySelectorAll("[data-polled]")) part.textContent = event.detail.value;
  });
  document.body.addEventListener("poll-now", poll);
  // Whoever is signed out, or may no longer see this, is not asked for again and again.
  document.addEventListener("signed-out", () => (isOver = true));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.elt?.matches?.("[data-poll]") && [403, 404].includes(event.detail.xhr.status)) isOver = true;
  });
  document.addEventListener("htmx:load", (event) => {
    for (const part of event.detail.elt.querySelectorAll("[data-announce]")) announce(part.textContent.trim(), part.dataset.announce);
  });
  document.body.addEventListener("announce", (event) => announce(event.detail.message, event.detail.how));
}
