// Keys of the console. Whatever a key does is a link, button or field of the page: without scripts all of it works by hand.
const STORE = "jiulian.single-keys";
const keys = new Map();

const enabled = () => localStorage.getItem(STORE) !== "off";
const typing = (node) =>
  node instanceof HTMLTextAreaElement || node instanceof HTMLSelectElement ||
  (node instanceof HTMLInputElement && !["radio", "checkbox", "submit", "button"].includes(node.type));
const visible = (node) => node instanceof HTMLAnchorElement || node.getClientRects().length > 0;

function show() {
  document.documentElement.classList.toggle("keys-off", !enabled());
  for (const button of document.querySelectorAll("[data-shortcuts]")) {
    button.setAttribute("aria-pressed", String(enabled()));
  }
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")];
  if (rows.length === 0) return false;
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next].focus();
  return true;
}

function press(key) {
  if (key === "j" && move(1)) return true;
  if (key === "k" && move(-1)) return true;
  const target = (keys.get(key) ?? []).find(visible);
  if (!target) return false;
  if (target instanceof HTMLInputElement) target.focus();
  target.click();
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (typing(event.target) || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && event.target instanceof HTMLInputElement) {
    event.preventDefault();
    event.target.form?.requestSubmit();
    return;
  }
  if (enabled() && press(event.key.toLowerCase())) event.preventDefault();
}

for (const node of document.querySelectorAll("[data-key]")) {
  keys.set(node.dataset.key, [...(keys.get(node.dataset.key) ?? []), node]);
}
for (const button of document.querySelectorAll("[data-shortcuts]")) {
  button.addEventListener("click", () => {
    localStorage.setItem(STORE, enabled() ? "off" : "on");
    show();
  });
}
for (const button of document.querySelectorAll("[data-open]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.open).showModal());
}
for (const bar of document.querySelectorAll("[data-shortcuts-bar]")) bar.hidden = false;
document.addEventListener("keydown", onKey);
show();
