import { callTitle, returned, tellCall } from "../../../src/labs/record/calls.ts";

const calls = suite("recording: calls");

const { constants } = openEncoder("assembly");

/** Memory of the caller. */
const MEMORY = new Map<bigint, Uint8Array>([
  [0x1000n, Buffer.from("hello\n\0world, and so on and on and on\0")],
  [0x2000n, new Uint8Array(BigUint64Array.of(0xfffffffffffbfeffn).buffer)],
  [0x3000n, new Uint8Array(BigUint64Array.of(0x4001n).buffer)],
  [0x4000n, new Uint8Array(BigUint64Array.of(0n).buffer)],
  [0x5000n, new Uint8Array(BigUint64Array.of(1n).buffer)],
  [0x6000n, new Uint8Array(BigUint64Array.of(0x7f0000001000n).buffer)],
]);

const teller = {
  constants,
  read: (address: bigint, length: number) => MEMORY.get(address)?.subarray(0, length),
};

/** A call in the format of a recording. */
function told(name: string, words: readonly bigint[], result?: bigint): string {
  const number = constants.get(`SYS_${name}`) ?? 9999n;
  const call = tellCall(number, words, teller);
  const word = result === undefined ? undefined : BigInt.asUintN(64, result);
  return callTitle(word === undefined ? call : returned(call, word, teller));
}

/** Calls as a recording shows them, with the words of their arguments and of their result. */
interface Row {
  readonly text: string;
  readonly name: string;
  readonly words: readonly string[];
  readonly result?: string;
}

for (const { text, name, words, result } of jsonLines<Row>("core/stub/calls")) {
  const word = result === undefined ? undefined : BigInt(result);
  calls(text, () => assert.is(told(name, words.map(BigInt), word), text));
}

calls("the decoded words are those of the registers", () => {
  const call = tellCall(constants.get("SYS_kill") ?? 0n, [2n ** 64n - 1n, 19n, 5n], teller);
  assert.equal(call.arguments, [
    { word: "0xffffffffffffffff", told: "-1" },
    { word: "0x13", told: "SIGSTOP" },
  ]);
  assert.is(call.result, null);
});
