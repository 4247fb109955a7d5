// This device: how it stands, how it joins and admits others, and another key in the place of its own.
import { keyFile, parseKey } from "./device.js";
import { download, h, part } from "./dom.js";
import { Malformed } from "./errors.js";
import { checkDevice, renewKey, state, unsentOfKey, useKey } from "./state.js";
import { deviceOf, fateOf, mayChange, needsNewKey, sentenceOf, standingOf, wordOf } from "./standing.js";
import { addressOf, fingerprintOf } from "./signing.js";
import * as joining from "./view_joining.js";
import { t } from "./words.js";

const root = document.getElementById("view-device");
const form = part(root, "import");
const problem = part(root, "import-error");
const renewal = part(root, "renew");
const CHECK_MS = 5000;
let checking = null;

part(root, "renewal").addEventListener("submit", async (event) => {
  event.preventDefault();
  renewal.open = false;
  await renewKey();
  joining.tell(t("新密钥做好了。现在用它加入。"), "good");
});

form.elements.file.addEventListener("change", async () => {
  const [file] = form.elements.file.files;
  if (file) form.elements.key.value = await file.text();
});

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await useKey(parseKey(form.elements.key.value));
    problem.hidden = true;
    form.reset();
    form.closest("details").open = false;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    problem.textContent = error.reason.includes("passphrase")
      ? t("这个密钥文件有口令，请先在电脑上解开。")
      : t("这不是密钥：要 64 位十六进制，或密钥文件的内容。");
    problem.hidden = false;
  }
});

/** While somebody else may let this device in, or stop it, it asks by itself how it stands. */
async function check() {
  if (!document.hidden && mayChange(standingOf(state))) await checkDevice();
}

function drawFormer() {
  const name = (key) => fingerprintOf(addressOf(key));
  const file = (key) => `jiulian-key-${name(key).replaceAll(" ", "")}.json`;
  const item = (key) =>
    h("li", {}, h("span", { class: "mono" }, name(key)), h("button", { type: "button", class: "key", onclick: () => download(file(key), keyFile(key)) }, t("导出密钥文件")));
  const list = part(root, "former-keys");
  part(root, "former").hidden = !state.former.length;
  if (list.childElementCount === state.former.length) return;
  list.replaceChildren(...state.former.map(item));
}

function drawRenewal(standing) {
  renewal.hidden = !needsNewKey(standing);
  const n = unsentOfKey().length;
  part(root, "renew-fate").textContent = fateOf(standing, n);
  part(root, "renew-queue").hidden = !n;
}

export function show() {
  const [device, standing] = [deviceOf(state), standingOf(state)];
  checking ??= setInterval(check, CHECK_MS);
  document.title = t("本机 · 酒链仓库");
  part(root, "device-state").textContent = wordOf(standing);
  part(root, "device-help").textContent = sentenceOf(state);
  part(root, "fingerprint").textContent = fingerprintOf(state.signer);
  part(root, "address").textContent = state.signer;
  joining.draw(standing);
  drawRenewal(standing);
  drawFormer();
  part(root, "label").textContent = device?.label || "—";
  part(root, "owner").textContent = state.work ? `${state.work.party.name} ${state.work.party.gln}` : "—";
  part(root, "place").textContent = state.work?.places[0]?.name ?? "—";
  part(root, "domain").textContent = state.work ? `${state.work.domain.chain_id} · ${state.work.domain.contract}` : "—";
}

export function hide() {
  clearInterval(checking);
  checking = null;
  renewal.open = false;
  joining.close();
}
