// A page inside another program's: no cookie, no storage. A token in this module alone goes with each request as a header;
// links and forms are followed in place; the program around it is told how tall the page is, and asked for a new token in time.
import { steer } from "./navigation.js";
import { messageHost } from "./embed_host.js";
import { pipedriveHost } from "./embed_pipedrive.js";

const shell = document.getElementById("embed-shell");
const settings = JSON.parse(shell.textContent);
const { openUrl, place } = settings;
const RENEW_BEFORE = 60;
const LOOK_EVERY = 4000;
const LOOKS = 150;
const plainFetch = window.fetch.bind(window);
let token = "";
let current = new URL(location.href);
let visits = 0;
let renewal = null;
let last = null;

const isOurs = (address) => new URL(address, document.baseURI).origin === location.origin;

// The program around this frame: every kind of it does the same few things, each in its own way.
const host = (settings.host === "pipedrive" ? pipedriveHost : messageHost)(settings, {
  theme: (theme) => ["light", "dark"].includes(theme) && (document.documentElement.dataset.theme = theme),
  refresh: () => token && visit(current.href),
});

/** Exchange a one-time code or the host's signed token for a token of our own; null where neither is accepted. */
async function open(proof) {
  const answer = await plainFetch(openUrl, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...proof, place, deal: settings.deal }), credentials: "omit",
  });
  if (!answer.ok) return null;
  const opened = await answer.json();
  keep(opened);
  return opened;
}

async function renew() {
  renewal ||= (async () => {
    const context = await host.signedToken();
    return Boolean(context && (await open({ context })));
  })().finally(() => (renewal = null));
  return renewal;
}

function keep(opened) {
  token = opened.token;
  last = opened;
  setTimeout(() => renew(), Math.max(5, opened.seconds - RENEW_BEFORE) * 1000);
}

/** The page's own requests, each with the token; one that is too old is renewed once. */
window.fetch = async (input, init = {}) => {
  const address = typeof input === "string" || input instanceof URL ? input : input.url;
  if (!isOurs(address)) return plainFetch(input, init);
  const send = () => {
    const headers = new Headers(init.headers || {});
    headers.set("Authorization", `Bearer ${token}`);
    return plainFetch(new URL(address, document.baseURI), { ...init, headers, credentials: "omit" });
  };
  const answer = await send();
  if (answer.status !== 401) return answer;
  if (await renew()) return send();
  expired();
  return answer;
};
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers.Authorization = `Bearer ${token}`;
});
document.addEventListener("htmx:responseError", async (event) => {
  if (event.detail.xhr.status !== 401) return;
  const { verb, path, elt } = event.detail.requestConfig;
  if (await renew()) window.htmx.ajax(verb, path, { source: elt });
  else expired();
});

function expired() {
  const notice = document.getElementById("embed-expired");
  if (document.querySelector(".embed-expired")) return;
  document.body.prepend(document.importNode(notice.content, true));
  document.querySelector(".embed-expired button").addEventListener("click", async () => {
    if (await renew()) visit(new URL(current.pathname === location.pathname ? last.path : current.href, location.origin).href);
  });
  grow();
}

// The head's scripts run once; those of the page itself run for each visit, as they would on a page of their own.
function runScripts(page) {
  for (const script of page.querySelectorAll("script[type=module][src]")) {
    if (script.closest("head")) continue;
    visits += 1;
    import(`${new URL(script.getAttribute("src"), location.origin).href}?visit=${visits}`);
  }
}

function show(text, address) {
  const page = new DOMParser().parseFromString(text, "text/html");
  current = new URL(address);
  document.querySelector("base").href = current.href;
  document.title = page.title;
  document.body.className = page.body.className;
  const kept = document.querySelectorAll("#embed-shell, #embed-expired");
  document.body.replaceChildren(...kept, ...[...page.body.children].map((part) => document.importNode(part, true)));
  window.htmx?.process(document.body);
  document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: document.body } }));
  runScripts(page);
  document.getElementById("main")?.focus({ preventScroll: true });
  grow();
}

async function download(answer, name) {
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

async function visit(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { ...options, headers: { Accept: "text/html" } });
  } catch {
    document.dispatchEvent(new Event("htmx:sendError"));
    return;
  }
  if (answer.status === 401) return;
  if (answer.status === 204) return visit(current.href);
  const kind = answer.headers.get("Content-Type") || "";
  if (!kind.startsWith("text/html")) {
    const name = /filename="([^"]+)"/.exec(answer.headers.get("Content-Disposition") || "")?.[1] || "download";
    await download(answer, name);
    return;
  }
  const isOver = place !== "panel" && answer.redirected && new URL(answer.url).pathname === shell.dataset.home;
  show(await answer.text(), answer.redirected || !options.method ? answer.url : current.href);
  if (isOver) host.done();
}

// What cannot stand in a frame goes on in a tab, signed in by a one-time code: the tab knows nobody otherwise.
async function continueInTab(address) {
  const tab = window.open("", "_blank");
  const answer = await fetch(address, { method: "POST" });
  const { address: there } = answer.ok ? await answer.json() : {};
  if (!tab) return;
  tab.opener = null;
  if (there) tab.location.replace(there);
  else tab.close();
  if (there) lookForDone();
}

/** Look every few seconds whether what went on in the tab is done, as long as its prompt stands here. */
function lookForDone() {
  clearInterval(lookForDone.timer);
  let looks = 0;
  lookForDone.timer = setInterval(() => {
    looks += 1;
    if (!document.querySelector("[data-continue-url]") || looks > LOOKS) clearInterval(lookForDone.timer);
    else if (!document.hidden && !document.querySelector("dialog[open]")) visit(current.href);
  }, LOOK_EVERY);
}

// What needs more room than the panel has: the host opens it as a dialog of its own.
const ROOMY = { "/invoices/new/": "form", "/invoices/all/": "all" };
const opens = (link) => (link.search ? "" : Object.entries(ROOMY).find(([end]) => link.pathname.endsWith(end))?.[1] || "");

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
  if (link.dataset.continueUrl) {
    event.preventDefault();
    continueInTab(link.dataset.continueUrl);
    return;
  }
  if (link.target === "_blank" || !isOurs(link.href)) {
    link.target = "_blank";
    link.rel = "noopener";
    return;
  }
  const there = new URL(link.href);
  if (there.hash && there.pathname === current.pathname && there.search === current.search) return;
  event.preventDefault();
  if (place === "panel" && opens(link)) host.open(opens(link));
  else visit(link.href);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog") return;
  event.preventDefault();
  const button = event.submitter;
  const address = new URL(button?.getAttribute("formaction") || form.getAttribute("action") || current.href, current);
  const data = new FormData(form, button);
  if (form.method === "post") visit(address.href, { method: "POST", body: data });
  else {
    address.search = new URLSearchParams(data).toString();
    visit(address.href);
  }
});

// Back from another tab, perhaps from connecting QuickBooks: what is true by now.
// Not on focus: the first click into a frame brings it too, and must not find another page under the pointer.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && place === "panel" && token && !document.querySelector("dialog[open], details[data-menu][open]")) visit(current.href);
});

let told = 0;
function grow() {
  const height = Math.ceil(document.querySelector(".body")?.getBoundingClientRect().height || document.body.scrollHeight);
  if (height === told) return;
  told = height;
  host.resize(Math.min(Math.max(height, 100), place === "panel" ? 750 : 2000));
}
new ResizeObserver(grow).observe(document.body);

steer({ address: () => current, visit, confirm: host.confirm, say: host.say });
document.documentElement.classList.add("is-embedded");

(async () => {
  await host.begin();
  const code = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  const context = (await open({ code })) ? "" : await host.signedToken();
  const opened = context ? await open({ context }) : last;
  if (!opened) {
    expired();
    return;
  }
  shell.dataset.home = opened.home;
  host.ready();
  await visit(new URL(opened.path, location.origin).href);
})();
