// Codes from a hand scanner: as key strokes, or as text that is put into the focused field at once (many PDAs). Enter or
// Tab ends a code. A pause ends it only when it is a whole one: on a busy device keys come late, and a code cut there
// could be another case's. What stays incomplete is reported, never guessed.
import { isComplete } from "./codes.js";

const PAUSE_MS = 120;
const GIVE_UP_MS = 5000;

/** Listens on a document; `field` is the focused <input inputmode=none>, `isOn()` whether scanning goes on,
 * `take(text)` gets each code. Returns {focus, stop}. */
export function listen(root, field, isOn, take, clock = globalThis) {
  let pause = 0;

  const flush = () => {
    clock.clearTimeout(pause);
    const text = field.value;
    field.value = "";
    if (text.trim()) take(text.trim());
  };

  const wait = () => {
    clock.clearTimeout(pause);
    if (field.value) pause = clock.setTimeout(flush, isComplete(field.value) ? PAUSE_MS : GIVE_UP_MS);
  };

  const typesElsewhere = (target) => target !== field && target?.matches?.("input, textarea, select");

  const onKey = (event) => {
    // While an input method composes, Enter only ends the composition; its text comes with the input after it.
    if (!isOn() || event.isComposing || typesElsewhere(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || (event.key === "Tab" && field.value)) {
      // Never lets Enter through: it would press the button that was tapped last. Buttons answer to the space bar.
      event.preventDefault();
      event.stopPropagation();
      flush();
    } else if (event.key.length === 1 && !(event.key === " " && !field.value)) {
      // Also when the field has the focus: after a dialog has left the page Chromium may keep the caret in it, and the
      // field would get the key but no text.
      event.preventDefault();
      field.value += event.key;
      field.focus({ preventScroll: true });
      wait();
    }
  };

  const onKeyUp = (event) => {
    if (isOn() && event.key === "Enter" && !typesElsewhere(event.target)) event.preventDefault();
  };

  // Text that is put in sign by sign goes to the end, wherever the caret of a field that nobody sees may be.
  const onBefore = (event) => {
    if (event.inputType !== "insertText" || event.isComposing || event.data === null) return;
    event.preventDefault();
    field.value += event.data;
    onInput(event);
  };

  const onInput = (event) => {
    clock.clearTimeout(pause);
    if (event.isComposing) return;
    if (/[\r\n\t]$/.test(field.value)) flush();
    else wait();
  };

  root.addEventListener("keydown", onKey, true);
  root.addEventListener("keyup", onKeyUp, true);
  field.addEventListener("beforeinput", onBefore);
  field.addEventListener("input", onInput);
  field.addEventListener("compositionend", wait);
  return {
    focus: () => isOn() && field.focus({ preventScroll: true }),
    stop: () => {
      clock.clearTimeout(pause);
      root.removeEventListener("keydown", onKey, true);
      root.removeEventListener("keyup", onKeyUp, true);
      field.removeEventListener("beforeinput", onBefore);
      field.removeEventListener("input", onInput);
      field.removeEventListener("compositionend", wait);
    },
  };
}
