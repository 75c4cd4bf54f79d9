// Search as you type: an editable combobox with a listbox, focus staying in the field.
import { isSignedOut, showNotice } from "./submit_guard.js";
import { announce } from "./polling.js";

const PAUSE = 120;
let count = 0;

export class Combobox {
  constructor(root) {
    this.root = root;
    this.input = root.querySelector("input:not([type=hidden])");
    this.value = root.querySelector("input[type=hidden]");
    this.list = this.makeList();
    this.asked = 0;
    this.isTyped = false;
    this.taken = this.input.value;
    this.tie();
  }

  makeList() {
    const list = document.createElement("ul");
    list.id = `combo-list-${++count}`;
    list.className = "combo-list";
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", this.input.labels?.[0]?.textContent.trim() || this.input.placeholder);
    this.root.append(list);
    return list;
  }

  tie() {
    const names = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": this.list.id };
    for (const [name, text] of Object.entries(names)) this.input.setAttribute(name, text);
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("focus", () => this.onFocus());
    this.input.addEventListener("click", () => this.list.hidden && this.browse());
    this.input.addEventListener("blur", () => this.onLeave());
    this.input.addEventListener("keydown", (event) => this.onKey(event));
    // Pressing an option must not take the focus out of the field.
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option && option.getAttribute("aria-disabled") !== "true") this.take(option);
    });
  }

  get options() {
    return [...this.list.querySelectorAll('[role=option]:not([aria-disabled="true"])')];
  }

  get active() {
    return this.list.querySelector('[aria-selected="true"]');
  }

  get isOpen() {
    return !this.list.hidden;
  }

  open() {
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    const box = this.input.getBoundingClientRect();
    const hasRoom = window.innerHeight - box.bottom > Math.min(this.list.offsetHeight + 12, 220);
    this.list.style.top = hasRoom || box.top < this.list.offsetHeight ? "" : "auto";
    this.list.style.bottom = this.list.style.top ? "calc(100% + 4px)" : "";
    this.list.style.left = "";
    const over = this.list.getBoundingClientRect().right - (document.documentElement.clientWidth - 8);
    if (over > 0) this.list.style.left = `${-over}px`;
  }

  close() {
    clearTimeout(this.timer);
    this.asked += 1;
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  first() {
    return this.options[0];
  }

  activate(option) {
    this.active?.removeAttribute("aria-selected");
    if (!option) {
      this.input.removeAttribute("aria-activedescendant");
      return;
    }
    option.setAttribute("aria-selected", "true");
    this.input.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  }

  take(option) {
    const { value = "", label = option.textContent.trim() } = option.dataset;
    if (!("create" in option.dataset)) {
      this.input.value = label;
      this.value.value = value;
      this.taken = label;
      this.isTyped = false;
    }
    const detail = { ...option.dataset };
    this.close();
    this.root.dispatchEvent(new CustomEvent("combobox:select", { bubbles: true, detail }));
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  clear() {
    if (!this.value.value) return;
    this.value.value = "";
    this.taken = "";
    this.root.dispatchEvent(new CustomEvent("combobox:clear", { bubbles: true }));
    this.value.dispatchEvent(new Event("change", { bubbles: true }));
  }

  async search(query) {
    const asked = ++this.asked;
    const address = new URL(this.root.dataset.url, location.href);
    address.searchParams.set("q", query);
    const named = this.root.dataset.nameFrom && document.getElementById(this.root.dataset.nameFrom);
    if (named) address.searchParams.set("name", named.value);
    let answer;
    try {
      answer = await fetch(address, { headers: { "HX-Request": "true" } });
    } catch {
      showNotice("offline");
      return;
    }
    if (isSignedOut(answer.url)) {
      showNotice("signed-out");
      return;
    }
    const html = answer.ok ? await answer.text() : "";
    // An answer that was overtaken by a later question, or by leaving, is dropped.
    if (!html || asked !== this.asked) return;
    this.list.innerHTML = html;
    this.list.querySelectorAll("[role=option]").forEach((option, at) => (option.id = `${this.list.id}-${at}`));
    this.open();
    this.activate(query ? this.first() : null);
    const summary = this.list.querySelector(".combo-count")?.textContent.trim();
    if (query && summary) announce(summary);
  }

  onFocus() {
    // The page may have linked something by itself since.
    if (this.value.value && !this.isTyped) this.taken = this.input.value;
    this.input.select();
  }

  browse() {
    this.search(this.isTyped ? this.input.value.trim() : "");
  }

  onInput() {
    this.isTyped = true;
    if (!this.input.value.trim()) this.clear();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.search(this.input.value.trim()), PAUSE);
  }

  onLeave() {
    this.close();
    // Words that were typed but not taken do not pretend to be the choice.
    if (this.isTyped && this.value.value && this.input.value !== this.taken) this.input.value = this.taken;
    this.isTyped = this.isTyped && !this.value.value;
  }

  onKey(event) {
    const all = this.options;
    const at = all.indexOf(this.active);
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!this.isOpen) this.browse();
      else if (event.altKey && event.key === "ArrowUp") this.close();
      else if (all.length) {
        const step = event.key === "ArrowDown" ? at + 1 : at < 0 ? -1 : at - 1;
        this.activate(all[(step + all.length) % all.length]);
      }
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
      // Enter chooses here; it never sends the form by accident.
      event.preventDefault();
      if (this.isOpen && all[at]) this.take(all[at]);
    } else if (event.key === "Escape") {
      if (!this.isOpen && !this.input.value) return;
      event.preventDefault();
      event.stopPropagation();
      if (this.isOpen) this.close();
      else {
        this.input.value = "";
        this.clear();
      }
    }
  }
}

export function enhanceAll(scope) {
  for (const root of scope.querySelectorAll("[data-combobox]")) {
    if (root.dataset.ready) continue;
    root.dataset.ready = "1";
    new Combobox(root);
  }
}
