import assert from "node:assert/strict";
import { test } from "node:test";

import { day, moment } from "../../../scanner/pwa/format.js";
import { BRAND } from "../../../scanner/pwa/joining.js";
import { fateOf, mayChange, needsNewKey, obstacleOf, openRequest, sentenceOf, standingOf, wordOf } from "../../../scanner/pwa/standing.js";

const [ME, OTHER] = ["0xaa", "0xbb"];
const state = (device, more = {}) => ({
  signer: ME, asking: null,
  work: { device: { signer: ME, label: "", until: null, way: "", revoked_at: null, ...device }, admitters: [{ signer: OTHER, label: "一号机" }] },
  ...more,
});
const asking = { signer: ME, by: OTHER, text: "jiulian-join:2:…" };

test("not enrolled, asking, waiting, stopped and of another company are five things, on both pages", () => {
  const states = [
    state({ state: "unknown" }), state({ state: "unknown" }, { asking }), state({ state: "waits", way: "proposal" }),
    state({ state: "revoked" }), state({ state: "stopped" }), state({ state: "other" }), { signer: ME, asking: null, work: null },
  ];
  assert.deepEqual(states.map(standingOf), ["unknown", "asking", "waits", "revoked", "stopped", "other", "unclear"]);
  assert.equal(new Set(states.map((each) => wordOf(standingOf(each)))).size, states.length);
  assert.equal(new Set(states.map(sentenceOf)).size, states.length);
  assert.equal(new Set(states.map((each) => obstacleOf(each)[0])).size, states.length);
  assert.equal(obstacleOf(state({ state: "enrolled" })), null);
});

test("a key that joins nowhere any more asks for a new one, and no other does", () => {
  assert.deepEqual(["revoked", "stopped", "other", "unknown", "waits", "enrolled", "asking", "unclear"].filter(needsNewKey), ["revoked", "stopped", "other"]);
  assert.deepEqual(["unknown", "asking", "waits", "enrolled", "revoked", "stopped", "other", "unclear"].filter(mayChange), ["unknown", "asking", "waits"]);
});

test("what the server said of the key before does not count for a new one", () => {
  assert.equal(standingOf({ ...state({ state: "revoked" }), signer: "0xcc" }), "unclear");
});

test("a request is over when its key was set aside, when it was answered, or when who was asked admits no more", () => {
  assert.equal(openRequest(state({ state: "unknown" }, { asking })), asking);
  assert.equal(openRequest(state({ state: "unknown" }, { asking: { ...asking, signer: OTHER } })), null);
  assert.equal(openRequest(state({ state: "waits" }, { asking })), null);
  assert.equal(openRequest(state({ state: "unknown" }, { asking: { ...asking, by: "0xdd" } })), null);
  const toBrand = { ...asking, by: BRAND };
  assert.equal(openRequest(state({ state: "unknown" }, { asking: toBrand })), toBrand);
  assert.match(sentenceOf(state({ state: "unknown" }, { asking: toBrand })), /申请由品牌方接纳/);
  assert.match(sentenceOf(state({ state: "unknown" }, { asking })), /申请由「一号机」接纳/);
});

test("a waiting device says by which way it came, from when it counts and why it waits", () => {
  const until = "2026-11-29T23:30:45+00:00";
  const byCode = sentenceOf(state({ state: "waits", way: "invitation", until }));
  assert.match(byCode, /凭加入码加入，2026\/11\/30 07:30 起才能用。/);
  assert.match(byCode, /以前有过设备/);
  assert.doesNotMatch(byCode, /品牌方提出/);
  const proposed = sentenceOf(state({ state: "waits", way: "proposal", until }));
  assert.match(proposed, /由品牌方提出，2026\/11\/30 07:30 起才能用。/);
  assert.doesNotMatch(proposed, /加入码/);
  assert.match(sentenceOf(state({ state: "waits", way: "invitation" })), /上链两天后才能用/);
});

test("a stopped device says on which day, of China, it was stopped for good", () => {
  assert.match(sentenceOf(state({ state: "revoked", revoked_at: "2026-11-27T16:30:00+00:00" })), /已在 2026年11月28日 永久停用/);
  assert.match(sentenceOf(state({ state: "stopped", revoked_at: "2026-11-27T15:30:00+00:00" })), /还没生效，就在 2026年11月27日 被阻止了/);
});

test("before a new key is made it is said how many unsent records there are and what becomes of them", () => {
  assert.match(fateOf("revoked", 3), /还有 3 笔.*不会丢.*被拒的原因.*重新扫一遍/);
  assert.match(fateOf("other", 2), /还有 2 笔.*照原样发出/);
  assert.match(fateOf("stopped", 0), /没有用它签的未发记录/);
});

test("times are China's to the minute, in the reader's language, whatever clock the phone keeps", () => {
  assert.equal(moment("2026-11-27T23:44:59Z", "zh-CN"), "2026/11/28 07:44");
  assert.equal(moment("2026-11-27T23:44:59Z", "en").replace(/\s/g, " "), "11/28/26, 7:44 AM");
  assert.equal(day("2026-11-27T16:00:00Z", "en"), "Nov 28, 2026");
});
