// This device: how it stands, how it joins and admits others, and another key in the place of its own.
import { parseKey } from "./device.js";
import { part } from "./dom.js";
import { Malformed } from "./errors.js";
import { state, useKey } from "./state.js";
import * as joining from "./view_joining.js";
import { t } from "./words.js";

const root = document.getElementById("view-device");
const form = part(root, "import");
const problem = part(root, "import-error");
const qr = part(root, "qr");
qr.addEventListener("load", () => (qr.hidden = false));
qr.addEventListener("error", () => (qr.hidden = true));

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

function waiting(device) {
  const until = device?.until ? new Date(device.until).toLocaleString(document.documentElement.lang) : "";
  const when = until
    ? t("这台设备由品牌方提出，{until} 起才能用。", { until })
    : t("这台设备由品牌方提出，上链两天后才能用。");
  return `${when} ${t("在那之前，本单位的人可以在「我的设备」里、本单位的设备和品牌方也可以阻止它。")}`;
}

function standing() {
  const device = state.work?.device?.signer === state.signer ? state.work.device : null;
  const sentences = {
    enrolled: [t("已登记"), t("这台设备可以发货和收货。它的每一笔都由本机密钥签名。")],
    unknown: [t("还没有登记"), t("这台设备还没有登记。第一台用品牌方给的加入码；以后的由本单位已登记的手机接纳。")],
    waits: [t("等候中"), waiting(device)],
    revoked: [t("已停用"), t("这台设备的登记已被撤销，请联系品牌方。")],
    other: [t("属于别的单位"), t("这台设备登记在别的单位名下，不能在这里用。")],
  };
  return { device, said: sentences[device?.state] ?? [t("状态未知"), t("联网后会显示这台设备是否已登记。")] };
}

export function show() {
  const { device, said } = standing();
  document.title = t("本机 · 酒链仓库");
  part(root, "device-state").textContent = said[0];
  part(root, "device-help").textContent = said[1];
  part(root, "address").textContent = state.signer;
  joining.draw(device);
  const source = `/warehouse/qr.svg?text=${state.signer}`;
  if (qr.getAttribute("src") !== source) qr.setAttribute("src", source);
  part(root, "label").textContent = device?.label || "—";
  part(root, "owner").textContent = state.work ? `${state.work.party.name} ${state.work.party.gln}` : "—";
  part(root, "place").textContent = state.work?.places[0]?.name ?? "—";
  part(root, "domain").textContent = state.work ? `${state.work.domain.chain_id} · ${state.work.domain.contract}` : "—";
}

export const hide = joining.close;
