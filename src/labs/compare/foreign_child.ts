// The process in which a user's encoder runs: it loads the encoder, and replies to its parent's requests. It has
// namespaces of its own if the kernel allows them, starts no process, and has no output.

import { closeSync } from "node:fs";
import { Socket } from "node:net";
import { FUNCTION_NAMES, type PartialEncoder } from "../../core/encoder/abi.ts";
import { loadShim, viewMemory } from "../../core/shim/shim.ts";
import { errnoName } from "../../lib/errno.ts";
import { CHANNEL, encodeMessage, MessageReader } from "../../sandbox/channel.ts";
import { loadSandbox } from "../../sandbox/program.ts";
import { describeThrown } from "./answer.ts";
import { openFileUnconfined } from "./encoders/foreign.ts";
import {
  type LastWords,
  type Numbered,
  RECORDS,
  type Reply,
  type Request,
  SHARED_FILE,
  SHARED_SIZE,
} from "./foreign_message.ts";
import { BrokenEncoder, RecordLayout, Runner } from "./record.ts";

const { exit } = process;
const channel = new Socket({ fd: CHANNEL });

function send(message: Numbered<Reply> | LastWords | { kind: "ready" }, sent?: () => void): void {
  channel.write(encodeMessage(message), sent);
}

/** Ends this process if a call failed that must succeed. */
function expectDone(call: string, result: number): number {
  if (result >= 0) return result;
  process.stderr.write(`${call} failed: ${errnoName(-result)}\n`);
  return exit(1);
}

const shim = loadShim();
const address = expectDone("mmap", shim.mapShared(SHARED_FILE, SHARED_SIZE));
closeSync(SHARED_FILE);
expectDone("seccomp", loadSandbox().confine());

const shared = viewMemory(address, SHARED_SIZE);
const progress = new Int32Array(shared, 0, 1);
const records = new Uint8Array(shared, RECORDS);
const noteRecord = (index: number) => {
  progress[0] = index;
};

let encoder: PartialEncoder | undefined;

async function load({ file, name }: Request & { kind: "load" }): Promise<Reply> {
  try {
    encoder = await openFileUnconfined(file, name, "comparison");
  } catch (error) {
    const message = error instanceof Error ? error.message : describeThrown(error);
    return { kind: "broke", how: "refused", index: 0, message };
  }
  const { arch, constants, others = [] } = encoder;
  return {
    kind: "loaded",
    arch,
    functions: FUNCTION_NAMES.filter((each) => encoder?.[each] !== undefined),
    others,
    constants: [...constants].map(([each, word]) => [each, String(word)]),
  };
}

async function run({ name, blockSize, extra, count }: Request & { kind: "run" }): Promise<Reply> {
  if (encoder === undefined) throw new TypeError("nothing is loaded");
  const layout = new RecordLayout(name, blockSize, extra);
  noteRecord(0);
  const batch = records.subarray(0, 8 * layout.words * count);
  new Runner(encoder, layout).run(batch, noteRecord);
  return { kind: "ran" };
}

function broke(error: unknown): Reply {
  if (!(error instanceof BrokenEncoder)) {
    return { kind: "broke", how: "trap", index: 0, message: describeThrown(error) };
  }
  const { kind, index, message } = error;
  return { kind: "broke", how: kind, index, message };
}

async function obey(request: Numbered<Request>): Promise<void> {
  const replied = request.kind === "load" ? load(request) : run(request);
  const reply = await replied.catch(broke);
  send({ ...reply, id: request.id });
}

const reader = new MessageReader<Numbered<Request>>();
channel.on("data", (chunk) => {
  for (const request of reader.read(chunk)) void obey(request);
});
channel.on("end", () => exit(0));
let dying = false;
process.on("uncaughtException", (error) => {
  if (!dying) send({ kind: "dying", message: describeThrown(error) }, () => exit(1));
  dying = true;
});
send({ kind: "ready" });
