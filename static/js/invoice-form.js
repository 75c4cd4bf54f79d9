// The invoice form: the server computes, checks and keeps; this posts what is typed and shows its answer in place.
import { clearNotice, freshToken, isSignedOut, showNotice } from "./submit_guard.js";
import { enhanceAll } from "./combobox.js";
import { focusField, showSegments } from "./fields.js";
import { announce } from "./polling.js";
import { enhanceMenus } from "./menu.js";
import { reload } from "./navigation.js";

const PAUSE = 250;
// Only these change which fields there are; after the others the page stays and just its live parts change.
const RESHAPES = /^(add|all_lines|take_deal|remove|up|down|move|customer|unlink$|change|keep_customer|new_customer|existing_customer|convert|unconvert)/;
const COPIED = ["class", "hidden", "aria-invalid", "aria-describedby", "aria-label"];
const form = document.getElementById("invoice-form");
const sheet = form.querySelector(".sheet");
let timer;
let running = Promise.resolve();
let asked = 0;
let isKept = true;
let isFailing = false;
let isLeaving = false;

const named = (root) => [...root.querySelectorAll("#invoice-form [name], [form=invoice-form][name]")].filter((field) => field.tagName !== "BUTTON");
const countLines = (root) => root.querySelectorAll("[data-line]").length;
const isValue = (field) => !["radio", "checkbox"].includes(field.type);

function body(what) {
  freshToken(form);
  form.elements.scripted.value = "1";
  const data = new FormData(form);
  data.set("scripted", "1");
  // Files go once, when they are chosen; after that they wait with the form.
  if (what !== "attach") data.delete("files");
  if (what) data.set("do", what);
  return data;
}

async function ask(data) {
  let answer;
  try {
    answer = await fetch(data.has("do") ? form.action : form.dataset.checkUrl, {
      method: "POST", body: data, headers: { "X-Requested-With": "fetch" },
    });
  } catch {
    isFailing = true;
    showNotice("offline");
    return null;
  }
  if (isSignedOut(answer.url) || answer.status === 403) {
    isFailing = true;
    showNotice("signed-out");
    return null;
  }
  if (!answer.ok) {
    isFailing = true;
    return null;
  }
  isFailing = false;
  clearNotice("offline");
  clearNotice("signed-out");
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** What holds the focus, so that it can be found again after its surroundings were replaced. */
function holder() {
  const field = document.activeElement;
  if (!field || field === document.body) return null;
  const range = field.matches("input:not([type=date], [type=radio], [type=checkbox]), textarea") ? [field.selectionStart, field.selectionEnd] : null;
  return { id: field.id, name: field.name, value: field.value, range };
}

function refocus(held) {
  if (!held) return;
  const same = (field) => field.name === held.name && (field.tagName !== "BUTTON" || field.value === held.value) && (field.type !== "radio" || field.value === held.value);
  const field = (held.id && document.getElementById(held.id)) || (held.name && [...document.getElementsByName(held.name)].find(same));
  if (!field) return;
  field.focus({ preventScroll: true });
  if (held.range && field.setSelectionRange && field.type !== "date") field.setSelectionRange(...held.range);
}

function replaceLive(fresh) {
  const held = holder();
  let isLost = false;
  for (const part of fresh.querySelectorAll("[data-live][id]")) {
    const old = document.getElementById(part.id);
    if (!old || old.outerHTML === part.outerHTML) continue;
    if (old.contains(document.activeElement)) isLost = true;
    old.replaceWith(document.importNode(part, true));
  }
  if (isLost) refocus(held);
}

function copyAttributes(fresh) {
  for (const part of fresh.querySelectorAll("[data-sync][id]")) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    for (const name of COPIED) {
      const value = part.getAttribute(name);
      if (value === null) old.removeAttribute(name);
      else if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
  }
}

/** Take over what the server changed, but never over what was typed since it was asked. */
function copyValues(fresh, sent) {
  const now = new Map(named(document).filter(isValue).map((field) => [field.name, field]));
  for (const field of named(fresh).filter(isValue)) {
    const old = now.get(field.name);
    const before = sent.get(field.name);
    if (old && field.value !== before && old.value === before && field.name !== "scripted" && field.name !== "csrfmiddlewaretoken") old.value = field.value;
  }
}

function replaceAll(fresh, sent, isReordered) {
  const held = holder();
  const open = [...sheet.querySelectorAll("details[open]")].map((part) => part.className);
  const typed = new Map(named(document).filter(isValue).filter((field) => sent.has(field.name) && sent.get(field.name) !== field.value).map((field) => [field.name, field.value]));
  const search = document.activeElement?.closest("[role=combobox]");
  const isSearching = search && (search.getAttribute("aria-expanded") === "true" || typed.has(search.name));
  for (const field of fresh.querySelectorAll("#invoice-form > input[type=hidden]")) {
    if (!["csrfmiddlewaretoken", "scripted"].includes(field.name) && form.elements[field.name]) form.elements[field.name].value = field.value;
  }
  sheet.replaceChildren(...[...fresh.querySelector(".sheet").childNodes].map((part) => document.importNode(part, true)));
  replaceLive(fresh);
  const preset = fresh.querySelector("select[name=preset]");
  if (preset && form.elements.preset) form.elements.preset.value = preset.value;
  if (!isReordered) for (const field of named(document)) if (typed.has(field.name) && isValue(field)) field.value = typed.get(field.name);
  for (const name of open) if (name.includes("more-fields") || name.includes("passed-more")) sheet.querySelector(`details.${name.split(" ").join(".")}`)?.setAttribute("open", "");
  enhanceAll(sheet);
  enhanceMenus(sheet);
  showSegments();
  refocus(held);
  if (isSearching) document.activeElement.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Put the focus where the server says, unless somebody has gone on to another field meanwhile. */
function moveFocus(fresh, from) {
  const wanted = document.getElementById(fresh.getElementById("invoice-form").dataset.focus);
  const now = document.activeElement;
  const isElsewhere = now && now !== document.body && from !== (now.id || now.name) && now.matches("input, select, textarea");
  if (!wanted || isElsewhere) return;
  // A handle is focused as it is; going to a field would open the menu around it.
  if (wanted.matches("[data-handle]")) wanted.focus();
  else focusField(wanted);
}

const fixes = () => document.querySelectorAll("#check .check-fix").length;

function tell(before) {
  const after = fixes();
  if (after !== before) announce(document.querySelector("#check .card-head .chip")?.textContent.trim());
}

/** Say on the form whether what it shows is still behind what was typed. */
const markChecking = (isBehind) => form.toggleAttribute("data-checking", isBehind);

/** Post a button's word (or nothing, for a mere check) and show the answer; one request at a time. */
function act(what, { isWhole = RESHAPES.test(what), button = null } = {}) {
  clearTimeout(timer);
  const mine = ++asked;
  markChecking(true);
  // Where the person was when they did it, not where they are once an earlier answer has come.
  const from = document.activeElement?.id || document.activeElement?.name || "";
  const work = running.then(async () => {
    if (!what && mine !== asked) return null;
    const data = body(what);
    button?.setAttribute("aria-busy", "true");
    isKept = true;
    const fresh = await ask(data);
    button?.removeAttribute("aria-busy");
    if (!fresh) {
      isKept = false;
      return null;
    }
    if (!fresh.getElementById("invoice-form")) {
      reload();
      return null;
    }
    const before = fixes();
    // A product that is a bundle brings lines of its own.
    if (isWhole || countLines(fresh) !== countLines(sheet)) replaceAll(fresh, data, /^(remove|up|down|move|add|all_lines|take_deal|link|bundle|unbundle)/.test(what || ""));
    else {
      replaceLive(fresh);
      copyAttributes(fresh);
      copyValues(fresh, data);
    }
    if (what) moveFocus(fresh, from);
    tell(before);
    return fresh;
  });
  running = work.catch(() => null).then(() => mine === asked && markChecking(false));
  return work;
}

function checkSoon() {
  isKept = false;
  asked += 1;
  markChecking(true);
  clearTimeout(timer);
  timer = setTimeout(() => act(""), PAUSE);
}

form.addEventListener("input", (event) => event.target.type !== "file" && checkSoon());
document.addEventListener("change", (event) => {
  if (event.target.form !== form) return;
  if (event.target.type === "file") act("attach", { isWhole: false });
  else if (event.target.matches("[data-do]")) act(event.target.dataset.do, { isWhole: true });
  else checkSoon();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=do]");
  if (!button || button.form !== form) return;
  event.preventDefault();
  if (button.value === "afresh" || button.value.startsWith("adopt:")) {
    isLeaving = true;
    form.noValidate = true;
    form.requestSubmit(button);
    return;
  }
  if (!button.hasAttribute("aria-busy")) act(button.value, { button });
}, true);

form.addEventListener("combobox:select", (event) => {
  const { value = "", label = "" } = event.detail;
  const isNew = "create" in event.detail;
  const line = event.target.closest("[data-line]")?.dataset.line;
  if (line !== undefined) act(isNew ? `create_item:${line}:${label}` : `link:${line}:${value}`);
  else if (event.target.querySelector("[name=add_item]")) act(`add_item:${value}`);
  else act(isNew ? `new_customer:${label}` : `customer:${value}`);
});
form.addEventListener("combobox:clear", (event) => {
  if (event.target.querySelector("[name=customer]")) act("unlink");
  else checkSoon();
});

// Back from another page, perhaps from the deal's own: what changed there meanwhile is said at once.
document.addEventListener("visibilitychange", () => !document.hidden && !isLeaving && act(""));

// Keys within the lines: Enter in the last one adds another, Alt with an arrow moves one.
form.addEventListener("keydown", (event) => {
  const line = event.target.closest("[data-line]");
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && event.target.matches("input:not([type=checkbox], [type=radio])") && !event.defaultPrevented) {
    event.preventDefault();
    if (line && line === sheet.querySelector("[data-line]:last-of-type")) act("add_line");
  }
  if (line && event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown") && !event.target.matches("[role=combobox]")) {
    event.preventDefault();
    const at = Number(line.dataset.line);
    const to = event.key === "ArrowUp" ? at - 1 : at + 1;
    if (to < 0 || to >= sheet.querySelectorAll("[data-line]").length) return;
    const place = event.target.id.replace(/^line-\d+-/, "");
    act(`move:${at}:${to}`).then(() => document.getElementById(`line-${to}-${place}`)?.focus());
  }
});

// The handle drags a line; its menu does the same without a pointer.
form.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-handle]");
  if (!handle || event.button) return;
  const line = handle.closest("[data-line]");
  const start = event.clientY;
  let isMoving = false;
  const under = (y) => [...sheet.querySelectorAll("[data-line]")].filter((other) => other.getBoundingClientRect().top + other.offsetHeight / 2 < y).length;
  const move = (at) => {
    if (!isMoving && Math.abs(at.clientY - start) < 6) return;
    isMoving = true;
    line.classList.add("row-info");
  };
  const drop = (at) => {
    window.removeEventListener("pointermove", move);
    line.classList.remove("row-info");
    if (!isMoving) return;
    window.addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, once: true });
    setTimeout(() => handle.closest("details").removeAttribute("open"));
    const from = Number(line.dataset.line);
    const over = under(at.clientY);
    const to = over > from ? over - 1 : over;
    if (to !== from) act(`move:${from}:${to}`);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", drop, { once: true });
});

// Creating: what was typed last is checked first; with something to fix the first problem gets the focus instead.
// Otherwise the form goes once.
const inTheWay = () => document.querySelector("#check .check-fix:not([data-refusal])");
let isSettling = false;

/** Have everything that was typed checked, then create, or show the first problem; further presses meanwhile change nothing. */
function settle() {
  isSettling = true;
  form.elements.posted.value = "1";
  act("", { isWhole: false });
  running.then(() => {
    isSettling = false;
    if (inTheWay()) inTheWay().querySelector("[data-focus-to]").click();
    else form.requestSubmit();
  });
}

window.addEventListener("submit", (event) => {
  if (event.target !== form || event.submitter?.name === "do") return;
  if (isSettling || inTheWay() || form.hasAttribute("data-checking")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!isSettling) settle();
    return;
  }
  body("");
  isLeaving = true;
}, true);
window.addEventListener("pageshow", () => (isLeaving = false));

// Leaving keeps the form; it asks only when it could not be kept.
window.addEventListener("beforeunload", (event) => {
  if (!isLeaving && !isKept && isFailing) event.preventDefault();
});
window.addEventListener("pagehide", () => {
  if (!isLeaving && !isKept) navigator.sendBeacon(form.dataset.checkUrl, body(""));
});

form.querySelector(".add-item")?.addEventListener("toggle", (event) => event.target.open && event.target.querySelector("input")?.focus());
enhanceAll(document);
