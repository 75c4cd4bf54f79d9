// Behaviours by data attribute. Every page works as plain links and forms without them.

const root = document.documentElement;
root.classList.add("has-script");

document.addEventListener("click", (event) => {
  const target = event.target;
  if (target.closest("[data-theme-toggle]")) {
    const isDark = root.dataset.theme
      ? root.dataset.theme === "dark"
      : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = isDark ? "light" : "dark";
    localStorage.setItem("theme", root.dataset.theme);
  }
  const focusLink = target.closest("[data-focus-to]");
  if (focusLink) {
    const field = document.getElementById(focusLink.dataset.focusTo);
    if (field) {
      event.preventDefault();
      field.focus();
    }
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  const menu = document.querySelector("details[data-menu][open]");
  if (menu) {
    const items = [...menu.querySelectorAll("[role=menuitem]")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape") {
      menu.open = false;
      menu.querySelector("summary").focus();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      items[(at + step + items.length) % items.length]?.focus();
    }
    return;
  }
  const isTyping = event.target.closest("input, textarea, select");
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    document.querySelector("form[data-submit-key]")?.requestSubmit();
  }
  if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target) {
    event.preventDefault();
    if (target.matches("input")) target.focus();
    else target.click();
  }
  if (event.key === "Escape") document.querySelector("[data-close-key]")?.click();
});

// A form is sent once; the button says that it is under way.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-busy]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  form.dispatchEvent(new CustomEvent("saved"));
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy=true]")) button.removeAttribute("aria-busy");
});

// Asks before leaving only when something was changed.
let isChanged = false;
document.addEventListener("input", (event) => {
  if (event.target.closest("form[data-unsaved]")) isChanged = true;
});
document.addEventListener("saved", () => (isChanged = false), true);
window.addEventListener("beforeunload", (event) => {
  if (isChanged) event.preventDefault();
});

let timer;
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (!form || !event.target.matches("[type=search]")) return;
  clearTimeout(timer);
  timer = setTimeout(() => form.requestSubmit(), 400);
});
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (form && event.target.matches("select, [type=date]")) form.requestSubmit();
});

function showSegments(scope) {
  for (const part of scope.querySelectorAll("[data-segment]")) {
    const [name, value] = part.dataset.segment.split(":");
    const chosen = document.querySelector(`input[name="${name}"]:checked`);
    part.hidden = chosen ? chosen.value !== value : false;
  }
}
document.addEventListener("change", (event) => {
  if (event.target.closest("[data-segmented]")) showSegments(document);
});
showSegments(document);

// A menu or a field somebody is using is not replaced under them.
document.addEventListener("htmx:beforeRequest", (event) => {
  const target = event.detail.target;
  if (event.detail.requestConfig?.verb === "get" && target?.querySelector?.("details[data-menu][open], [aria-busy=true]")) {
    event.preventDefault();
  }
});

for (const toast of document.querySelectorAll("[data-toast]")) {
  setTimeout(() => toast.remove(), 6000);
}
document.querySelector(".field-error :is(input, select, textarea):not([type=hidden])")?.focus();
