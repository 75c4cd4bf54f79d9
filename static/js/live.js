// Parts that look after themselves: asked for while somebody looks, changed in place; what changed is said and tinted.
import { becomeLike } from "./in_place.js";

// A change must be seen within two seconds of its announcement.
const LOOK_EVERY = 1000;
const TINT = 2000;

export function say(message, how = "polite") {
  const region = document.getElementById(how === "assertive" ? "say-now" : "say");
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

function tellChanges(root, known) {
  const news = [];
  for (const row of root.querySelectorAll("[data-invoice]")) {
    const before = known.get(row.dataset.invoice);
    const isWaiting = row.querySelector(".flag-unconfirmed");
    if (before && (before.text === row.innerText || isWaiting)) continue;
    row.classList.add("row-changed");
    setTimeout(() => row.classList.remove("row-changed"), TINT);
    const name = row.querySelector(".entry-name, .link-strong")?.textContent.trim() || "";
    if (before?.flag !== flagOf(row)) news.push(`${name}: ${flagOf(row)}`);
  }
  say(news.join(". "));
}

function inPlace(target, fragment) {
  const copy = fragment.firstElementChild;
  if (!copy) return [];
  const known = stateOf(target);
  const added = becomeLike(target, copy);
  tellChanges(target, known);
  return added.length ? added : [target];
}

let isOver = false;

let turn = 0;
let asked = null;

const parts = () => (isOver || document.hidden || !window.htmx ? [] : [...document.querySelectorAll("[data-look]")]);

function look() {
  for (const part of parts()) window.htmx.trigger(part, "look");
}

// One part in turn asks whether anything is new, for all of them; only if so the others ask as well.
function lookInTurn() {
  const all = parts();
  if (!all.length) return;
  asked = all[turn++ % all.length];
  window.htmx.trigger(asked, "look");
}

function lookOn(event) {
  if (event.detail.elt !== asked) return;
  const first = asked;
  asked = null;
  if (event.detail.xhr.status !== 200) return;
  for (const part of parts()) if (part !== first) window.htmx.trigger(part, "look");
}

export function initLive() {
  document.querySelector(".stages .is-now")?.scrollIntoView({ block: "nearest", inline: "center" });
  window.htmx?.defineExtension("in-place", {
    isInlineSwap: (style) => style === "in-place",
    handleSwap: (style, target, fragment) => (style === "in-place" ? inPlace(target, fragment) : false),
  });
  document.addEventListener("in-place", (event) => inPlace(event.detail.target, event.detail.fragment));
  setInterval(lookInTurn, LOOK_EVERY);
  document.addEventListener("htmx:afterRequest", lookOn);
  document.addEventListener("visibilitychange", look);
  // A look that found nothing new still tells when it was.
  document.body.addEventListener("looked", (event) => {
    for (const part of document.querySelectorAll("[data-looked]")) part.textContent = event.detail.value;
  });
  document.body.addEventListener("look-now", look);
  // Whoever is signed out, or may no longer see this, is not asked for again and again.
  document.addEventListener("signed-out", () => (isOver = true));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.elt?.matches?.("[data-look]") && [403, 404].includes(event.detail.xhr.status)) isOver = true;
  });
  document.addEventListener("htmx:load", (event) => {
    for (const part of event.detail.elt.querySelectorAll("[data-say]")) say(part.textContent.trim(), part.dataset.say);
  });
  document.body.addEventListener("say", (event) => say(event.detail.message, event.detail.how));
}
