// W2 and W5: scan a job. Camera, hand scanner and injected text at once; every beep means that it is kept on this device.
import { drawBoard, lineItem } from "./board.js";
import { startCamera } from "./camera.js";
import { readCode } from "./codes.js";
import { flag, part } from "./dom.js";
import { makeFeedback, stayAwake } from "./feedback.js";
import { judge } from "./judge.js";
import { addScan, finish, isReady, jobs, scansOf, sentEpcs, state, undoScan } from "./state.js";
import { makeTyping } from "./typing.js";
import { listen } from "./wedge.js";
import { t } from "./words.js";

const root = document.getElementById("view-scan");
const [sheet, strip, video, lightKey] = ["sheet", "strip", "video", "light"].map((name) => part(root, name));
const feedback = makeFeedback(part(root, "flash"));
let job = null;
let history = [];
let camera = null;
let awake = null;
let turn = Promise.resolve();
let leave = () => {};

const draw = () => drawBoard(root, job, history);
const typingSheet = part(root, "typing");
const typing = makeTyping(typingSheet, (code) => inTurn(() => takeCode(code)));
const wedge = listen(document, part(root, "wedge"), () => job !== null, take);

/** Codes are taken one after the other, each kept before its tone. */
function inTurn(act) {
  turn = turn.then(act).catch(failed);
  return turn;
}

function take(text) {
  return inTurn(() => takeCode(readCode(text)));
}

function failed(error) {
  feedback.tell({ verdict: "red", cause: t("没有存下，请再扫"), detail: error.message });
  console.error(error);
}

async function takeCode(code) {
  if (!job) return;
  if (sheet.open) sheet.close();
  typing.close();
  const context = { work: state.work, job, jobs: jobs(), scans: scansOf(job), sent: sentEpcs() };
  const said = judge(code, context);
  if (said.verdict === "good") await addScan(job, said.scan);
  history = [{ verdict: said.verdict, shown: code.shown, cause: said.cause ?? "" }, ...history].slice(0, 10);
  feedback.tell(said);
  draw();
}

async function undo() {
  await turn;
  const last = job && (await undoScan(job));
  if (!last) return;
  const at = history.findIndex((each) => each.verdict === "good" && each.shown === last.shown);
  if (at >= 0) history.splice(at, 1);
  part(root, "announce").textContent = t("撤销了 {code}", { code: last.shown });
  draw();
}

/** Done: at once when nothing is missing, else the differences are shown first. */
async function done() {
  await turn;
  const sums = draw();
  if (sums.done === sums.bottles) return complete();
  const missing = sums.bottles - sums.done;
  part(root, "sheet-title").textContent = t("还差 {n} 瓶", { n: missing });
  part(root, "sheet-lines").replaceChildren(...sums.lines.map(lineItem));
  part(root, "sheet-yes").textContent = job.kind === "ship" ? t("只发 {n} 瓶", { n: sums.done }) : t("只收 {n} 瓶", { n: sums.done });
  sheet.showModal();
  part(root, "sheet-no").focus();
}

async function complete() {
  if (sheet.open) sheet.close();
  const mine = job;
  job = null;
  try {
    await finish(mine);
    leave();
  } catch (error) {
    job = mine;
    failed(error);
  }
}

async function openCamera() {
  part(root, "strip-text").textContent = t("正在打开摄像头…");
  try {
    const started = await startCamera(video, take);
    if (!job) return started.stop();
    camera = started;
    flag(strip, "on", true);
    flag(video, "live", true);
    lightKey.disabled = !camera.hasLight;
  } catch {
    flag(strip, "absent", true);
    part(root, "strip-text").textContent = t("没有摄像头可用，请用扫码枪。");
  }
}

async function light() {
  const on = lightKey.getAttribute("aria-pressed") !== "true";
  await camera?.light(on);
  lightKey.setAttribute("aria-pressed", on);
}

const actions = { undo, light, type: () => typing.open(job.lines, state.work.products), finish: done, "sheet-yes": complete, "sheet-no": () => sheet.close() };
for (const [name, action] of Object.entries(actions)) {
  const button = part(root, name);
  // The focus stays with the scanner's field, so no button ever gets its Enter.
  button.addEventListener("pointerdown", (event) => event.preventDefault());
  button.addEventListener("click", () => turn.then(action).catch(failed).finally(wedge.focus));
}
for (const each of [sheet, typingSheet]) each.addEventListener("close", wedge.focus);
document.addEventListener("visibilitychange", wedge.focus);
root.addEventListener("click", wedge.focus);

/** Shows the job with this id; `back` leads away when it is done or gone. */
export function show(id, back) {
  leave = back;
  if (job?.id === id) return draw();
  const found = jobs().find((each) => each.id === id);
  if (!found || !isReady()) return back();
  job = found;
  history = scansOf(job).slice(-10).reverse().map(({ shown }) => ({ verdict: "good", shown, cause: "" }));
  draw();
  awake ??= stayAwake();
  openCamera();
  wedge.focus();
}

export function hide() {
  job = null;
  if (sheet.open) sheet.close();
  typing.close();
  feedback.clear();
  camera?.stop();
  awake?.();
  camera = awake = null;
  for (const name of ["on", "absent"]) flag(strip, name, false);
  flag(video, "live", false);
  lightKey.disabled = true;
  lightKey.setAttribute("aria-pressed", "false");
}
