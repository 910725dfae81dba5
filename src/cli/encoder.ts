import { basename } from "node:path";
import type { Encoder } from "../core/encoder/abi.ts";
import { describeThrown } from "../labs/compare/answer.ts";
import { isEncoderFile } from "../labs/compare/encoders/foreign.ts";
import { loadEncoderUnconfined, openEncoder } from "../labs/compare/encoders/open.ts";
import { EncoderError } from "../lib/errors.ts";
import { visible } from "../lib/visible.ts";
import { FOREIGN_COMMAND, isFields, isForeignCommand, tellParent } from "../sandbox/channel.ts";
import { ForeignProcess } from "../sandbox/process.ts";

/** How long an encoder file may take to load, in milliseconds. */
const LOAD_LIMIT = 3000;

/** How long a child may take to end after its command, in milliseconds. */
const END_LIMIT = 1000;

/**
 * Returns the encoder that --encoder names. For a file, runs the whole command again in a child process, as foreign
 * code may do anything, and exits with the child's status: in the parent, this function does not return.
 *
 * @param limit how long the command may take with an encoder from a file, in milliseconds
 * @throws InputError, EncoderError; EncoderError also if the child fails
 */
export async function openEncoderWatched(choice: string, limit: number): Promise<Encoder> {
  if (!isEncoderFile(choice)) return openEncoder(choice);
  if (isForeignCommand) return openHereUnconfined(choice);
  return process.exit(await runCommand(choice, limit));
}

let isOpen = false;

/** Opens the encoder, in the child. */
async function openHereUnconfined(file: string): Promise<Encoder> {
  if (isOpen) return loadEncoderUnconfined(file);
  isOpen = true;
  const { exit } = process;
  process.on("uncaughtException", (error) => {
    tellParent({ kind: "failed", message: describeThrown(error) });
    exit(1);
  });
  tellParent({ kind: "ready" });
  // Keeps Node.js alive while a module awaits a promise that nothing else keeps alive.
  const awake = setInterval(() => {}, LOAD_LIMIT);
  try {
    return await loadEncoderUnconfined(file);
  } finally {
    clearInterval(awake);
    tellParent({ kind: "open" });
  }
}

/** Runs this command line in a child, and returns its exit status. @throws EncoderError */
async function runCommand(file: string, limit: number): Promise<number> {
  const name = basename(file);
  const child = await ForeignProcess.start({
    name: FOREIGN_COMMAND,
    arguments: [...process.execArgv, ...process.argv.slice(1)],
    environment: process.env,
    stdio: [0, 1, 2],
    files: [],
    confined: false,
  });
  const fault = (what: string) =>
    new EncoderError(`the process of encoder ${name} ${visible(what)}`);
  /** Waits for the next message; returns the status in it. */
  const hear = async (expected: "open" | "done", within: number, what: string) => {
    const outcome = await child.next(within);
    if (outcome.kind === "late") {
      throw new EncoderError(`${what} within ${within} ms`, {
        remedy: "`stublab compare` reports in which function an encoder hangs",
      });
    }
    if (outcome.kind === "ended") throw fault(`${child.fate} before its command ended`);
    const { kind, status, message } = isFields(outcome.message) ? outcome.message : {};
    if (kind === "failed") throw fault(`failed: ${message}`);
    if (kind !== expected) throw fault("sent an invalid message");
    return status;
  };
  try {
    await hear("open", LOAD_LIMIT, `encoder ${name} did not load`);
    const status = await hear("done", limit, "the command did not end");
    if (!isStatus(status)) throw fault("sent an invalid message");
    // How it exits does not matter.
    await child.next(END_LIMIT);
    return status;
  } finally {
    await child.end();
  }
}

function isStatus(status: unknown): status is number {
  return Number.isInteger(status) && Number(status) >= 0 && Number(status) < 256;
}
