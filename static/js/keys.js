// Page keys: "/" search, "n" new, "r" refresh, "?" the list of them; off while somebody types.

export function initKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      document.querySelector("form[data-submit-key]")?.requestSubmit();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      document.querySelector("[data-close-key]")?.click();
      return;
    }
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    if (event.key === "?") {
      document.getElementById("shortcuts")?.showModal();
      return;
    }
    const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!target) return;
    event.preventDefault();
    if (target.matches("input")) {
      target.focus();
      target.select();
    } else {
      target.click();
    }
  });
}
