// Pipedrive around the frame, by its own script: sizes, dialogs, confirmations and notices are Pipedrive's.
const ANSWER_WITHIN = 8000;
const LONGEST_TEXT = 400;

const cut = (text) => (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text);

// The script waits for ever for an answer that does not come.
function within(promise, otherwise) {
  return Promise.race([promise, new Promise((resolve) => setTimeout(() => resolve(otherwise), ANSWER_WITHIN))]).catch(() => otherwise);
}

/** Return how the page talks to Pipedrive; `on` has what is done with a theme and with a wish to refresh. */
export function pipedriveHost({ place, modals, deal }, on) {
  const Sdk = window.AppExtensionsSDK;
  const { Command, Event, Modal, Color } = Sdk;
  const sdk = new Sdk();
  // It throws at once where it was not initialised.
  const execute = async (command, args) => sdk.execute(command, args);
  const send = (command, args) => within(execute(command, args), null);

  return {
    async begin() {
      // A frame that has not said so within ten seconds is not shown.
      await within(sdk.initialize(place === "panel" ? { size: { height: 300 } } : { size: { width: 1100, height: 760 } }), null);
      sdk.listen(Event.USER_SETTINGS_CHANGE, ({ data }) => on.theme(data?.theme));
      if (place === "panel") sdk.listen(Event.VISIBILITY, ({ data }) => data?.is_visible && on.refresh());
    },
    ready: () => {},
    signedToken: async () => (await send(Command.GET_SIGNED_TOKEN))?.token || "",
    resize: (height) => ["panel", "settings"].includes(place) && send(Command.RESIZE, { height }),
    async open(where) {
      // Answered when the dialog is closed, however long that takes.
      await execute(Command.OPEN_MODAL, { type: Modal.CUSTOM_MODAL, action_id: modals[where], data: { deal } }).catch(() => null);
      on.refresh();
    },
    done: () => send(Command.CLOSE_MODAL),
    async confirm({ title, text, yes, no, isDangerous }) {
      const asked = execute(Command.SHOW_CONFIRMATION, {
        title, description: cut(text), okText: yes, cancelText: no, okColor: isDangerous ? Color.NEGATIVE : Color.PRIMARY,
      });
      return Boolean((await asked.catch(() => null))?.confirmed);
    },
    say(message) {
      send(Command.SHOW_SNACKBAR, { message: cut(message) });
      return true;
    },
  };
}
