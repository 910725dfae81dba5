import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { loadShim } from "../../core/shim/shim.ts";
import { errnoName } from "../../lib/errno.ts";
import { StateError, UnsupportedError } from "../../lib/errors.ts";
import { ForeignProcess } from "../../sandbox/process.ts";
import {
  type Broke,
  type Numbered,
  parseLastWords,
  parseReply,
  RECORDS,
  type Replies,
  type Request,
  SHARED_SIZE,
} from "./foreign_message.ts";
import { BrokenEncoder } from "./record.ts";

/** How long loading and each batch may take. */
const LIMIT = 2000;

/** JavaScript's own memory, in MB; the rest is up to the child's limit. */
const V8_FLAGS = ["--max-old-space-size=256"];

/** The file in memory that a child and its parent share. It outlives the child. */
export class SharedFile {
  #descriptor: number | undefined;

  /** @throws UnsupportedError */
  constructor() {
    const file = loadShim().memoryFile(SHARED_SIZE);
    if (file < 0) throw new UnsupportedError(`memfd_create failed: ${errnoName(-file)}`);
    this.#descriptor = file;
  }

  /** @throws StateError once it is closed: the number may be another file's. */
  get descriptor(): number {
    if (this.#descriptor === undefined) throw new StateError("the file of the records is closed");
    return this.#descriptor;
  }

  write(records: Uint8Array): void {
    writeSync(this.descriptor, records, 0, records.length, RECORDS);
  }

  /** Copies the records; returns whether all of them were there: a child may truncate the file. */
  read(records: Uint8Array): boolean {
    return readSync(this.descriptor, records, 0, records.length, RECORDS) === records.length;
  }

  /** The index of the record that was begun last, or any number that a child wrote there. */
  get progress(): number {
    const bytes = Buffer.alloc(4);
    readSync(this.descriptor, bytes, 0, bytes.length, 0);
    return bytes.readInt32LE();
  }

  /** Forgets it. */
  rewind(): void {
    writeSync(this.descriptor, Buffer.alloc(4), 0, 4, 0);
  }

  close(): void {
    if (this.#descriptor !== undefined) loadShim().close(this.#descriptor);
    this.#descriptor = undefined;
  }
}

/** A child that runs an encoder (foreign_child.ts). */
export class EncoderProcess {
  readonly process: ForeignProcess;
  readonly #shared: SharedFile;
  #requests = 0;
  /** What it reported before it ended by itself. */
  #lastWords: string | undefined;

  private constructor(process: ForeignProcess, shared: SharedFile) {
    this.process = process;
    this.#shared = shared;
  }

  /** @throws UnsupportedError if it does not start */
  static async start(shared: SharedFile): Promise<EncoderProcess> {
    shared.rewind();
    const nothing = openSync("/dev/null", "r+");
    try {
      const process = await ForeignProcess.start({
        name: "stublab: encoder",
        arguments: [...V8_FLAGS, fileURLToPath(new URL("foreign_child.js", import.meta.url))],
        // Node.js may need it to start.
        environment: { LD_LIBRARY_PATH: globalThis.process.env.LD_LIBRARY_PATH },
        stdio: [nothing, nothing, nothing],
        files: [shared.descriptor],
        confined: true,
      });
      return new EncoderProcess(process, shared);
    } finally {
      closeSync(nothing);
    }
  }

  /**
   * The reply to a request.
   *
   * @param limit how many milliseconds it may take
   * @throws BrokenEncoder if it does not come in time, or reports a break; every kind except "trap" and "answer" ends
   * the process
   */
  async ask<K extends Request["kind"]>(
    request: Request & { kind: K },
    limit = LIMIT,
  ): Promise<Replies[K]> {
    const reply = await this.#exchange(request.kind, { ...request, id: ++this.#requests }, limit);
    if (reply.kind !== "broke") return reply;
    const { how, index, message } = reply;
    if (how !== "trap" && how !== "answer") await this.process.end();
    throw new BrokenEncoder(how, index, message);
  }

  /** Kills it for something that it did. */
  async blame(fault: string): Promise<BrokenEncoder> {
    await this.process.end(fault);
    return this.#broken("crash", this.process.fate);
  }

  async #exchange<K extends Request["kind"]>(
    kind: K,
    request: Numbered<Request>,
    limit: number,
  ): Promise<Replies[K] | Broke> {
    this.process.send(request);
    for (;;) {
      const outcome = await this.process.next(limit);
      if (outcome.kind === "late") {
        await this.process.end();
        throw this.#broken("loop", `did not return within ${limit} ms`);
      }
      if (outcome.kind === "ended") throw this.#broken("crash", this.process.fate);
      const reply = parseReply(outcome.message, kind, request);
      if (reply !== undefined) return reply;
      const last = parseLastWords(outcome.message);
      if (last === undefined || this.#lastWords !== undefined) {
        throw await this.blame("sent a message that is not a reply to the request");
      }
      this.#lastWords = last.message;
    }
  }

  #broken(kind: "loop" | "crash", message: string): BrokenEncoder {
    const last = this.#lastWords === undefined ? "" : `: ${this.#lastWords}`;
    return new BrokenEncoder(kind, this.#shared.progress, `${message}${last}`);
  }
}
