// Times and amounts as people in a hall read them.
import { t, word } from "./words.js";

/** How long ago: "刚刚", "5 分钟", "3 小时", "2 天". */
export function age(milliseconds) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 1) return t("刚刚");
  if (minutes < 60) return t("{n} 分钟前", { n: minutes });
  if (minutes < 60 * 24) return t("{n} 小时前", { n: Math.floor(minutes / 60) });
  return t("{n} 天前", { n: Math.floor(minutes / 1440) });
}

// Times are China's, as on the pages, whatever clock the phone keeps.
const pageLanguage = () => globalThis.document?.documentElement.lang || "zh-CN";
const inChina = (iso, form, language) =>
  new Intl.DateTimeFormat(language, { timeZone: "Asia/Shanghai", ...form }).format(new Date(iso));

/** A moment to the minute: "2026/11/28 07:44". */
export const moment = (iso, language = pageLanguage()) => inChina(iso, { dateStyle: "short", timeStyle: "short" }, language);

/** A day: "2026年11月28日". */
export const day = (iso, language = pageLanguage()) => inChina(iso, { dateStyle: "medium" }, language);

/** Cases and loose bottles: "10 箱", "10 箱 2 瓶", "2 瓶". */
export function amount(bottles, size) {
  const [cases, loose] = [Math.floor(bottles / size), bottles % size];
  if (!cases) return t("{n} 瓶", { n: loose });
  return t("{n} 箱", { n: cases }) + (loose ? " " + t("{n} 瓶", { n: loose }) : "");
}

/** What was done, by the kind of its record: ship, receive or return. */
export const verb = (kind) => word("app_step", kind);

/** The same as a stamp. */
export const stamp = (kind) => word("app_stamp", kind);
