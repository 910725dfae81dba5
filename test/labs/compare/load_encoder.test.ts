// Encoders from files in this process: loadEncoderUnconfined.

import { FUNCTIONS } from "../../../src/core/encoder/abi.ts";
import { missingNames } from "../../../src/core/encoder/driver.ts";
import { loadEncoderUnconfined } from "../../../src/index.ts";
import { openFileUnconfined } from "../../../src/labs/compare/encoders/foreign.ts";
import { assembleWasm, likeModel, moduleFile, script } from "../../support/foreign_modules.ts";

const load = suite("loadEncoderUnconfined");

const WASM = "./dist/encoder.wasm";

/** The error with which loading a file fails. */
async function failureOf(file: string): Promise<EncoderError | InputError> {
  const error = await rejection(loadEncoderUnconfined(file));
  if (error instanceof EncoderError || error instanceof InputError) return error;
  throw error;
}

for (const [what, file] of [
  ["a WebAssembly module", () => WASM],
  ["an ES module", () => likeModel()],
] as const) {
  load(`${what} drives stubs and guests`, async () => {
    const path = file();
    const encoder = await loadEncoderUnconfined(path);
    assert.equal([encoder.name, encoder.arch], [basename(path), "amd64"]);
    using platform = Platform.open({ encoder });
    using space = platform.newAddressSpace();
    assert.is(space.stub.call("getpid"), BigInt(space.stub.pid));
    assert.is(platform.newContext().switch(space).kind, "fault");
  });

  load(`recordLesson with ${what}`, async () => {
    const encoder = await loadEncoderUnconfined(file());
    const recording = await recordLesson("cascade", { encoder });
    assert.is(recording.encoder, encoder.name);
    assert.ok(recording.end.every(({ held }) => held));
  });
}

const NOTHING = { arch: "amd64", constants: new Map(), has: () => false } as const;

load("functions that only the comparison calls are optional", async () => {
  const needed = FUNCTION_NAMES.filter((name) => !FUNCTIONS[name].comparisonOnly);
  assert.equal([needed.length, FUNCTION_NAMES.length], [18, 26]);
  using tracer = new Tracer({ encoder: await loadEncoderUnconfined(likeModel({}, needed)) });
  const stub = tracer.createStub().createStub();
  assert.is(stub.call("getpid"), BigInt(stub.pid));
});

load("one error lists all missing names", async () => {
  const needed = missingNames(NOTHING);
  const { message, remedy } = await failureOf(moduleFile(".mjs", "export const nothing = 0;"));
  const [, list = ""] = / lacks (.*)$/.exec(message) ?? [];
  assert.equal(list.split(", "), [...needed, "memory"]);
  for (const name of ["ENCODER_ABI", "REGISTERS_SIZE", "REG_gs", "__WALL", "waitKind"]) {
    assert.ok(needed.includes(name), name);
  }
  assert.match(remedy ?? "", "docs/encoder-abi.md");
});

load("stubs and guests need no other constants", () => {
  const complete = openEncoder("assembly");
  const names = new Set(missingNames(NOTHING));
  const constants = new Map([...complete.constants].filter(([name]) => names.has(name)));
  using platform = Platform.open({ encoder: { ...complete, constants }, exitSignal: "SIGKILL" });
  const space = platform.newAddressSpace();
  const context = platform.newContext();
  const page = 0x1000_0000n;
  space.mapAnonymous(page, 4096, "rw");
  // A system call, a step, and a fault.
  space.write(page, Uint8Array.of(0x0f, 0x05, 0x90, 0x0f, 0x0b));
  space.protect(page, 4096, "rx");
  context.registers.set("rip", page);
  assert.is(context.switch(space).kind, "syscall");
  context.registers.set("eflags", 0x100n);
  assert.is(context.switch(space).kind, "signal");
  space.unmap(page, 4096);
  assert.is(context.switch(space).kind, "fault");
  space.release();
});

for (const [what, file, kind, message] of [
  ["another machine", () => "dist/encoder-arm64.wasm", EncoderError, /is for arm64, but the stubs/],
  ["an exception", () => script("throw new Error('boom');"), EncoderError, /load: Error: boom$/],
  ["a file that is not there", () => "./none.mjs", InputError, /cannot be opened: ENOENT/],
  ["another ending", () => "./none.so", InputError, /ends in \.wasm, \.mjs or \.js$/],
] as const) {
  load(`refuses ${what}`, async () => {
    const error = await failureOf(file());
    assert.instance(error, kind);
    assert.match(error.message, message);
  });
}

load("after a failure every function fails with the same error", async () => {
  const encoder = await loadEncoderUnconfined(likeModel({ waitEvent: "() => 0.5" }));
  assert.is(encoder.waitKind(0), 0);
  const expected = /waitEvent returned 0\.5, expected a whole Number$/;
  assert.throws(() => encoder.waitEvent(0), expected);
  assert.throws(() => encoder.waitKind(0), expected);
});

load("a string is quoted where a number is expected", async () => {
  const encoder = await loadEncoderUnconfined(likeModel({ waitEvent: '() => "2"' }));
  assert.throws(() => encoder.waitEvent(0), /waitEvent returned "2", expected a whole Number$/);
});

load("a syntax error has its line", async () => {
  const { message } = await failureOf(moduleFile(".mjs", "export const a = 1;\n\n}}\n"));
  assert.match(message, /load: SyntaxError: Unexpected token '}' in line 3$/);
});

/** Why a comparison refuses a module. */
async function refusalOf(file: string): Promise<string> {
  try {
    await openFileUnconfined(file, "mine", "comparison");
  } catch (error) {
    if (error instanceof EncoderError) return error.message;
    throw error;
  }
  throw new Error(`${file} was opened`);
}

load("a comparison's missing names have the functions that need them", async () => {
  const own = "export const syscallResult = () => 0n; export const waitKind = () => 0;";
  assert.match(
    await refusalOf(moduleFile(".mjs", `export const ENCODER_ABI = 2; ${own}`)),
    /^encoder mine lacks REGISTERS_SIZE, REG_r15, .*, REG_gs, memory, which syscallResult needs$/,
  );
  assert.match(
    await refusalOf(moduleFile(".mjs", own)),
    /^encoder mine lacks ENCODER_ABI, REGISTERS_SIZE, .*, memory, which syscallResult needs$/,
  );
  const area = "export const ENCODER_ABI = 2; export const encodeSeccomp = () => 0;";
  assert.is(
    await refusalOf(moduleFile(".mjs", area)),
    "encoder mine lacks memory, which encodeSeccomp needs",
  );
});

load("a module of another version of the ABI hears of nothing else", async () => {
  const abi = '(global (export "ENCODER_ABI") i32 (i32.const 1))';
  const clone3 = '(func (export "encodeClone3") (param i32 i64) (result i32) (i32.const 0))';
  const file = moduleFile(".wasm", assembleWasm(`(module ${abi} ${clone3})`));
  assert.is(await refusalOf(file), "encoder mine has version 1 of the ABI, not 2");
});

load("tracers with one encoder share its memory without overlap", async () => {
  const encoder = await loadEncoderUnconfined(WASM);
  using one = new Tracer({ encoder });
  using other = new Tracer({ encoder });
  const stubs = [one, other].map((tracer) => tracer.createStub());
  const before = stubs.map((stub) => stub.registers());
  for (const stub of stubs) assert.is(stub.call("getpid"), BigInt(stub.pid));
  assert.is.not(one.host.frame.offset, other.host.frame.offset);
  lists(
    stubs,
    before.map(({ rsp }) => rsp),
    (stub) => stub.registers().rsp,
  );
});
