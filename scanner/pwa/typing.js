// The sheet on which a torn label is typed: big keys for a thumb in a glove, the check told at once.
import { flag, h, part } from "./dom.js";
import { KEYS, grouped, lengthOf, typedCode } from "./typed.js";
import { t } from "./words.js";

const nameOf = (line, products) => `${products[line.gtin]?.name ?? line.gtin} · ${line.batch}`;

/** Works a <dialog>; `give(code)` gets what was typed and checked. Returns {open(lines, products), close, isOpen}. */
export function makeTyping(dialog, give) {
  const place = dialog.parentElement;
  // In the page only while it is open: one dialog at a time is all that a reader of the screen shall find.
  dialog.remove();
  dialog.addEventListener("close", () => dialog.open || dialog.remove());
  let [kind, text, lines, line, products] = ["case", "", [], null, {}];

  function say({ state, left }) {
    const words = {
      short: () => t("还差 {n} 位", { n: left }),
      wrong: () => t("校验位不对，请对照标签再看"),
      good: () => t("校验位对"),
    };
    part(dialog, "type-said").textContent = line || kind === "case" ? words[state]() : t("先选商品和批次");
    part(dialog, "type-said").dataset.state = state;
  }

  function draw() {
    const said = typedCode(kind, text, line ?? {});
    part(dialog, "type-text").textContent = grouped(kind, text) || "—";
    flag(part(dialog, "type-text"), "long", text.length > 18);
    say(said);
    part(dialog, "type-yes").disabled = said.state !== "good" || (kind === "bottle" && !line);
    for (const each of dialog.querySelectorAll("[data-type-kind]")) each.setAttribute("aria-pressed", each.value === kind);
    for (const each of dialog.querySelectorAll("[data-type-line]")) each.setAttribute("aria-pressed", lines[each.value] === line);
    part(dialog, "type-lines").hidden = kind === "case";
  }

  const keyOf = (sign) =>
    sign === "." ? h("span") : h("button", { type: "button", class: "pad", value: sign, onclick: () => press(sign) }, sign);

  function drawKeys() {
    const back = h("button", { type: "button", class: "pad", "data-type-back": true, "aria-label": t("退一格"), onclick: () => change(text.slice(0, -1)) }, "⌫");
    const pad = part(dialog, "type-keys");
    pad.dataset.kind = kind;
    pad.replaceChildren(...KEYS[kind].map(keyOf), back);
  }

  function change(now) {
    text = now;
    draw();
  }

  const press = (sign) => text.length < lengthOf(kind, text + sign) && change(text + sign);

  function choose(now) {
    kind = now;
    drawKeys();
    change("");
  }

  function drawLines() {
    const item = (each, at) =>
      h("button", { type: "button", class: "pick", value: String(at), "data-type-line": true, onclick: () => { line = each; draw(); } }, nameOf(each, products));
    part(dialog, "type-lines").replaceChildren(...lines.map(item));
  }

  for (const each of dialog.querySelectorAll("[data-type-kind]")) each.addEventListener("click", () => choose(each.value));
  part(dialog, "type-no").addEventListener("click", () => dialog.close());
  part(dialog, "type-yes").addEventListener("click", () => {
    const { code } = typedCode(kind, text, line ?? {});
    dialog.close();
    if (code) give(code);
  });

  return {
    close: () => dialog.open && dialog.close(),
    open(of, known) {
      const same = (one, other) => one.gtin === other.gtin && one.batch === other.batch;
      lines = of.filter((each, at) => of.findIndex((other) => same(each, other)) === at);
      products = known;
      line = lines.length === 1 ? lines[0] : null;
      drawLines();
      choose("case");
      flag(dialog, "many", lines.length > 1);
      place.append(dialog);
      dialog.showModal();
      part(dialog, "type-no").focus();
    },
  };
}
