// Starts every behaviour, and again for what htmx swaps in. Pages work as plain links and forms without them.
import { enhanceAll as enhanceComboboxes } from "./combobox.js";
import { initBusy } from "./submit_guard.js";
import { initDialogs } from "./dialog.js";
import { initFields, showSegments, focusFirstProblem } from "./fields.js";
import { initKeys } from "./keys.js";
import { initPolling } from "./polling.js";
import { initPasskeys } from "./passkeys.js";
import { initMenus, enhanceMenus } from "./menu.js";
import { enhancePickers, initPickers } from "./picker.js";
import { enhanceRanges } from "./range.js";
import { enhanceSelections } from "./selection.js";
import { initTabs } from "./tabs.js";
import { initThemeChoice } from "./theme_choice.js";
import { initToasts, collectToasts } from "./toast.js";
import { enhanceTopSearch } from "./top_search.js";

document.documentElement.classList.add("has-script");

function enhance(scope) {
  enhancePickers(scope);
  enhanceComboboxes(scope);
  enhanceTopSearch(scope);
  enhanceMenus(scope);
  enhanceRanges(scope);
  enhanceSelections(scope);
  initTabs(scope);
  showSegments();
  collectToasts(scope);
}

initBusy();
initDialogs();
initFields();
initKeys();
initPolling();
initMenus();
initPasskeys();
initPickers();
initThemeChoice();
initToasts();
enhance(document);
focusFirstProblem(document);
document.addEventListener("htmx:load", (event) => {
  enhance(event.detail.elt);
  focusFirstProblem(event.detail.elt);
});
