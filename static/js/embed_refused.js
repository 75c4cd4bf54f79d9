// A page that shows nothing in Pipedrive's frame: it still has to say that it is there, and can be renewed.
const again = JSON.parse(document.getElementById("embed-again").textContent);
const Sdk = window.AppExtensionsSDK;
const params = new URLSearchParams(location.search);

const sdk = params.get("id") ? new Sdk() : null;
const ready = sdk?.initialize({ size: { height: 260 } }).catch(() => null);

/** Ask for a token that is another than the one of this address: tokens of one second are the same. */
async function newToken() {
  for (let tries = 0; sdk && tries < 3; tries += 1) {
    const given = await sdk.execute(Sdk.Command.GET_SIGNED_TOKEN).catch(() => null);
    if (given?.token !== params.get("token")) return given;
    await new Promise((resolve) => setTimeout(resolve, 1100));
  }
  return null;
}

document.querySelector("[data-renew]")?.addEventListener("click", async (event) => {
  event.target.disabled = true;
  await ready;
  const given = await newToken();
  if (!given?.token) {
    document.querySelector("[data-renew-failed]").hidden = false;
    event.target.disabled = false;
    return;
  }
  const query = new URLSearchParams({ id: params.get("id"), theme: params.get("theme") || "", selectedIds: again.deal, token: given.token });
  location.replace(`${again.path}?${query}`);
});
