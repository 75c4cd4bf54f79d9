// A range of days: two fields that take a day in several forms, and a calendar that is worked by keyboard.
const LANG = document.documentElement.lang || "en";
const DAY = 86400000;
const long = new Intl.DateTimeFormat(LANG, { dateStyle: "full", timeZone: "UTC" });
const medium = new Intl.DateTimeFormat(LANG, { year: "numeric", month: "short", day: "numeric", timeZone: "UTC" });
const monthTitle = new Intl.DateTimeFormat(LANG, { year: "numeric", month: "long", timeZone: "UTC" });

const utc = (year, month, day) => {
  const made = new Date(Date.UTC(year, month - 1, day));
  return made.getUTCMonth() === month - 1 && made.getUTCDate() === day ? made : null;
};
const iso = (day) => day.toISOString().slice(0, 10);
const plus = (day, count) => new Date(day.getTime() + count * DAY);

function today() {
  const now = new Date();
  return utc(now.getFullYear(), now.getMonth() + 1, now.getDate());
}

function plusMonths(day, count) {
  const first = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() + count, 1));
  const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
  return utc(first.getUTCFullYear(), first.getUTCMonth() + 1, Math.min(day.getUTCDate(), last));
}

function monthOf(name) {
  const wanted = name.toLowerCase();
  for (const lang of [LANG, "en"]) {
    for (let month = 1; month <= 12; month += 1) {
      const word = new Intl.DateTimeFormat(lang, { month: "long", timeZone: "UTC" }).format(utc(2026, month, 1)).toLowerCase();
      if (word === wanted || (wanted.length >= 3 && word.startsWith(wanted))) return month;
    }
  }
  return 0;
}

/** Read a typed day as the server does; null when it is none. */
export function readDay(typed) {
  const text = typed.trim().toLowerCase().replace(/\s+/g, " ");
  const year = today().getUTCFullYear();
  const isDayFirst = !LANG.startsWith("en") || text.includes(".");
  let found = text.match(/^(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})$/);
  if (found) return utc(+found[1], +found[2], +found[3]);
  found = text.match(/^(\d{1,2})[-/. ]+(\d{1,2})(?:[-/. ]+(\d{4}|\d{2}))?\.?$/);
  if (found) {
    const [one, two] = [+found[1], +found[2]];
    const full = found[3] ? +(found[3].length === 2 ? `20${found[3]}` : found[3]) : year;
    const orders = isDayFirst ? [[two, one], [one, two]] : [[one, two], [two, one]];
    return orders.map(([month, day]) => utc(full, month, day)).find(Boolean) || null;
  }
  found = text.match(/^(?:(\d{1,2})\.? +)?([^\W\d_]+|\p{L}+)\.?(?: +(\d{1,2}))?(?:,? +(\d{4}))?$/u);
  if (found && Boolean(found[1]) !== Boolean(found[3])) {
    const month = monthOf(found[2]);
    return month ? utc(+(found[4] || year), month, +(found[1] || found[3])) : null;
  }
  return ["today", "i dag"].includes(text) ? today() : null;
}

class Range {
  constructor(root) {
    this.root = root;
    this.fields = [root.querySelector("[data-range-start]"), root.querySelector("[data-range-end]")];
    this.calendar = root.querySelector("[data-range-calendar]");
    this.problem = root.querySelector("[data-range-problem]");
    this.firstWeekday = this.weekStart();
    this.field = this.fields[0];
    for (const field of this.fields) {
      const given = readDay(field.value) || readDay(field.getAttribute("value") || "");
      const typed = field.getAttribute("value") || "";
      field.type = "text";
      field.autocomplete = "off";
      field.value = given ? medium.format(given) : typed;
    }
    this.shown = this.days[1] || this.days[0] || today();
    this.calendar.hidden = false;
    this.tie();
    this.draw();
  }

  weekStart() {
    try {
      const locale = new Intl.Locale(LANG === "en" ? "en-US" : LANG);
      return (locale.getWeekInfo?.() || locale.weekInfo).firstDay % 7;
    } catch {
      return LANG.startsWith("en") ? 0 : 1;
    }
  }

  get days() {
    return this.fields.map((field) => readDay(field.value));
  }

  tie() {
    this.fields.forEach((field) => {
      field.addEventListener("focus", () => (this.field = field));
      field.addEventListener("input", () => this.onTyped(field));
      field.addEventListener("keydown", (event) => {
        if (event.key !== "ArrowDown") return;
        event.preventDefault();
        this.focusDay();
      });
    });
    this.root.querySelectorAll("[data-range-step]").forEach((button) => {
      button.addEventListener("click", () => {
        this.shown = plusMonths(this.shown, +button.dataset.rangeStep);
        this.draw();
      });
    });
    this.calendar.addEventListener("click", (event) => {
      const cell = event.target.closest("[data-day]");
      if (cell) this.take(readDay(cell.dataset.day));
    });
    this.calendar.addEventListener("keydown", (event) => this.onKey(event));
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.root.open) return;
      event.preventDefault();
      event.stopPropagation();
      this.root.open = false;
      this.root.querySelector("summary").focus();
    });
    document.addEventListener("click", (event) => {
      if (this.root.open && !this.root.contains(event.target)) this.root.open = false;
    });
    this.root.closest("form")?.addEventListener("submit", (event) => this.onSubmit(event));
    this.root.closest("form")?.addEventListener("formdata", (event) => {
      this.fields.forEach((field, at) => {
        const day = this.days[at];
        if (day) event.formData.set(field.name, iso(day));
      });
    });
  }

  onTyped(field) {
    const day = readDay(field.value);
    field.removeAttribute("aria-invalid");
    this.problem.hidden = true;
    if (day) this.shown = day;
    this.draw();
  }

  onSubmit(event) {
    const wrong = this.fields.find((field, at) => field.value.trim() && !this.days[at]);
    if (!wrong) return;
    event.preventDefault();
    this.root.open = true;
    wrong.setAttribute("aria-invalid", "true");
    this.problem.hidden = false;
    this.problem.setAttribute("role", "alert");
    wrong.focus();
  }

  take(day) {
    const at = this.fields.indexOf(this.field);
    this.field.value = medium.format(day);
    this.field.removeAttribute("aria-invalid");
    const [start, end] = this.days;
    // A first day after the last begins a new range; a last day before the first becomes the first.
    if (start && end && start > end) {
      if (at === 0) this.fields[1].value = "";
      else [this.fields[0].value, this.fields[1].value] = [medium.format(end), medium.format(start)];
    }
    this.field = this.fields[at === 0 ? 1 : 0];
    this.shown = day;
    this.draw();
    this.focusDay();
  }

  onKey(event) {
    const cell = event.target.closest("[data-day]");
    if (!cell) return;
    const day = readDay(cell.dataset.day);
    const weekday = (day.getUTCDay() - this.firstWeekday + 7) % 7;
    const moves = {
      ArrowLeft: () => plus(day, -1),
      ArrowRight: () => plus(day, 1),
      ArrowUp: () => plus(day, -7),
      ArrowDown: () => plus(day, 7),
      Home: () => plus(day, -weekday),
      End: () => plus(day, 6 - weekday),
      PageUp: () => plusMonths(day, event.shiftKey ? -12 : -1),
      PageDown: () => plusMonths(day, event.shiftKey ? 12 : 1),
    };
    if (event.key in moves) {
      event.preventDefault();
      this.shown = moves[event.key]();
      this.draw();
      this.focusDay();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.take(day);
    }
  }

  focusDay() {
    this.calendar.querySelector('[tabindex="0"]')?.focus();
  }

  draw() {
    this.calendar.querySelector("[data-range-title]").textContent = monthTitle.format(this.shown);
    const [start, end] = this.days;
    const first = utc(this.shown.getUTCFullYear(), this.shown.getUTCMonth() + 1, 1);
    const from = plus(first, -((first.getUTCDay() - this.firstWeekday + 7) % 7));
    const head = document.createElement("tr");
    const body = document.createDocumentFragment();
    for (let at = 0; at < 7; at += 1) {
      const cell = document.createElement("th");
      const day = plus(from, at);
      cell.scope = "col";
      cell.abbr = new Intl.DateTimeFormat(LANG, { weekday: "long", timeZone: "UTC" }).format(day);
      cell.textContent = new Intl.DateTimeFormat(LANG, { weekday: "narrow", timeZone: "UTC" }).format(day);
      head.append(cell);
    }
    for (let week = 0; week < 6; week += 1) {
      const row = document.createElement("tr");
      for (let at = 0; at < 7; at += 1) row.append(this.cell(plus(from, week * 7 + at), start, end));
      if (row.querySelector("[data-day]")) body.append(row);
    }
    this.calendar.querySelector("thead").replaceChildren(head);
    this.calendar.querySelector("tbody").replaceChildren(body);
  }

  cell(day, start, end) {
    const cell = document.createElement("td");
    cell.setAttribute("role", "gridcell");
    if (day.getUTCMonth() !== this.shown.getUTCMonth()) return cell;
    const time = day.getTime();
    const isEnd = [start, end].some((edge) => edge?.getTime() === time);
    cell.textContent = String(day.getUTCDate());
    cell.dataset.day = iso(day);
    cell.tabIndex = time === this.shown.getTime() ? 0 : -1;
    cell.setAttribute("aria-label", long.format(day));
    cell.setAttribute("aria-selected", String(isEnd));
    if (time === today().getTime()) cell.setAttribute("aria-current", "date");
    if (isEnd) cell.classList.add("is-end");
    else if (start && end && day > start && day < end) cell.classList.add("is-within");
    return cell;
  }
}

export function enhanceRanges(scope) {
  for (const root of scope.querySelectorAll("[data-range]:not([data-ready])")) {
    root.dataset.ready = "1";
    new Range(root);
  }
}
