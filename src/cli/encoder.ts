import { type ChildProcess, fork } from "node:child_process";
import { basename } from "node:path";
import type { Encoder } from "../encoder/encoder.ts";
import { isEncoderFile, openEncoderFile } from "../encoder/foreign.ts";
import { guardEncoder } from "../encoder/guarded.ts";
import { openEncoder } from "../encoder/open.ts";
import { EncoderError } from "../errors.ts";
import { loadShim } from "../shim.ts";

/** What --encoder takes, for the help of commands. */
export const ENCODER_HELP =
  "assembly, script, native or gvisor (default assembly), or a file: ./mine.wasm, ./mine.mjs";

/** How long a file may take until it is open, the start of its process included. */
const LOAD_LIMIT = 3000;

/** The environment variable that tells a process which one runs it for the sake of a foreign encoder. */
const PARENT = "STUBLAB_PARENT";

/**
 * The encoder that --encoder names. With a file the command runs in a process of its own, for foreign code may do
 * anything: the process that was started ends here, once that one has ended or was ended.
 *
 * @param limit how long the command may take with an encoder from a file, in milliseconds
 * @throws InputError, EncoderError; EncoderError also where that process came to no good end
 */
export async function chooseEncoder(choice: string, limit: number): Promise<Encoder> {
  if (!isEncoderFile(choice)) return openEncoder(choice);
  const parent = process.env[PARENT];
  // Without a channel it is a variable of somebody's shell, and means nothing.
  if (parent === undefined || process.send === undefined) {
    return process.exit(await runAgain(choice, limit));
  }
  return openHere(choice, Number(parent));
}

/** In the child. */
async function openHere(file: string, parent: number): Promise<Encoder> {
  // What it starts itself is no child of that kind.
  delete process.env[PARENT];
  if (loadShim().dieWith(parent) < 0) {
    throw new EncoderError(`${PARENT} is ${parent}, and the parent of this process is another`, {
      remedy: `unset ${PARENT}: stublab sets it for its own processes`,
    });
  }
  // Without it, Node.js ends where a module waits for what never comes.
  const awake = setInterval(() => {}, LOAD_LIMIT);
  try {
    return guardEncoder(await openEncoderFile(file, basename(file)));
  } finally {
    clearInterval(awake);
    process.send?.("open");
  }
}

/** Runs this very command line in a child; answers its exit status. */
async function runAgain(file: string, limit: number): Promise<number> {
  const [, program = "", ...args] = process.argv;
  const child = fork(program, args, {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
    env: { ...process.env, [PARENT]: String(process.pid) },
  });
  const name = basename(file);
  const late = await endsInTime(child, limit);
  const { exitCode, signalCode } = child;
  if (late === "loading") {
    throw new EncoderError(`encoder ${name} did not load within ${LOAD_LIMIT} ms`);
  }
  if (late === "working") {
    throw new EncoderError(`the command did not end within ${limit} ms with encoder ${name}`, {
      remedy: "stublab compare tells in which function an encoder hangs",
    });
  }
  if (signalCode !== null) {
    throw new EncoderError(`the process of encoder ${name} was killed by ${signalCode}`);
  }
  return exitCode ?? 1;
}

/** Waits for a child's end; answers what it was at when it had to be killed. */
function endsInTime(
  child: ChildProcess,
  limit: number,
): Promise<"loading" | "working" | undefined> {
  return new Promise((resolve, reject) => {
    let late: "loading" | "working" | undefined;
    const kill = (at: typeof late) => () => {
      late = at;
      child.kill("SIGKILL");
    };
    let timer = setTimeout(kill("loading"), LOAD_LIMIT);
    child.once("message", () => {
      clearTimeout(timer);
      if (Number.isFinite(limit)) timer = setTimeout(kill("working"), limit);
    });
    child.on("error", reject);
    child.on("exit", () => {
      clearTimeout(timer);
      resolve(late);
    });
  });
}
