// The invoice form: lines come and go, totals and checks follow what is typed. The server computes both.
import { clearNotice, isSignedOut, showNotice } from "./busy.js";
import { enhanceAll } from "./combobox.js";

const form = document.getElementById("invoice-form");
const lines = document.getElementById("id_lines");
let asked = 0;
let timer;

async function check() {
  const mine = ++asked;
  let answer;
  try {
    answer = await fetch(form.dataset.checkUrl, { method: "POST", body: new FormData(form) });
  } catch {
    showNotice("offline");
    return;
  }
  if (isSignedOut(answer.url)) {
    showNotice("signed-out");
    return;
  }
  if (!answer.ok || mine !== asked) return;
  clearNotice("offline");
  const fresh = document.createElement("template");
  fresh.innerHTML = await answer.text();
  document.getElementById("check").replaceWith(fresh.content);
  const total = document.querySelector("#check [data-total]");
  const foot = document.querySelector("[data-foot-total]");
  if (total && foot) foot.textContent = total.textContent;
}

function checkSoon() {
  clearTimeout(timer);
  timer = setTimeout(check, 250);
}

form.addEventListener("input", checkSoon);
form.addEventListener("change", checkSoon);

form.addEventListener("combobox:select", (event) => {
  const line = event.target.closest("[data-line]");
  if (line) {
    const { price, taxable, label, description } = event.detail;
    const field = (name) => line.querySelector(`[name$="-${name}"]`);
    if (!field("name").value) field("name").value = label;
    if (!field("description").value) field("description").value = description || "";
    if (!Number(field("unit_price").value)) field("unit_price").value = price;
    field("tax").value = taxable;
    line.classList.remove("row-attention");
    line.querySelector("[data-line-sign]").classList.add("is-linked");
  }
  checkSoon();
});
form.addEventListener("combobox:clear", checkSoon);

form.addEventListener("click", (event) => {
  const remove = event.target.closest("[data-remove-line]");
  if (remove) {
    event.preventDefault();
    remove.closest("[data-line]").remove();
    checkSoon();
  }
  if (event.target.closest("[data-add-line]")) {
    event.preventDefault();
    const at = Math.max(-1, ...[...lines.querySelectorAll("[name$='-quantity']")].map((field) => Number(field.name.split("-")[1]))) + 1;
    const html = document.getElementById("line-template").innerHTML.replaceAll("NEW", String(at));
    lines.insertAdjacentHTML("beforeend", html);
    enhanceAll(lines);
    lines.lastElementChild.querySelector("[role=combobox]").focus();
  }
  const pick = event.target.closest("[data-pick-customer]");
  if (pick) {
    form.querySelector("[name=customer]").value = pick.dataset.pickCustomer;
    document.getElementById("id_customer").value = pick.dataset.label;
    checkSoon();
  }
});

enhanceAll(document);
