// A disclosure that behaves as a menu: arrows, Home, End, letters, Esc; one open at a time.

const items = (menu) => [...menu.querySelectorAll("[role^=menuitem]")].filter((item) => !item.closest("[hidden]"));

function close(menu, isFocusBack) {
  menu.open = false;
  if (isFocusBack) menu.querySelector("summary").focus();
}

function move(menu, to) {
  const all = items(menu);
  if (all.length) all[(to + all.length) % all.length].focus();
}

function place(menu) {
  // Opens upward or to the right where there is no room, never outside the page.
  const list = menu.querySelector(".menu-list");
  const button = menu.querySelector("summary").getBoundingClientRect();
  list.style.inset = "";
  const box = list.getBoundingClientRect();
  if (box.bottom > window.innerHeight && button.top > box.height) {
    list.style.top = "auto";
    list.style.bottom = "calc(100% + 4px)";
  }
  if (box.left < 8 || box.right > window.innerWidth - 8) {
    list.style.right = "auto";
    list.style.left = `${Math.max(8 - button.left, Math.min(0, window.innerWidth - 8 - box.width - button.left))}px`;
  }
}

function onKey(event) {
  const menu = event.target.closest?.("details[data-menu]");
  if (!menu) return;
  const isButton = event.target.matches("summary");
  if (isButton && !menu.open && event.key === "ArrowDown") {
    event.preventDefault();
    menu.open = true;
    move(menu, 0);
    return;
  }
  if (!menu.open) return;
  const at = items(menu).indexOf(document.activeElement);
  const steps = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 };
  if (event.key in steps) {
    event.preventDefault();
    move(menu, steps[event.key]);
  } else if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    close(menu, true);
  } else if (event.key === "Tab") {
    close(menu, false);
  } else if (event.key.length === 1 && /\S/.test(event.key) && !isButton) {
    const all = items(menu);
    const order = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    const wanted = event.key.toLowerCase();
    order.find((item) => item.textContent.trim().toLowerCase().startsWith(wanted))?.focus();
    event.stopPropagation();
  }
}

export function enhanceMenus(scope) {
  for (const menu of scope.querySelectorAll("details[data-menu]")) {
    const summary = menu.querySelector("summary");
    summary.setAttribute("aria-haspopup", "menu");
    summary.setAttribute("aria-expanded", String(menu.open));
    for (const item of items(menu)) item.tabIndex = -1;
  }
}

export function initMenus() {
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.("details[data-menu]")) return;
    menu.querySelector("summary").setAttribute("aria-expanded", String(menu.open));
    if (!menu.open) return;
    for (const other of document.querySelectorAll("details[data-menu][open]")) {
      if (other !== menu) other.open = false;
    }
    place(menu);
    if (menu.querySelector("summary").matches(":focus-visible")) items(menu)[0]?.focus();
  }, true);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target) || event.target.closest("[role^=menuitem]")) menu.open = false;
    }
  });
}
