// Search as you type: an editable combobox with a listbox, following the ARIA pattern.

let count = 0;

function close(box) {
  box.list.hidden = true;
  box.input.setAttribute("aria-expanded", "false");
  box.input.removeAttribute("aria-activedescendant");
}

function options(box) {
  return [...box.list.querySelectorAll('[role=option]:not([aria-disabled="true"])')];
}

function activate(box, option) {
  for (const other of box.list.querySelectorAll("[aria-selected]")) other.removeAttribute("aria-selected");
  if (!option) return box.input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  box.input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function take(box, option) {
  box.input.value = option.dataset.label;
  box.hidden.value = option.dataset.value;
  close(box);
  box.root.dispatchEvent(new CustomEvent("combobox:select", { bubbles: true, detail: { ...option.dataset } }));
}

async function search(box) {
  const asked = ++box.asked;
  const url = `${box.root.dataset.url}?q=${encodeURIComponent(box.isTyped ? box.input.value : "")}`;
  const answer = await fetch(url, { headers: { "HX-Request": "true" } });
  if (!answer.ok || asked !== box.asked) return;
  box.list.innerHTML = await answer.text();
  box.list.querySelectorAll("[role=option]").forEach((option, at) => (option.id = `${box.list.id}-${at}`));
  box.list.hidden = false;
  box.input.setAttribute("aria-expanded", "true");
  activate(box, options(box)[0]);
}

function enhance(root) {
  if (root.dataset.ready) return;
  root.dataset.ready = "1";
  const list = document.createElement("ul");
  list.id = `combo-list-${++count}`;
  list.className = "combo-list";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  root.append(list);
  const box = { root, list, input: root.querySelector("input:not([type=hidden])"), hidden: root.querySelector("[type=hidden]"), asked: 0, isTyped: false };
  box.input.setAttribute("role", "combobox");
  box.input.setAttribute("aria-autocomplete", "list");
  box.input.setAttribute("aria-expanded", "false");
  box.input.setAttribute("aria-controls", list.id);
  let timer;
  box.input.addEventListener("input", () => {
    box.isTyped = true;
    if (!box.input.value && box.hidden.value) {
      box.hidden.value = "";
      root.dispatchEvent(new CustomEvent("combobox:clear", { bubbles: true }));
    }
    clearTimeout(timer);
    timer = setTimeout(() => search(box), 120);
  });
  box.input.addEventListener("focus", () => { box.input.select(); });
  box.input.addEventListener("click", () => { box.isTyped = false; search(box); });
  box.input.addEventListener("blur", () => setTimeout(() => close(box), 150));
  box.input.addEventListener("keydown", (event) => {
    const all = options(box);
    const at = all.findIndex((option) => option.getAttribute("aria-selected"));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) return void search(box);
      activate(box, all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter") {
      event.preventDefault();
      if (!list.hidden && all[at]) take(box, all[at]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close(box);
    } else if (event.key === "Tab") close(box);
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const option = event.target.closest("[role=option]");
    if (option && option.getAttribute("aria-disabled") !== "true") take(box, option);
  });
}

export function enhanceAll(scope) {
  for (const root of scope.querySelectorAll("[data-combobox]")) enhance(root);
}
