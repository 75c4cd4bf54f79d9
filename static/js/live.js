// What changed by itself is said by one polite live region and tinted for two seconds.

export function say(message, how = "polite") {
  const region = document.getElementById(how === "assertive" ? "say-now" : "say");
  if (!region || !message) return;
  region.textContent = "";
  // Emptied first and filled a moment later, so that the same sentence is spoken again.
  setTimeout(() => (region.textContent = message), 50);
}

function flags(scope) {
  const rows = scope.querySelectorAll("[data-invoice]");
  return new Map([...rows].map((row) => [row.dataset.invoice, row.querySelector(".flag")?.textContent.trim() || ""]));
}

const before = new Map();

function compare(root) {
  const known = before.get(root.id);
  before.delete(root.id);
  if (!known) return;
  const news = [];
  for (const row of root.querySelectorAll("[data-invoice]")) {
    const flag = row.querySelector(".flag")?.textContent.trim() || "";
    if (known.get(row.dataset.invoice) === flag) continue;
    row.classList.add("row-changed");
    const name = row.querySelector(".link-strong")?.textContent.trim() || "";
    news.push(`${name}: ${flag}`);
  }
  say(news.join(". "));
}

export function initLive() {
  document.addEventListener("htmx:beforeSwap", (event) => {
    const root = event.detail.target;
    if (root?.id && root.querySelector?.("[data-invoice]")) before.set(root.id, flags(root));
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const root = event.detail.elt;
    if (root?.id) compare(root);
  });
  document.addEventListener("htmx:load", (event) => {
    for (const part of event.detail.elt.querySelectorAll("[data-say]")) say(part.textContent.trim(), part.dataset.say);
  });
  document.body.addEventListener("say", (event) => say(event.detail.message, event.detail.how));
}
