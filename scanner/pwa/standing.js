// How this device stands with the company that works here, in one word and in sentences. Pure but for the texts.
import { day, moment } from "./format.js";
import { BRAND } from "./joining.js";
import { t, word } from "./words.js";

/** What the server says of this device's key, or null when it has not said anything of this key yet. */
export const deviceOf = ({ work, signer }) => (work?.device?.signer === signer ? work.device : null);

/** The request that this key has made and nobody has answered, or null. One to a device that can admit no more is over. */
export function openRequest({ work, signer, asking }) {
  if (asking?.signer !== signer || deviceOf({ work, signer })?.state !== "unknown") return null;
  return asking.by === BRAND || work.admitters?.some((each) => each.signer === asking.by) ? asking : null;
}

/** enrolled, unknown, asking, waits, revoked, stopped (before it was in force), other, or unclear (not heard yet). */
export function standingOf(state) {
  return openRequest(state) ? "asking" : (deviceOf(state)?.state ?? "unclear");
}

/** Whether this key joins nowhere any more: another one has to be made. */
export const needsNewKey = (standing) => ["revoked", "stopped", "other"].includes(standing);

/** Whether somebody else may change how this device stands at any moment. */
export const mayChange = (standing) => ["unknown", "asking", "waits"].includes(standing);

/** A device is told that it is enrolled where desks say that its key is active. */
export const wordOf = (standing) => word("device", standing === "enrolled" ? "active" : standing);

/** From when a waiting device can be used, and why it waits: by the way it came. */
function waitingSentence({ way, until }) {
  const byCode = way === "invitation";
  if (!until) {
    return byCode ? t("这台设备凭加入码加入，上链两天后才能用。") : t("这台设备由品牌方提出，上链两天后才能用。");
  }
  const values = { until: moment(until) };
  return byCode ? t("这台设备凭加入码加入，{until} 起才能用。", values) : t("这台设备由品牌方提出，{until} 起才能用。", values);
}

const why = ({ way }) =>
  way === "invitation"
    ? t("本单位以前有过设备，所以新设备要等两天：这样谁也不能悄悄顶替。")
    : t("它不是由本单位的设备接纳的，所以要等两天：这样谁也不能悄悄加进来。");

/** What the page of the device says about it. */
export function sentenceOf(state) {
  const [standing, device] = [standingOf(state), deviceOf(state)];
  const on = device?.revoked_at ? day(device.revoked_at) : "";
  const sentences = {
    enrolled: () => t("这台设备可以发货和收货。它的每一笔都由本机密钥签名。"),
    unknown: () => t("这台设备还没有登记。第一台用品牌方给的加入码；以后的由本单位已登记的手机接纳。"),
    asking: () => t("本机已申请由{name}接纳，还没有答复。接纳之后，这里会自己变成「已登记」。", { name: askedOf(state) }),
    waits: () => [waitingSentence(device), why(device), t("在那之前，本单位的人可以在「我的设备」里、本单位的设备和品牌方也可以阻止它。")].join(" "),
    revoked: () => (on ? t("这台设备已在 {day} 永久停用，", { day: on }) : t("这台设备已永久停用，")) + t("它的密钥不能再签名，也不能再登记。要继续用这部手机，先在本机生成新密钥，再加入。"),
    stopped: () => (on ? t("这台设备还没生效，就在 {day} 被阻止了，", { day: on }) : t("这台设备还没生效就被阻止了，")) + t("它的密钥永远不能签名，也不能再登记。要用这部手机，先在本机生成新密钥，再加入。"),
    other: () => t("本机的密钥登记在别的单位名下，不能在这里用。要在本单位用这部手机，先在本机生成新密钥，再加入。"),
  };
  return (sentences[standing] ?? (() => t("联网后会显示这台设备是否已登记。")))();
}

/** Who was asked to admit this device, by name. */
function askedOf(state) {
  const { by } = openRequest(state);
  const found = state.work.admitters?.find((each) => each.signer === by);
  return found ? t("「{name}」", { name: found.label || "—" }) : t("品牌方");
}

/** What stands in the way of working here, with the word of the link to the page of the device; null when nothing does. */
export function obstacleOf(state) {
  const [standing, device] = [standingOf(state), deviceOf(state)];
  const obstacles = {
    unknown: () => [t("这台设备还没有登记，先用加入码或由本单位的另一台手机登记。"), t("去登记")],
    asking: () => [t("本机已申请由{name}接纳，还没有答复。", { name: askedOf(state) }), t("看二维码")],
    waits: () => [waitingSentence(device), t("看原因")],
    revoked: () => [t("这台设备已永久停用，不能再签名。生成新密钥后可以重新加入。"), t("去生成")],
    stopped: () => [t("这台设备还没生效就被阻止了。生成新密钥后可以重新加入。"), t("去生成")],
    other: () => [t("本机的密钥登记在别的单位名下，不能在这里用。"), t("看怎么办")],
    unclear: () => [t("还不知道这台设备是否已登记，请联网一次。"), t("看本机")],
  };
  return standing === "enrolled" ? null : obstacles[standing]();
}

/** What becomes of this key's `n` unsent records when a new key is made. */
export function fateOf(standing, n) {
  const gone = t("本机现在的密钥换下来，不再用它签名。");
  if (!n) return `${gone} ${t("没有用它签的未发记录。")}`;
  const kept = t("用它签的还有 {n} 笔没被服务器收下，它们不会丢：都留在「待发记录」里，可以导出。", { n });
  const then = standing === "other"
    ? t("它们照原样发出；被拒的写着原因。")
    : t("但停用的密钥签的服务器不再收，每笔会写着被拒的原因；那些货加入之后要重新扫一遍。");
  return `${gone} ${kept} ${then}`;
}
