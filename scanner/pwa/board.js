// The board of the scan page: huge digits, lines, last codes, what the thumb may press.
import { flag, h, part, shownCode } from "./dom.js";
import { amount, stamp } from "./format.js";
import { scansOf, state } from "./state.js";
import { t } from "./words.js";
import { progress } from "./work.js";

export function lineItem(line) {
  return h(
    "li", { class: "line", "data-full": line.done === line.bottles, "data-less": line.done < line.bottles && line.done > 0 },
    h("span", {}, `${line.name} · ${line.batch}`),
    h("b", {}, `${line.done}/${line.bottles}`),
  );
}

function historyItem({ verdict, shown, cause }) {
  const sign = { good: "✓", amber: "!", red: "✕" }[verdict];
  return h("li", { "data-verdict": verdict }, h("span", { class: "sign", "aria-hidden": "true" }, sign), shownCode(shown), h("span", { class: "cause" }, cause));
}

/** Draws a job, how far it got and the last codes; gives the sums. */
export function drawBoard(root, job, history) {
  const sums = progress(job, scansOf(job), state.work.products);
  const full = sums.done === sums.bottles;
  document.title = `${sums.done}/${sums.bottles} · ${job.name}`;
  part(root, "stamp").textContent = stamp(job.kind);
  part(root, "stamp").dataset.kind = job.kind;
  part(root, "name").textContent = job.name;
  part(root, "where").textContent = [job.territory, amount(sums.bottles, sums.lines[0].size)].filter(Boolean).join(" · ");
  part(root, "done").textContent = sums.done;
  part(root, "expected").textContent = sums.bottles;
  part(root, "cases").textContent = t("瓶 · {done}/{all} 箱", { done: sums.casesDone, all: sums.cases });
  flag(part(root, "count"), "full", full);
  flag(part(root, "count"), "long", String(sums.bottles).length > 2);
  part(root, "lines").replaceChildren(...sums.lines.map(lineItem));
  part(root, "last").replaceChildren(...history.map(historyItem));
  part(root, "hint").hidden = history.length > 0;
  part(root, "undo").disabled = sums.done === 0;
  part(root, "finish").disabled = sums.done === 0;
  flag(part(root, "finish"), "full", full);
  return sums;
}
