// A form of a passkey has the browser make or use one, and is then sent like any other form; without support it stays hidden.
import { freshToken } from "./submit_guard.js";

// Shorter than the life of a challenge: what waits in the list of names asks for a new one in time.
const WAIT = 4 * 60 * 1000;

const api = window.PublicKeyCredential;
const isSupported = Boolean(
  api?.parseCreationOptionsFromJSON && api.parseRequestOptionsFromJSON && "toJSON" in api.prototype,
);

// The one request of this page: a browser lets only one wait.
let waiting = null;

class Gone extends Error {}
class Unreachable extends Error {}

function fetched(address, options) {
  return fetch(address, options).catch((problem) => {
    throw problem.name === "AbortError" ? problem : new Unreachable();
  });
}

async function optionsOf(form, signal) {
  freshToken(form);
  const token = form.querySelector('input[name="csrfmiddlewaretoken"]').value;
  const body = new URLSearchParams({ purpose: form.dataset.purpose, csrfmiddlewaretoken: token });
  const answer = await fetched(form.dataset.options, { method: "POST", body, signal });
  if (answer.status === 403) throw new Gone();
  if (!answer.ok) throw new Unreachable();
  return answer.json();
}

async function credentialOf(form, mediation) {
  waiting?.abort();
  const mine = (waiting = new AbortController());
  const options = await optionsOf(form, mine.signal);
  const signal = mine.signal;
  if (form.dataset.passkey === "create") {
    return navigator.credentials.create({ publicKey: api.parseCreationOptionsFromJSON(options), signal });
  }
  const publicKey = api.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey, signal, ...(mediation && { mediation }) });
}

/** Return which of the form's sentences says what went wrong, "" for nothing worth saying. */
function sentenceFor(problem, took) {
  if (problem.name === "AbortError") return "";
  if (problem instanceof Gone) return "over";
  if (problem instanceof Unreachable) return "offline";
  if (problem.name === "SecurityError") return "address";
  if (problem.name === "InvalidStateError") return "known";
  return took >= WAIT ? "late" : "cancelled";
}

function say(form, sentence) {
  const note = form.querySelector("[data-passkey-note]");
  const key = `text${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}`;
  note.hidden = !sentence;
  note.textContent = sentence ? form.dataset[key] : "";
}

function send(form, credential) {
  form.elements.credential.value = JSON.stringify(credential.toJSON());
  form.requestSubmit();
}

async function onSubmit(event) {
  const form = event.target;
  if (!form.matches("form[data-passkey]") || form.elements.credential.value) return;
  event.preventDefault();
  if (form.dataset.asked) return;
  form.dataset.asked = "1";
  const button = event.submitter || form.querySelector("button");
  button.setAttribute("aria-busy", "true");
  say(form, "");
  const began = Date.now();
  try {
    send(form, await credentialOf(form));
  } catch (problem) {
    say(form, sentenceFor(problem, Date.now() - began));
    button.removeAttribute("aria-busy");
  }
  delete form.dataset.asked;
  if (!form.elements.credential.value) offer(form);
}

/** Let the browser offer passkeys in its list of names, until one is chosen or something else is begun. */
async function offer(form) {
  if (form.dataset.purpose !== "sign-in" || !(await api.isConditionalMediationAvailable?.())) return;
  if (!document.querySelector('input[autocomplete~="webauthn"]') || form.dataset.asked) return;
  const request = credentialOf(form, "conditional");
  const mine = waiting;
  const again = setTimeout(() => {
    mine.abort();
    offer(form);
  }, WAIT);
  try {
    send(form, await request);
  } catch {
    // Nobody asked for it by pressing, so there is nothing to say.
  } finally {
    clearTimeout(again);
  }
}

function show(form) {
  form.hidden = false;
  if (form.dataset.passkey === "get") offer(form);
}

export function initPasskeys() {
  const forms = [...document.querySelectorAll("form[data-passkey]")];
  if (!forms.length) return;
  if (!isSupported) {
    for (const note of document.querySelectorAll("[data-passkey-unsupported]")) note.hidden = false;
    return;
  }
  document.addEventListener("submit", onSubmit);
  // Coming back with the browser's own button: what was answered before is used up.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) for (const form of forms) form.elements.credential.value = "";
  });
  forms.forEach(show);
}
