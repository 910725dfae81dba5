// The page of code of a target, as the page of registers lists it.

import { CODE, CODES, codePage } from "../../../src/labs/fuzz/case/arch.ts";
import { instructionAt, instructionsAround } from "../../../src/labs/fuzz/registers/listing.ts";

const listing = suite("listing of the page of code");

listing("each byte of the page belongs to one instruction, which has it", () => {
  for (const [i, byte] of codePage().entries()) {
    const found = instructionAt(CODE + BigInt(i));
    assert.is(found?.bytes[Number(CODE + BigInt(i) - (found?.address ?? 0n))], byte);
  }
  assert.is(instructionAt(CODE - 1n), undefined);
  assert.is(instructionAt(CODE + BigInt(codePage().length)), undefined);
});

listing("a piece of code is listed whole, between two instructions of the filler", () => {
  for (const { name, address, bytes } of CODES) {
    const lines = instructionsAround(address);
    const own = lines.filter(({ isFiller }) => !isFiller);
    if (!["edge", "straddle"].includes(name))
      assert.equal(
        own.flatMap((each) => each.bytes),
        bytes,
        name,
      );
    assert.is(own.find((each) => each.address === address)?.isFiller ?? name !== "straddle", false);
  }
});
