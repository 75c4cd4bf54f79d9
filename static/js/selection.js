// Several rows at once: the box in the head chooses all shown, and the bar says how many are chosen.
export function enhanceSelections(scope) {
  for (const all of scope.querySelectorAll("[data-select-all]:not([data-ready])")) {
    all.dataset.ready = "1";
    const table = all.closest("table");
    const bar = document.getElementById(all.dataset.selectAll);
    const boxes = () => [...table.querySelectorAll("tbody input[type=checkbox]")];
    const update = () => {
      const chosen = boxes().filter((box) => box.checked).length;
      all.checked = chosen > 0 && chosen === boxes().length;
      all.indeterminate = chosen > 0 && chosen < boxes().length;
      if (!bar) return;
      bar.hidden = !chosen;
      const count = bar.querySelector("[data-count]");
      if (count) count.textContent = String(chosen);
    };
    all.hidden = false;
    all.addEventListener("change", () => {
      for (const box of boxes()) box.checked = all.checked;
      update();
    });
    table.addEventListener("change", update);
    window.addEventListener("pageshow", update);
    update();
  }
}
