// The process in which an encoder of a user's runs: it loads one, and answers its parent's requests. It dies with
// its parent, makes no process of its own, and has no output.

import { closeSync } from "node:fs";
import { FUNCTION_NAMES } from "../encoder/abi.ts";
import { describeThrown } from "../encoder/answer.ts";
import type { PartialEncoder } from "../encoder/encoder.ts";
import { openEncoderFile } from "../encoder/foreign.ts";
import { errnoName } from "../errno.ts";
import { StublabError } from "../errors.ts";
import { loadShim, viewMemory } from "../shim.ts";
import { RECORDS, type Reply, type Request, SHARED_FILE, SHARED_SIZE } from "./foreign_message.ts";
import { BrokenEncoder, RecordLayout, Runner } from "./record.ts";
import { timeCrossing } from "./subject.ts";

/** What it may write to in all: the largest encoder's memory, and Node.js. */
const MOST_BYTES = 1 << 30;

// Foreign code may put others in their places.
const { exit } = process;
const sendToParent = process.send?.bind(process);

function send(reply: Reply): void {
  sendToParent?.(reply);
}

/** Ends this process where a call that had to succeed did not. */
function expectDone(call: string, result: number): number {
  if (result >= 0) return result;
  send({ kind: "dying", message: `${call} failed: ${errnoName(-result)}` });
  return exit(1);
}

const shim = loadShim();
expectDone("prctl(PR_SET_PDEATHSIG)", shim.dieWith(Number(process.argv[2])));
const address = expectDone("mmap", shim.mapFile(SHARED_FILE, SHARED_SIZE));
closeSync(SHARED_FILE);
expectDone("seccomp", shim.confine(MOST_BYTES));

const shared = viewMemory(address, SHARED_SIZE);
const progress = new Int32Array(shared, 0, 1);
const records = new Uint8Array(shared, RECORDS);
const noteRecord = (index: number) => {
  progress[0] = index;
};

let encoder: PartialEncoder | undefined;
const runners = new Map<string, { runner: Runner; words: number }>();

async function load({ file, name }: Request & { kind: "load" }): Promise<Reply> {
  try {
    encoder = await openEncoderFile(file, name);
  } catch (error) {
    const own = error instanceof StublabError;
    const message = own ? error.message : `encoder ${name} fails to load: ${describeThrown(error)}`;
    return { kind: "broke", how: "refused", index: 0, message };
  }
  const { arch, constants } = encoder;
  return {
    kind: "loaded",
    arch,
    functions: FUNCTION_NAMES.filter((each) => encoder?.[each] !== undefined),
    constants: [...constants].map(([each, word]) => [each, String(word)]),
  };
}

function run(opened: PartialEncoder, request: Request & { kind: "run" }): Reply {
  const { name, blockSize, extra, count } = request;
  let known = runners.get(name);
  if (known === undefined) {
    const layout = new RecordLayout(name, blockSize, extra);
    known = { runner: new Runner(opened, layout), words: layout.words };
    runners.set(name, known);
  }
  noteRecord(0);
  const batch = records.subarray(0, 8 * known.words * count);
  return { kind: "ran", milliseconds: known.runner.run(batch, noteRecord) };
}

async function answer(request: Request): Promise<Reply> {
  if (request.kind === "load") return load(request);
  if (encoder === undefined) throw new TypeError("nothing is loaded");
  if (request.kind === "run") return run(encoder, request);
  return { kind: "crossed", nanoseconds: timeCrossing(encoder) ?? null };
}

process.on("message", (request: Request) => {
  answer(request).then(send, (error: unknown) => {
    const { kind, index } =
      error instanceof BrokenEncoder ? error : ({ kind: "trap", index: 0 } as const);
    const message = error instanceof BrokenEncoder ? error.message : describeThrown(error);
    send({ kind: "broke", how: kind, index, message });
  });
});
process.on("uncaughtException", (error) => {
  send({ kind: "dying", message: describeThrown(error) });
  exit(1);
});
send({ kind: "ready" });
