import assert from "node:assert/strict";
import { test } from "node:test";

import { listen } from "../../../scanner/pwa/wedge.js";

const SSCC = "369012345000000005";

/** A page with one field and a clock that is moved by hand. */
function hall({ on = true } = {}) {
  const taken = [];
  const [root, field] = [new EventTarget(), Object.assign(new EventTarget(), { value: "", focus() {} })];
  const timers = new Map();
  let [now, next] = [0, 1];
  const clock = {
    setTimeout: (run, after) => (timers.set(next, [now + after, run]), next++),
    clearTimeout: (id) => timers.delete(id),
  };
  listen(root, field, () => on, (text) => taken.push(text), clock);
  const key = (name, target = null) => {
    const event = new Event("keydown", { cancelable: true });
    Object.defineProperty(event, "target", { value: target ?? {} });
    root.dispatchEvent(Object.assign(event, { key: name }));
    return event.defaultPrevented;
  };
  const type = (text) => [...text].forEach((letter) => key(letter));
  const inject = (text) => {
    field.value += text;
    field.dispatchEvent(new Event("input"));
  };
  const compose = (text) => {
    field.value += text;
    field.dispatchEvent(Object.assign(new Event("input"), { isComposing: true }));
  };
  const pass = (milliseconds) => {
    now += milliseconds;
    for (const [id, [due, run]] of [...timers]) if (due <= now) timers.delete(id), run();
  };
  return { taken, root, field, key, type, inject, compose, pass };
}

test("Enter ends a code and goes no further", () => {
  const { taken, key, type } = hall();
  type(SSCC);
  assert.equal(key("Enter"), true);
  assert.deepEqual(taken, [SSCC]);
});

test("Enter without a code presses nothing either", () => {
  const { taken, key } = hall();
  assert.equal(key("Enter"), true);
  assert.deepEqual(taken, []);
});

test("Tab ends a code, and without one moves on as usual", () => {
  const { taken, key, type } = hall();
  assert.equal(key("Tab"), false);
  type(SSCC);
  assert.equal(key("Tab"), true);
  assert.deepEqual(taken, [SSCC]);
});

test("a pause ends a whole code only", () => {
  const { taken, type, pass } = hall();
  type(SSCC.slice(0, 9));
  pass(2000);
  type(SSCC.slice(9));
  pass(119);
  assert.deepEqual(taken, []);
  pass(1);
  assert.deepEqual(taken, [SSCC]);
});

test("what stays incomplete is reported in the end, not guessed", () => {
  const { taken, type, pass } = hall();
  type(SSCC.slice(0, 9));
  pass(5000);
  assert.deepEqual(taken, [SSCC.slice(0, 9)]);
});

test("text that comes at once needs no key", () => {
  const { taken, inject, pass } = hall();
  inject(SSCC + "\n");
  assert.deepEqual(taken, [SSCC]);
  inject(SSCC);
  pass(120);
  assert.equal(taken.length, 2);
});

test("while nothing is scanned every key is the page's own", () => {
  const { taken, key } = hall({ on: false });
  assert.equal(key("Enter"), false);
  assert.equal(key("1"), false);
  assert.deepEqual(taken, []);
});

test("Enter that ends an input method's composition ends no code; the whole text does", () => {
  const { taken, root, field, compose, pass } = hall();
  compose("https");
  const enter = Object.assign(new Event("keydown", { cancelable: true }), { key: "Enter", isComposing: true });
  root.dispatchEvent(enter);
  pass(9000);
  assert.deepEqual([taken, enter.defaultPrevented], [[], false]);
  field.value = "００" + SSCC;
  field.dispatchEvent(new Event("compositionend"));
  pass(5000);
  assert.deepEqual(taken, ["００" + SSCC]);
});
