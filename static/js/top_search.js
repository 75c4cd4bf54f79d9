// The search field of every page: finds open under it, Enter alone leads to the page of all of them.
import { Combobox } from "./combobox.js";
import { go } from "./navigation.js";

class TopSearch extends Combobox {
  constructor(root) {
    super(root);
    // The form has no hidden value: what is taken is a place to go to.
    this.value = document.createElement("input");
  }

  take(option) {
    const { url } = option.dataset;
    this.close();
    if ("outside" in option.dataset) window.open(url, "_blank", "noopener");
    else go(url);
  }

  // Nothing is chosen until somebody moves to it: Enter after typing searches for the words.
  first() {
    return null;
  }

  browse() {
    const words = this.input.value.trim();
    if (words) this.search(words);
  }

  onInput() {
    if (this.input.value.trim()) super.onInput();
    else this.close();
  }

  onKey(event) {
    if (event.key !== "Enter" || (this.isOpen && this.active)) super.onKey(event);
  }
}

export function enhanceTopSearch(scope) {
  for (const root of scope.querySelectorAll("[data-top-search]")) {
    if (root.dataset.ready) continue;
    root.dataset.ready = "1";
    new TopSearch(root);
  }
}
