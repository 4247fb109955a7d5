// Whether a code belongs to the job at hand. Pure: a green scan, or an amber or red cause in words.
import { isMisread } from "./codes.js";
import { t } from "./words.js";
import { bottlesIn, bottlesOf } from "./work.js";

const no = (verdict, cause, detail = "") => ({ verdict, cause, detail });
/** Why a text is no code, as the person who holds the scanner can mend it. */
const CAUSES = {
  check: () => t("校验位不对，没有这个码"),
  caps_lock: () => t("大写锁定开着，请关掉再扫"),
  input_method: () => t("输入法开着，请切到英文再扫"),
  glued: () => t("两个码连在一起，请逐个再扫"),
};

const sameBatch = (one, other) => one.gtin === other.gtin && one.batch === other.batch;

/** `context`: {work, job, jobs, scans, sent (EPCs this device has shipped already)}. Gives {verdict: "good", scan} or
 * {verdict: "amber" | "red", cause, detail}. */
export function judge(code, context) {
  const fault = code.kind === "bottle" && isMisread(code.serial) ? "check" : code.fault;
  if (code.kind === "unknown" || fault) return no("red", CAUSES[fault]?.() ?? t("不认识的码"), code.shown.slice(0, 60));
  if (context.scans.some((scan) => scan.epc === code.epc)) return no("amber", t("已经扫过了"), code.shown);
  return context.job.kind === "ship" ? judgeShipping(code, context) : judgeReceiving(code, context);
}

function judgeShipping(code, context) {
  const { work, job, jobs } = context;
  if (context.sent.has(code.epc)) return no("red", t("这一件已经发出"), code.shown);
  const batch =
    code.kind === "case"
      ? work.batches.find((each) => bottlesIn(each.cases, code.sscc))
      : work.batches.find((each) => each.gtin === code.gtin && (!code.batch || each.batch === code.batch));
  if (!batch) return no("red", t("不在本仓账上"), code.shown);
  if (batch.recalled) return no("red", t("召回批次，不能发"), batch.batch);
  const line = job.lines.find((each) => sameBatch(each, batch));
  if (line) return fits(code, context, line, code.kind === "case" ? bottlesIn(batch.cases, code.sscc) : 1);
  const other = jobs.find((each) => each.kind === "ship" && each.id !== job.id && each.lines.some((line) => sameBatch(line, batch)));
  if (other) return no("red", t("这是另一张单的货"), other.name);
  const sameProduct = job.lines.find((each) => each.gtin === batch.gtin);
  if (sameProduct) return no("red", t("批次不对"), t("扫到 {batch}，要 {wanted}", { batch: batch.batch, wanted: sameProduct.batch }));
  return no("red", t("商品不对"), work.products[batch.gtin]?.name ?? batch.gtin);
}

function judgeReceiving(code, context) {
  const holds = (line) =>
    code.kind === "case" ? bottlesIn(line.cases, code.sscc) : Number(line.gtin === code.gtin && line.batch === (code.batch ?? line.batch));
  const { lines } = context.job;
  const line = lines.find((each) => holds(each) && left(context, each) >= holds(each)) ?? lines.find(holds);
  if (line) return fits(code, context, line, holds(line));
  const other = context.jobs.find((each) => each.kind === "receive" && each.id !== context.job.id && each.lines.some(holds));
  if (other) return no("red", t("这是另一批到货"), other.name);
  return no("red", t("不在这批到货里"), code.shown);
}

const left = ({ scans }, line) => line.bottles - bottlesOf(scans.filter((scan) => scan.line === line.key));

function fits(code, context, line, bottles) {
  const size = context.work.products[line.gtin]?.case_size ?? 1;
  const loose = context.scans.filter((scan) => scan.line === line.key && !scan.sscc).length;
  if (code.kind === "bottle" && loose >= line.bottles % size) return no("amber", t("请扫箱码，不扫瓶码"), code.shown);
  if (bottles > left(context, line)) return no("amber", t("这一批已经够了"), line.batch);
  return { verdict: "good", scan: { epc: code.epc, shown: code.shown, sscc: code.sscc ?? null, line: line.key, bottles } };
}
