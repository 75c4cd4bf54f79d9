// Forms that answer while one types: segments, filters that submit themselves, jumping to a field, the first problem.

/** Show of every segment the part whose radio button is chosen. */
export function showSegments() {
  for (const part of document.querySelectorAll("[data-segment]")) {
    const [name, value] = part.dataset.segment.split(":");
    const chosen = document.querySelector(`input[name="${CSS.escape(name)}"]:checked`);
    part.hidden = Boolean(chosen) && chosen.value !== value;
  }
}

function reveal(field) {
  const panel = field.closest("[data-step-panel]");
  const root = field.closest("[data-step-now]");
  if (panel && root) showStep(root, panel.dataset.stepPanel);
  const folded = field.closest("details:not([open])");
  if (folded) folded.open = true;
  const segment = field.closest("[data-segment][hidden]");
  if (segment) {
    const [name, value] = segment.dataset.segment.split(":");
    const radio = document.querySelector(`input[name="${CSS.escape(name)}"][value="${CSS.escape(value)}"]`);
    if (radio) radio.checked = true;
    showSegments();
  }
}

/** Move focus to a field, opening whatever hides it. */
export function focusField(field) {
  reveal(field);
  field.focus();
  field.scrollIntoView({ block: "center" });
}

export function focusFirstProblem(scope) {
  const wanted = ".field-error :is(input, select, textarea):not([type=hidden])";
  const field = scope.querySelector?.(wanted);
  if (field) focusField(field);
}

function showStep(root, name) {
  const names = [...document.querySelectorAll("[data-step]")].map((link) => link.dataset.step);
  const at = names.indexOf(name);
  root.dataset.stepNow = name;
  document.body.dataset.stepAt = at === 0 ? "first" : at === names.length - 1 ? "last" : "middle";
  for (const link of document.querySelectorAll("[data-step]")) {
    if (link.dataset.step === name) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
}

function stepBy(root, distance) {
  const names = [...document.querySelectorAll("[data-step]")].map((link) => link.dataset.step);
  const next = names[names.indexOf(root.dataset.stepNow) + distance];
  if (!next) return;
  showStep(root, next);
  window.scrollTo(0, 0);
}

function initSteps() {
  const root = document.querySelector("[data-steps-root]");
  const first = document.querySelector("[data-step]");
  if (!root || !first) return;
  showStep(root, first.dataset.step);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-step]");
    if (link) {
      event.preventDefault();
      showStep(root, link.dataset.step);
    }
    if (event.target.closest("[data-step-next]")) stepBy(root, 1);
    if (event.target.closest("[data-step-back]")) stepBy(root, -1);
  });
}

export function initFields() {
  let timer;
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-auto-submit]");
    if (!form || !event.target.matches("[type=search]")) return;
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(), 300);
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("[data-segmented]")) showSegments();
    const form = event.target.closest("form[data-auto-submit]");
    if (form && event.target.matches("select, [type=date], [type=radio], [type=checkbox]")) form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-focus-to]");
    const field = link && document.getElementById(link.dataset.focusTo);
    if (!field) return;
    event.preventDefault();
    focusField(field);
  });
  // A search that submitted itself keeps the cursor where it was.
  const search = document.querySelector("form[data-auto-submit] input[type=search]");
  if (search?.value && performance.getEntriesByType("navigation")[0]?.type === "navigate") {
    search.focus();
    search.setSelectionRange(search.value.length, search.value.length);
  }
  initSteps();
}
