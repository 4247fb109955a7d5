// W8: every capture that the server has not taken: how old, why, send again, take away as a file.
import { download, h, part } from "./dom.js";
import { age, verb } from "./format.js";
import { exported, signerOf } from "./queue.js";
import { flush, jobOf, putAway, putAwayRecords, resend, state, unsent } from "./state.js";
import { t, word } from "./words.js";

const root = document.getElementById("view-queue");
part(root, "retry").addEventListener("click", () => flush({ now: true }));
part(root, "export").addEventListener("click", () => {
  const now = Date.now();
  download(`jiulian-${new Date(now).toISOString().slice(0, 10)}.json`, exported(state.queue, now));
});

function reason(record) {
  const unclear = t("服务器没有说明原因（{status}）", { status: record.refusal?.status ?? "—" });
  if (record.state === "refused") return `${word("outbox", record.state)}${t("：")}${record.reason || unclear}`;
  if (!record.attempts) return word("outbox", record.state);
  const known = { offline: t("没有网络"), timeout: t("服务器没有回答") };
  return t("第 {n} 次没有发出：{reason}", { n: record.attempts, reason: known[record.reason] ?? (record.reason || unclear) });
}

/** A refusal that would come again for ever is not sent again: it is read and put away. */
function actions(record) {
  return h(
    "div", { class: "actions" },
    record.final ? null : h("button", { type: "button", class: "key", onclick: () => resend(record) }, t("再发一次")),
    h("button", { type: "button", class: "key", onclick: () => putAway(record) }, t("知道了，收起")),
  );
}

function card(record) {
  const { about } = record;
  const product = state.work?.products[about.gtin]?.name ?? about.gtin;
  const refused = record.state === "refused";
  const job = refused && !record.seen ? jobOf(record) : null;
  return h(
    "li", { class: "record", "data-state": record.state, "data-evidence": record.evidence },
    h("h2", {}, `${verb(about.kind)} · ${about.name}`),
    h("span", { class: "dim" }, age(Date.now() - record.added_at)),
    h("p", {}, `${product} ${about.batch} · ${t("{n} 瓶", { n: about.bottles })}`),
    h("span", { class: "mono" }, record.evidence.slice(0, 8)),
    signerOf(record) === state.signer ? null : h("p", { class: "dim" }, t("用本机以前的密钥签的")),
    h("p", { class: "reason" }, reason(record)),
    job ? h("p", { class: "still" }, t("这张单还在：") + " ", h("a", { href: `#/${encodeURIComponent(job.id)}` }, job.name)) : null,
    refused && !record.seen ? actions(record) : null,
  );
}

export function show() {
  const [records, away] = [unsent(), putAwayRecords()];
  document.title = t("未发出 {n} 笔 · 酒链仓库", { n: records.length });
  part(root, "queue-title").textContent = records.length ? t("未发出 {n} 笔", { n: records.length }) : t("待发记录");
  part(root, "records").replaceChildren(...records.map(card));
  part(root, "empty").hidden = records.length + away.length > 0;
  part(root, "away").hidden = away.length === 0;
  part(root, "away-title").textContent = t("收起的被拒记录 {n} 笔", { n: away.length });
  part(root, "away-records").replaceChildren(...away.map(card));
  part(root, "export").disabled = records.length + away.length === 0;
  part(root, "retry").disabled = !records.some((each) => each.state === "waiting");
}

export const hide = () => {};
