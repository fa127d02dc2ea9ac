import assert from "node:assert/strict";
import test from "node:test";
import { format, parse } from "../studio/address.mjs";
import { nearest } from "../studio/walk.mjs";

test("a state comes back from its address", () => {
  const state = { source: "xor", seed: 5, member: 2, n: 12, phase: 3, q: "dE/dw1[0,1]", tab: "check", theme: "dark", edits: [[3, "w1[0,0]", "0.5"]] };
  assert.deepEqual(parse(format(state)), state);
});
test("an address of anybody's gives a state all the same", () => {
  for (const hash of ["#n=-3&phase=99", "#edits=%5B1%5D&tab=x", "#edits={", "#theme=<b>"]) {
    const state = parse(hash);
    assert.deepEqual([state.n, state.edits, state.tab, state.theme], [0, [], undefined, undefined]);
    assert.ok(state.phase <= 4);
  }
  assert.equal(parse(""), null);
});
test("the arrow keys go to the nearest part ahead", () => {
  assert.equal(nearest([0, 0], [1, 0], [[50, 40], [60, 0], [-10, 0]]), 1);
  assert.equal(nearest([0, 0], [0, -1], [[50, 40], [60, 0]]), -1);
});
