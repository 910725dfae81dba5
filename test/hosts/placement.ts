// A host whose main stack grows after its stubs are born. Its arguments: a new soft limit for the stack, if any.
// It prints as JSON where everything is mapped, and how far the stack has grown.

import { readSync } from "node:fs";
import { parseMaps } from "../../src/core/stub/proc.ts";

const [limit] = process.argv.slice(2);
if (limit !== undefined) execFileSync("prlimit", [`--pid=${process.pid}`, `--stack=${limit}:`]);

function ownMaps() {
  return parseMaps(readFileSync("/proc/self/maps", "utf8"));
}

function stack() {
  return ownMaps().find(({ name }) => name === "[stack]") ?? { start: 0, end: 0 };
}

function stubCode(address: number): string {
  const bytes = Buffer.alloc(4096);
  const memory = openSync("/proc/self/mem", "r");
  readSync(memory, bytes, 0, bytes.length, address);
  closeSync(memory);
  return bytes.toString("base64");
}

/** Recurses until V8 throws, as far as --stack-size allows. */
function growStack(): void {
  const deeper = (depth: number): number => deeper(depth + 1) + 1;
  try {
    deeper(0);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
}

using tracer = new Tracer();
const master = tracer.createStub();
const grandchild = master.createStub();
master.scrub();
const before = { stack: stack(), code: stubCode(tracer.host.stubAddress) };
growStack();
const after = { stack: stack(), code: stubCode(tracer.host.stubAddress) };

console.log(
  JSON.stringify({
    stub: tracer.host.stubAddress,
    stackEnd: before.stack.end,
    grown: before.stack.start - after.stack.start,
    intact: before.code === after.code,
    protection: ownMaps().find(({ start }) => start === tracer.host.stubAddress)?.protection,
    answers:
      master.call("getppid") === BigInt(process.pid) &&
      grandchild.call("getppid") === BigInt(master.pid) &&
      master.createStub().call("getppid") === BigInt(master.pid),
  }),
);
