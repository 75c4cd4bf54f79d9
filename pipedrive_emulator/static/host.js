// The product's side of app extensions: shows the app's frames and answers what they ask for.
// A frame says {id, payload} and hands over a port; commands are answered once on that port as
// {data} or {error}, and ports of listeners are kept to be told of events later.
"use strict";
(() => {
  const config = JSON.parse(document.getElementById("host-config").textContent);
  const PANEL_HEIGHT = [100, 750];
  const MODAL_LEAST = { width: 320, height: 120 };
  const MODAL_FIRST = { width: 720, height: 560 };
  const PATIENCE = 10000;
  const frames = [];
  const log = [];
  // For tests that look from outside.
  window.pipedriveEmulatorHost = { frames, log };

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };
  const clamp = (value, least, most) => Math.max(least, Math.min(most, value));
  const theme = () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");
  const isSize = (value) => typeof value === "number" && Number.isFinite(value);
  const done = {};

  // Frames

  function mount(holder, told) {
    const iframe = element("iframe", { title: told.title || "App extension", referrerPolicy: "origin" });
    iframe.name = told.id;
    const frame = { ...told, iframe, holder, listeners: {}, isInitialized: false, isVisible: true, tracked: [] };
    frames.push(frame);
    holder.append(iframe);
    iframe.src = told.url;
    frame.timer = setTimeout(() => {
      if (frame.isInitialized) return;
      iframe.remove();
      holder.append(element("p", { className: "failed", textContent: "The app could not be loaded." }));
    }, PATIENCE);
    return frame;
  }

  function unmount(frame) {
    clearTimeout(frame.timer);
    for (const ports of Object.values(frame.listeners)) ports.forEach((port) => port.close());
    frames.splice(frames.indexOf(frame), 1);
  }

  function tell(frame, event, message) {
    log.push({ event, frame: frame.kind });
    (frame.listeners[event] || []).forEach((port) => port.postMessage(message));
  }

  function resize(frame, size) {
    const { height, width } = size || {};
    if (frame.kind === "modal") {
      const bar = frame.dialog.querySelector(".bar").offsetHeight;
      if (isSize(width)) frame.holder.style.width = `${clamp(width, MODAL_LEAST.width, window.innerWidth - 2)}px`;
      if (isSize(height)) {
        frame.holder.style.height = `${clamp(height, MODAL_LEAST.height, window.innerHeight - bar - 2)}px`;
      }
    } else if (isSize(height) && frame.kind === "panel") {
      frame.iframe.style.height = `${clamp(height, ...PANEL_HEIGHT)}px`;
    } else if (isSize(height)) {
      frame.iframe.style.height = `${Math.max(height, PANEL_HEIGHT[0])}px`;
    }
  }

  // Dialogs

  function dialogOf(...children) {
    const dialog = element("dialog", {}, ...children);
    document.body.append(dialog);
    dialog.addEventListener("close", () => dialog.remove());
    return dialog;
  }

  function confirmation(args) {
    const color = ["primary", "secondary", "negative"].includes(args.okColor) ? args.okColor : "primary";
    const ok = element("button", { className: `ok ${color}`, textContent: args.okText || "OK" });
    const cancel = element("button", { className: "cancel", textContent: args.cancelText || "Cancel" });
    const words = element("div", { className: "words" }, element("p", { textContent: args.description || "" }), ok, " ", cancel);
    const dialog = dialogOf(element("div", { className: "bar" }, element("strong", { textContent: args.title || "" })), words);
    dialog.classList.add("confirmation");
    return new Promise((resolve) => {
      let confirmed = false;
      ok.addEventListener("click", () => { confirmed = true; dialog.close(); });
      cancel.addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => resolve({ confirmed }));
      dialog.showModal();
    });
  }

  async function customModal(args, opener) {
    const form = new URLSearchParams({ action_id: String(args.action_id || ""), theme: theme() });
    if (config.dealId !== null) form.set("selectedIds", String(config.dealId));
    if (args.data !== undefined) form.set("data", JSON.stringify(args.data));
    const answer = await fetch("/embed-frame", { method: "POST", body: form });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.error || "The modal could not be opened");
    const close = element("button", { className: "close", textContent: "×", ariaLabel: "Close" });
    const holder = element("div", { className: "holder" });
    const bar = element("div", { className: "bar" }, element("strong", { textContent: told.title }), close);
    const dialog = dialogOf(bar, holder);
    dialog.classList.add("custom-modal");
    const frame = mount(holder, { ...told, kind: "modal" });
    frame.dialog = dialog;
    frame.result = { status: "closed" };
    close.addEventListener("click", () => dialog.close());
    dialog.showModal();
    resize(frame, MODAL_FIRST);
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        unmount(frame);
        resolve(frame.result);
        if (opener) tell(opener, "close_custom_modal", {});
      });
    });
  }

  function ownForm(type) {
    const close = element("button", { className: "close", textContent: "Close" });
    const words = element("p", { className: "words", textContent: "The emulator has no form of its own for this." });
    const dialog = dialogOf(element("div", { className: "bar" }, element("strong", { textContent: `New ${type}` }), close), words);
    return new Promise((resolve) => {
      close.addEventListener("click", () => dialog.close());
      dialog.addEventListener("close", () => resolve({ status: "closed" }));
      dialog.showModal();
    });
  }

  function snackbar(args) {
    const bar = element("div", { className: "snackbar", textContent: args.message || "" });
    const link = args.link || {};
    if (/^https?:\/\//i.test(link.url || "")) {
      bar.append(element("a", { href: link.url, target: "_blank", rel: "noopener", textContent: link.label || link.url }));
    }
    document.getElementById("snackbars").append(bar);
    setTimeout(() => bar.remove(), 6000);
  }

  // Commands: each gets the frame and its arguments and gives what the frame is answered.

  const commands = {
    initialize(frame, args) {
      clearTimeout(frame.timer);
      frame.isInitialized = true;
      resize(frame, args.size);
      frame.iframe.classList.add("shown");
      return done;
    },
    resize(frame, args) { resize(frame, args); return done; },
    show_snackbar(frame, args) { snackbar(args); return done; },
    show_confirmation(frame, args) { return confirmation(args); },
    open_modal(frame, args) {
      if (args.type === "custom_modal") return customModal(args, frame);
      if (["deal", "organization", "person", "activity"].includes(args.type)) return ownForm(args.type);
      throw new Error("There is no modal of this type");
    },
    close_modal(frame, args) {
      if (frame.kind !== "modal") throw new Error("Only a modal can be closed");
      if (args.status === "submitted") {
        frame.result = args.id === undefined ? { status: "submitted" } : { status: "submitted", id: args.id };
      }
      // The answer goes out first: the frame and its port end with the dialog.
      setTimeout(() => frame.dialog.close(), 0);
      return done;
    },
    async get_signed_token() {
      const answer = await fetch("/embed-token");
      const told = await answer.json();
      if (!answer.ok) throw new Error(told.error || "There is no token");
      return { token: told.token };
    },
    redirect_to(frame, args) {
      const isDeal = args.view === "deals" && /^\d+$/.test(String(args.id ?? ""));
      const place = args.view === "settings" ? config.settingsUrl : isDeal ? `/deal/${args.id}` : "/";
      setTimeout(() => window.location.assign(place), 0);
      return done;
    },
    show_floating_window(frame, args) {
      tell(frame, "visibility", { data: { is_visible: true, context: { ...args.context, invoker: "command" } } });
      return done;
    },
    hide_floating_window(frame, args) {
      tell(frame, "visibility", { data: { is_visible: false, context: { ...args.context, invoker: "command" } } });
      return done;
    },
    set_notification(frame, args) {
      const badge = document.getElementById("notification");
      if (badge) {
        badge.hidden = !args.number;
        badge.textContent = args.number || "";
      }
      return done;
    },
    set_focus_mode(frame, args) { frame.isFocusMode = args === true; return done; },
    get_metadata() { return { windowHeight: window.innerHeight, windowWidth: window.innerWidth }; },
  };

  async function answer(frame, { command, args }, port) {
    log.push({ command, args, frame: frame.kind });
    try {
      if (!Object.hasOwn(commands, command)) throw new Error("Unknown command");
      port.postMessage({ data: await commands[command](frame, args ?? {}) });
    } catch (problem) {
      port.postMessage({ error: problem.message });
    }
  }

  window.addEventListener("message", ({ source, origin, data, ports }) => {
    const frame = frames.find((one) => one.iframe.contentWindow === source && one.id === data?.id);
    if (!frame || origin !== config.appOrigin || !data.payload) return;
    const { type, event } = data.payload;
    if (type === "command" && ports[0]) answer(frame, data.payload, ports[0]);
    else if (type === "listener" && ports[0]) (frame.listeners[event] ||= []).push(ports[0]);
    else if (type === "track") frame.tracked.push(event);
  });

  // The page around the frames

  document.getElementById("theme-form")?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = theme() === "dark" ? "light" : "dark";
    document.documentElement.dataset.theme = wanted;
    document.getElementById("theme-toggle").textContent = wanted === "dark" ? "Light theme" : "Dark theme";
    frames.forEach((frame) => tell(frame, "user_settings_change", { data: { theme: wanted } }));
    await fetch("/theme", { method: "POST", body: new URLSearchParams({ theme: wanted }) });
  });

  document.getElementById("panel-toggle")?.addEventListener("click", ({ currentTarget }) => {
    const frame = frames.find((one) => one.kind === "panel");
    if (!frame) return;
    frame.isVisible = !frame.isVisible;
    frame.holder.hidden = !frame.isVisible;
    currentTarget.textContent = frame.isVisible ? "Collapse" : "Expand";
    tell(frame, "visibility", { data: { is_visible: frame.isVisible, context: { invoker: "user" } } });
  });

  document.querySelectorAll("[data-modal]").forEach((button) => {
    button.addEventListener("click", () => {
      customModal({ action_id: button.dataset.modal }, null).catch((problem) => snackbar({ message: problem.message }));
    });
  });

  config.frames.forEach((told) => mount(document.getElementById(told.element), told));
})();
