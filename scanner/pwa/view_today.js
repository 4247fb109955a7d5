// W1: what is to do here, the longest waiting first; how much is unsent, which device this is, when it last synced.
import { flag, h, part } from "./dom.js";
import { age, stamp } from "./format.js";
import { isReady, jobOf, jobs, refresh, scansOf, state, unsent } from "./state.js";
import { t } from "./words.js";
import { progress } from "./work.js";

const root = document.getElementById("view-today");
part(root, "refresh").addEventListener("click", refresh);

function card(job) {
  const sums = progress(job, scansOf(job), state.work.products);
  const products = new Set(sums.lines.map((line) => line.name));
  const batches = sums.lines.length > 1 ? t("{n} 批", { n: sums.lines.length }) : sums.lines[0].batch;
  const since = job.since && age(Date.now() - Date.parse(job.since));
  const about = [job.territory, [...products].join(" / "), batches, since].filter(Boolean);
  const refused = unsent().filter((each) => each.state === "refused" && jobOf(each)?.id === job.id).length;
  return h(
    "li", {},
    refused ? h("a", { class: "refused", href: "#/queue" }, t("上次发出 {n} 笔被拒，看原因", { n: refused })) : null,
    h(
      "a", { class: "job", href: `#/${encodeURIComponent(job.id)}` },
      h("span", { class: "stamp", "data-kind": job.kind }, stamp(job.kind)),
      h("h2", {}, job.name),
      h("span", { class: "amount" }, h("b", {}, sums.done ? `${sums.done}/${sums.bottles}` : String(sums.bottles)), ` ${t("瓶")}`),
      h("p", { class: "dim" }, ...about.map((each) => h("span", {}, each))),
      sums.done ? h("progress", { max: sums.bottles, value: sums.done, "aria-label": t("已扫") }) : null,
    ),
  );
}

/** What stands in the way of working, as a sentence with the way out; "" when nothing does. */
function notice() {
  if (state.login) return [t("登录已过期，扫码照常；同步前请重新登录。"), "/login?next=/warehouse", t("去登录")];
  if (state.denied) return [t("这个账号不属于任何单位，不能在这里收发货。"), "/login?next=/warehouse", t("换账号")];
  const [made] = state.work?.log_ins ?? [];
  if (made) return [t("外单位为本单位开了账号 {name}。不是您要的，就阻止它。", { name: made.name }), "/devices", t("去看看")];
  if (state.work && !isReady()) return [t("这台设备还没有登记，先用加入码或由本单位的另一台手机登记。"), "#/device", t("去登记")];
  if (!state.work && !state.online) return [t("还没有取到单据，请先联网一次。"), "", ""];
  return null;
}

export function show() {
  const open = jobs();
  document.title = t("今天 {n} 单 · 酒链仓库", { n: open.length });
  root.querySelector("h1").textContent = open.length ? t("今天 {n} 单", { n: open.length }) : t("今天");
  part(root, "party").textContent = state.work?.party.name ?? "";
  const refused = unsent().filter((each) => each.state === "refused").length;
  const all = unsent().length;
  const both = all > refused ? t("{n} · {m} 被拒", { n: all, m: refused }) : t("{n} 被拒", { n: refused });
  part(root, "unsent").textContent = refused ? both : all;
  const cell = part(root, "unsent").parentElement;
  flag(cell, "some", unsent().length);
  flag(cell, "refused", refused);
  part(root, "device").textContent = isReady() ? state.work.device.label : state.work ? t("未登记") : "—";
  flag(part(root, "device").parentElement, "some", state.work && !isReady());
  part(root, "synced").textContent = state.workAt ? age(Date.now() - state.workAt) : "—";
  const said = notice();
  part(root, "notice").hidden = !said;
  if (said) part(root, "notice").replaceChildren(said[0] + " ", said[1] ? h("a", { href: said[1] }, said[2]) : "");
  part(root, "jobs").replaceChildren(...open.map(card));
  part(root, "empty").hidden = open.length > 0 || !state.work;
}

export const hide = () => {};
