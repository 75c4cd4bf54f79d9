// A plain select becomes a combobox that searches: the fields of the mapping, with their value on the preview deal.
import { enhanceAll as enhanceComboboxes } from "./combobox.js";

function withDeal(address, deal) {
  const url = new URL(address, location.href);
  if (deal) url.searchParams.set("deal", deal);
  return url.pathname + url.search;
}

function show(root, value) {
  const mark = root.querySelector("[data-picker-mark]");
  if (mark) mark.hidden = !value || value !== root.dataset.suggested;
  const chosen = root.querySelector(`[role=option][data-value="${CSS.escape(value)}"] .icon`);
  const sign = root.querySelector("[data-picker-sign]");
  if (chosen && sign) sign.replaceChildren(chosen.cloneNode(true));
}

function become(root) {
  const select = root.querySelector("select");
  const field = document.createElement("input");
  const kept = document.createElement("input");
  const chosen = select.selectedOptions[0];
  field.id = select.id;
  field.autocomplete = "off";
  field.disabled = select.matches(":disabled");
  field.value = chosen?.value || !select.required ? chosen?.dataset.label || "" : "";
  if (select.getAttribute("aria-describedby")) field.setAttribute("aria-describedby", select.getAttribute("aria-describedby"));
  if (select.getAttribute("aria-invalid")) field.setAttribute("aria-invalid", "true");
  kept.type = "hidden";
  kept.name = select.name;
  kept.value = select.value;
  const empty = [...select.options].find((option) => !option.value && !select.required);
  select.replaceWith(field, kept);
  const deal = document.querySelector("[data-picker-deal]");
  root.dataset.url = withDeal(root.dataset.url, deal?.value);
  root.dataset.combobox = "";
  kept.addEventListener("change", () => show(root, kept.value));
  field.addEventListener("blur", () => {
    // Words that were not taken do not pretend to be "Leave empty".
    if (!kept.value) field.value = empty?.dataset.label || "";
  });
}

export function enhancePickers(scope) {
  const found = [...scope.querySelectorAll("[data-picker]:not([data-combobox])")];
  for (const root of found) become(root);
  if (found.length) enhanceComboboxes(scope);
}

export function initPickers() {
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-picker-deal]")) return;
    for (const root of document.querySelectorAll("[data-picker]")) root.dataset.url = withDeal(root.dataset.url, event.target.value);
  });
}
