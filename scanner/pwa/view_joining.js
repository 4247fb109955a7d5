// How this device joins its party, by a code or by another device, and how it lets others in.
import { startCamera } from "./camera.js";
import { fetchRegister, postKeys } from "./client.js";
import { h, part } from "./dom.js";
import { Malformed } from "./errors.js";
import { BRAND, admission, readRequest, redemption, requestText } from "./joining.js";
import { ask, refresh, state } from "./state.js";
import { fingerprintOf } from "./signing.js";
import { deviceOf, openRequest } from "./standing.js";
import { t } from "./words.js";

const root = document.getElementById("view-device");
const [byCode, asking, admitting] = ["by-code", "asking", "admitting"].map((name) => part(root, name));
const [video, said, request] = ["join-video", "join-said", "request"].map((name) => part(root, name));
let camera = null;
let drawnFor = "";
let stood = "";

const faults = ({ reason }) => ({
  letter: t("加入码里没有「{letter}」这个字符，请核对。", { letter: reason }),
  code: t("这不是加入码：要 20 个字母和数字。"),
  request: t("这不是加入申请。请在新手机上出示二维码。"),
  damaged: t("这份加入申请在路上被截断或改动了。请重新扫码，或完整复制一次。"),
  party: t("这台手机属于别的单位，不能在这里接纳。"),
  by: t("申请是交给另一台手机的。请在新手机上选这台，再出示。"),
});

/** Says how something went; `how` is good, doubt or refused. */
export function tell(text, how = "refused") {
  said.textContent = text;
  said.className = how;
  said.hidden = false;
}

const refusal = ({ message }) => message || t("没有得到明确答复。联网后再试一次，重复提交不要紧。");

/** Makes what is to be posted and posts it; says how it went: `done()` gives tell's arguments once the server has said how
 * all stands. `make(domain)` may throw Malformed. */
async function post(change, form, make, done) {
  const button = form.querySelector("button:not([type])");
  button.disabled = true;
  try {
    const domain = await fetchRegister();
    const answer = domain ? await postKeys(change, make(domain)) : {};
    await refresh();
    if (!answer.ok) return tell(refusal(answer));
    form.reset();
    admitAbout("");
    tell(...done());
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    tell(faults(error)[error.field] ?? error.message);
  } finally {
    button.disabled = false;
  }
}

/** A code lets a device in at once when it is the company's first one, and else after a notice. */
function redeemed() {
  const joined = deviceOf(state)?.state;
  if (joined === "enrolled") return [t("登记好了，这台设备现在就能用。"), "good"];
  if (joined === "waits") return [t("加入码收下了，但这台设备还不能用：从什么时候起、为什么，见上面。"), "doubt"];
  return [t("加入码收下了。这台设备能不能用，联网后显示在上面。"), "doubt"];
}

byCode.addEventListener("submit", (event) => {
  event.preventDefault();
  const { label, code } = byCode.elements;
  const make = (domain) => redemption(state.work.party.gln, state.key, label.value.trim(), code.value, domain);
  post("redemptions", byCode, make, redeemed);
});

admitting.addEventListener("submit", (event) => {
  event.preventDefault();
  const text = admitting.elements.request.value;
  const make = (domain) => admission(text, state.work.party.gln, state.key, domain);
  post("admissions", admitting, make, () => [t("接纳好了，那台手机可以用了。"), "good"]);
});

/** What is about to be admitted: the name is only what the other phone claims, the fingerprint is its key's. */
function admitAbout(text) {
  const about = part(root, "admit-about");
  about.className = "";
  if (!text.trim()) return about.replaceChildren();
  try {
    const { label, signer } = readRequest(text);
    const claimed = h("p", {}, t("要接纳的手机自称「{label}」。名称由它自己填写，请以指纹为准：", { label }));
    about.replaceChildren(claimed, h("p", { class: "mono fingerprint" }, fingerprintOf(signer)), h("p", {}, t("与那台手机「本机」里的指纹完全相同，才接纳。")));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    about.className = "refused";
    about.replaceChildren(faults(error)[error.field] ?? error.message);
  }
}

admitting.elements.request.addEventListener("input", () => admitAbout(admitting.elements.request.value));

asking.addEventListener("submit", async (event) => {
  event.preventDefault();
  const domain = await fetchRegister();
  if (!domain) return tell(refusal({}));
  const { label, by } = asking.elements;
  const text = requestText(state.work.party.gln, state.key, label.value.trim(), by.value, domain);
  said.hidden = true;
  await ask({ signer: state.signer, by: by.value, text });
  request.scrollIntoView({ block: "start" });
});

function drawRequest() {
  const open = openRequest(state);
  request.hidden = !open;
  if (!open) return;
  part(root, "request-text").value = open.text;
  const source = `/warehouse/qr.svg?text=${encodeURIComponent(open.text)}`;
  const image = part(root, "request-qr");
  if (image.getAttribute("src") !== source) image.setAttribute("src", source);
}

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

/** What was said of another standing is over; that it can be used at last is told. */
function tellChange(standing) {
  if (stood === standing) return;
  said.hidden = true;
  if (standing === "enrolled" && stood === "asking") tell(t("本机被接纳了，现在就能用。"), "good");
  if (standing === "enrolled" && stood === "waits") tell(t("等候期满，本机现在能用了。"), "good");
  stood = standing;
}

/** What this device may do now: join, or let others in. */
export function draw(standing) {
  const admitters = state.work?.admitters ?? [];
  const joins = standing === "unknown" || standing === "asking";
  byCode.hidden = !joins || admitters.length > 0;
  asking.hidden = !joins || admitters.length === 0;
  admitting.hidden = standing !== "enrolled";
  drawRequest();
  tellChange(standing);
  const now = JSON.stringify([state.signer, admitters]);
  if (now === drawnFor) return;
  drawnFor = now;
  const options = admitters.map(({ signer, label }) => h("option", { value: signer }, `${label || "—"} · ${fingerprintOf(signer)}`));
  asking.elements.by.replaceChildren(...options, h("option", { value: BRAND }, t("品牌方（要等两天）")));
}
