// Tabs within a page: one stop for Tab, Left and Right move, each panel is labelled by its tab.

function choose(list, tab) {
  for (const other of list.querySelectorAll("[role=tab]")) {
    const isChosen = other === tab;
    other.setAttribute("aria-selected", String(isChosen));
    other.tabIndex = isChosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute("aria-controls"));
    if (panel) {
      panel.hidden = !isChosen;
      panel.setAttribute("aria-labelledby", other.id);
    }
  }
}

export function initTabs(scope) {
  for (const list of scope.querySelectorAll("[data-tabs]")) {
    if (list.dataset.ready) continue;
    list.dataset.ready = "1";
    const tabs = [...list.querySelectorAll("[role=tab]")];
    tabs.forEach((tab, at) => (tab.id ||= `tab-${tab.getAttribute("aria-controls") || at}`));
    choose(list, tabs.find((tab) => tab.getAttribute("aria-selected") === "true") || tabs[0]);
    list.addEventListener("click", (event) => {
      const tab = event.target.closest("[role=tab]");
      if (!tab) return;
      event.preventDefault();
      choose(list, tab);
    });
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(event.target);
      const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      const tab = tabs[(to + tabs.length) % tabs.length];
      choose(list, tab);
      tab.focus();
    });
  }
}
