// How this device joins its party, by a code or by another device, and how it lets others in.
import { startCamera } from "./camera.js";
import { fetchRegister, postKeys } from "./client.js";
import { h, part } from "./dom.js";
import { Malformed } from "./errors.js";
import { BRAND, admission, readRequest, redemption, requestText } from "./joining.js";
import { refresh, state } from "./state.js";
import { t } from "./words.js";

const root = document.getElementById("view-device");
const [byCode, asking, admitting] = ["by-code", "asking", "admitting"].map((name) => part(root, name));
const [video, said, request] = ["join-video", "join-said", "request"].map((name) => part(root, name));
let camera = null;
let drawnFor = "";

const faults = ({ reason }) => ({
  letter: t("加入码里没有「{letter}」这个字符，请核对。", { letter: reason }),
  code: t("这不是加入码：要 20 个字母和数字。"),
  request: t("这不是加入申请。请在新手机上出示二维码。"),
  party: t("这台手机属于别的单位，不能在这里接纳。"),
  by: t("申请是交给另一台手机的。请在新手机上选这台，再出示。"),
});

function tell(text, isGood = false) {
  said.textContent = text;
  said.className = isGood ? "good" : "refused";
  said.hidden = false;
}

const refusal = ({ message }) => message || t("没有得到明确答复。联网后再试一次，重复提交不要紧。");

/** Makes what is to be posted and posts it; says how it went. `make(domain)` may throw Malformed. */
async function post(change, form, make, done) {
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  try {
    const domain = await fetchRegister();
    const answer = domain ? await postKeys(change, make(domain)) : {};
    if (!answer.ok) return tell(refusal(answer));
    form.reset();
    await refresh();
    tell(done, true);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    tell(faults(error)[error.field] ?? error.message);
  } finally {
    button.disabled = false;
  }
}

byCode.addEventListener("submit", (event) => {
  event.preventDefault();
  const { label, code } = byCode.elements;
  const make = (domain) => redemption(state.work.party.gln, state.key, label.value.trim(), code.value, domain);
  post("redemptions", byCode, make, t("登记好了，这台设备可以用了。"));
});

admitting.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = admitting.elements.request.value;
  const make = (domain) => admission(text, state.work.party.gln, state.key, domain);
  post("admissions", admitting, make, t("接纳好了，那台手机可以用了。"));
});

admitting.elements.request.addEventListener("input", () => {
  const about = part(root, "admit-about");
  try {
    const { label, signer } = readRequest(admitting.elements.request.value);
    about.textContent = t("要接纳：{label}（地址末四位 {end}）。请与那台手机上的核对。", { label, end: signer.slice(-4) });
  } catch {
    about.textContent = "";
  }
});

asking.addEventListener("submit", async (event) => {
  event.preventDefault();
  const domain = await fetchRegister();
  if (!domain) return tell(refusal({}));
  const { label, by } = asking.elements;
  const text = requestText(state.work.party.gln, state.key, label.value.trim(), by.value, domain);
  said.hidden = true;
  part(root, "request-text").value = text;
  part(root, "request-qr").src = `/warehouse/qr.svg?text=${encodeURIComponent(text)}`;
  request.hidden = false;
});

export function close() {
  camera?.stop();
  camera = null;
  video.hidden = true;
  said.hidden = true;
}

async function scanInto(field) {
  close();
  video.hidden = false;
  try {
    camera = await startCamera(video, (text) => {
      field.value = text;
      field.dispatchEvent(new Event("input"));
      close();
    });
  } catch {
    close();
    tell(t("没有摄像头可用，请打字或粘贴。"));
  }
}

for (const [form, name] of [[byCode, "code"], [admitting, "request"]]) {
  part(form, "scan-in").addEventListener("click", () => scanInto(form.elements[name]));
}

/** What this device may do now: join, or let others in. */
export function draw(device) {
  const admitters = state.work?.admitters ?? [];
  const joins = device?.state === "unknown";
  byCode.hidden = !joins || admitters.length > 0;
  asking.hidden = !joins || admitters.length === 0;
  admitting.hidden = device?.state !== "enrolled";
  if (!joins) request.hidden = true;
  const now = JSON.stringify([state.signer, admitters]);
  if (now === drawnFor) return;
  drawnFor = now;
  request.hidden = true;
  const options = admitters.map(({ signer, label }) => h("option", { value: signer }, label || `…${signer.slice(-4)}`));
  asking.elements.by.replaceChildren(...options, h("option", { value: BRAND }, t("品牌方（要等两天）")));
}
