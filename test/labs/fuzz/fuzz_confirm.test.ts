// Another process writes into the memory of a stub, so that its outcomes are those of no other.

import { closeSync, openSync, writeSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { CODE } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { Member } from "../../../src/labs/fuzz/run/crew.ts";
import { childrenOf } from "../../support/processes.ts";

const confirming = suite("fuzz: outcomes that another attempt contradicts");

/** Puts UD2 wherever a stub has code that cases start at. */
function spoil(pid: number): void {
  const memory = openSync(`/proc/${pid}/mem`, "r+");
  writeSync(
    memory,
    Uint8Array.from({ length: 2000 }, (_, i) => [0x0f, 0x0b][i % 2] ?? 0),
    0,
    2000,
    Number(CODE),
  );
  closeSync(memory);
}

confirming("the outcome of one stub alone is no finding", async () => {
  const { member } = await Member.start({ seed: 1n, path: "ptrace" }, 0);
  const before = await member.ask({ from: 1000, to: 1064 });
  const [parent = 0] = childrenOf(member.pid);
  for (const pid of childrenOf(parent)) spoil(pid);
  const { round, unconfirmed } = await member.ask({ from: 1064, to: 2000 });
  await member.end();
  assert.equal([before.unconfirmed, before.round.findings], [0, []]);
  assert.ok(unconfirmed > 0);
  assert.equal([round.counts.cases, round.findings], [936, []]);
});

confirming.run();
