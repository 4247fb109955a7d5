// The warehouse app: one page, its views by the address behind #, and what runs by itself.
import { flag } from "./dom.js";
import { flush, onChange, open, refresh, state, unsent } from "./state.js";
import * as device from "./view_device.js";
import * as queue from "./view_queue.js";
import * as scan from "./view_scan.js";
import * as today from "./view_today.js";
import { t } from "./words.js";

const FLUSH_MS = 5000;
const REFRESH_MS = 60_000;
const views = { today, queue, device, scan };
let shown = "";

const leave = () => (location.hash = "#/");

function show() {
  const target = decodeURIComponent(location.hash.replace(/^#\/?/, ""));
  const name = target === "" ? "today" : target in views && target !== "scan" ? target : "scan";
  if (shown && shown !== name) views[shown].hide();
  for (const each of Object.keys(views)) document.getElementById(`view-${each}`).hidden = each !== name;
  const moved = shown !== name;
  shown = name;
  views[name].show(target, leave);
  if (moved && name !== "scan") document.getElementById("main").focus({ preventScroll: true });
  for (const element of document.querySelectorAll("[data-online]")) {
    const count = unsent().length;
    flag(element, "offline", !state.online || count);
    element.textContent = count ? t("{n} 笔未发", { n: count }) : state.online ? t("在线") : t("离线");
  }
}

async function reconnect() {
  await flush({ now: true });
  await refresh();
}

addEventListener("hashchange", show);
addEventListener("online", reconnect);
addEventListener("focus", reconnect);
addEventListener("offline", () => {
  state.online = false;
  show();
});
onChange(show);

await open();
show();
navigator.serviceWorker?.register("/warehouse/sw.js", { scope: "/warehouse" });
await reconnect();
setInterval(flush, FLUSH_MS);
setInterval(() => document.hidden || refresh(), REFRESH_MS);
