// W1: what is to do here, the longest waiting first; how much is unsent, which device this is, when it last synced.
import { flag, h, part } from "./dom.js";
import { age, day, stamp } from "./format.js";
import { isReady, jobOf, jobs, refresh, sayAbsent, scansOf, state, unsent } from "./state.js";
import { obstacleOf, standingOf, wordOf } from "./standing.js";
import { t } from "./words.js";
import { casesAllNamed, progress } from "./work.js";

const root = document.getElementById("view-today");
const sheet = part(root, "absent");
let absent = null;
part(root, "refresh").addEventListener("click", refresh);

/** The way to say that a delivery did not come: here when its cases are known by number and none was scanned yet, else
 * where it is written how. */
function objection(job) {
  const can = isReady() && casesAllNamed(job) && !scansOf(job).length;
  if (!can) return h("a", { class: "told", href: `/stock/${state.work.party.gln}#coming` }, t("没有收到，或数目不对？看怎么说明"));
  return h("button", { type: "button", class: "key told", onclick: () => askAbsent(job) }, t("没有收到"));
}

function askAbsent(job) {
  absent = job;
  const n = job.lines.reduce((sum, line) => sum + line.bottles, 0);
  part(sheet, "absent-about").textContent = t("{name}发来的 {n} 瓶", { name: job.name, n });
  sheet.showModal();
}

part(sheet, "absent-no").addEventListener("click", () => sheet.close());
part(sheet, "absent-yes").addEventListener("click", async () => {
  sheet.close();
  const [job, now] = [absent, absent && jobs().find((each) => each.id === absent.id)];
  absent = null;
  if (job && JSON.stringify(now?.lines) === JSON.stringify(job.lines)) await sayAbsent(job);
});

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
      job.delivered ? h("p", { class: "told" }, t("发货方说 {day} 已送达：收到多少，签收多少。", { day: day(job.delivered) })) : null,
      sums.done ? h("progress", { max: sums.bottles, value: sums.done, "aria-label": t("已扫") }) : null,
    ),
    job.delivered ? objection(job) : null,
  );
}

/** What stands in the way of working, as a sentence with the way out; "" when nothing does. */
function notice() {
  if (state.login) return [t("登录已过期，扫码照常；同步前请重新登录。"), "/login?next=/warehouse", t("去登录")];
  if (state.denied) return [t("这个账号不属于任何单位，不能在这里收发货。"), "/login?next=/warehouse", t("换账号")];
  const [made] = state.work?.log_ins ?? [];
  if (made) return [t("外单位为本单位开了账号 {name}。不是您要的，就阻止它。", { name: made.name }), "/devices", t("去看看")];
  const [obstacle, link] = (state.work && obstacleOf(state)) || [];
  if (obstacle) return [obstacle, "#/device", link];
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
  part(root, "device").textContent = isReady() ? state.work.device.label : state.work ? wordOf(standingOf(state)) : "—";
  flag(part(root, "device").parentElement, "some", state.work && !isReady());
  part(root, "synced").textContent = state.workAt ? age(Date.now() - state.workAt) : "—";
  const said = notice();
  part(root, "notice").hidden = !said;
  if (said) part(root, "notice").replaceChildren(said[0] + " ", said[1] ? h("a", { href: said[1] }, said[2]) : "");
  part(root, "jobs").replaceChildren(...open.map(card));
  part(root, "empty").hidden = open.length > 0 || !state.work;
}

export const hide = () => {};
