import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, readSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { errnoName } from "../errno.ts";
import { UnsupportedError } from "../errors.ts";
import { loadShim } from "../shim.ts";
import { parseReply, RECORDS, type Reply, type Request, SHARED_SIZE } from "./foreign_message.ts";
import { BrokenEncoder } from "./record.ts";

/** How long loading and each batch may take. */
const LIMIT = 2000;
/** How long the process may take to start, before there is any foreign code in it. */
const START_LIMIT = 10_000;

/** JavaScript's own memory, in MB; the rest is up to the child's limit. */
const V8_FLAGS = ["--max-old-space-size=256"];

/** The file in memory that a child and its parent share. It outlives the child. */
export class SharedFile {
  readonly descriptor: number;

  /** @throws UnsupportedError */
  constructor() {
    this.descriptor = loadShim().memoryFile(SHARED_SIZE);
    if (this.descriptor < 0) {
      throw new UnsupportedError(`memfd_create failed: ${errnoName(-this.descriptor)}`);
    }
  }

  write(records: Uint8Array): void {
    writeSync(this.descriptor, records, 0, records.length, RECORDS);
  }

  read(records: Uint8Array): void {
    readSync(this.descriptor, records, 0, records.length, RECORDS);
  }

  /** The index of the record that was begun last. */
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
    closeSync(this.descriptor);
  }
}

/** A child in which foreign code runs (foreign_child.ts), as its parent sees it. */
export class ForeignProcess {
  readonly #child: ChildProcess;
  readonly #shared: SharedFile;
  /** How it ended; undefined while it runs. */
  #ending: string | undefined;
  /** What it said before it ended by itself. */
  #lastWords = "";
  #settle: ((outcome: Reply | "ended" | "late") => void) | undefined;

  private constructor(shared: SharedFile) {
    this.#shared = shared;
    const program = fileURLToPath(new URL("foreign_child.js", import.meta.url));
    const stdio = ["ignore", "ignore", "ignore"] as const;
    this.#child = fork(program, [String(process.pid)], {
      execArgv: V8_FLAGS,
      stdio: [...stdio, shared.descriptor, "ipc"],
    });
    this.#child.on("message", (message) => this.#hear(parseReply(message)));
    this.#child.on("error", (error) => this.#end(`failed: ${error.message}`));
    this.#child.on("exit", (code, signal) => {
      this.#end(signal === null ? `exited with status ${code}` : `was killed by ${signal}`);
    });
    // Nobody waits for it but for a request, which has a timer.
    this.#child.unref();
    this.#child.channel?.unref();
  }

  /** @throws UnsupportedError where it does not start */
  static async start(shared: SharedFile): Promise<ForeignProcess> {
    shared.rewind();
    const started = new ForeignProcess(shared);
    const outcome = await started.#next(START_LIMIT);
    if (typeof outcome !== "string" && outcome.kind === "ready") return started;
    await started.end();
    throw new UnsupportedError(`a process for foreign encoders does not start: ${started.#fate}`);
  }

  /**
   * The reply to a request.
   *
   * @throws BrokenEncoder where there is none in time, or it tells of a break; all but "trap" and "answer" end the
   * process.
   */
  async ask(request: Request): Promise<Reply> {
    const outcome = await this.#exchange(request);
    if (outcome === "late") throw await this.#broken("loop", `did not return within ${LIMIT} ms`);
    if (outcome === "ended") throw await this.#broken("crash", this.#fate);
    if (outcome.kind !== "broke") return outcome;
    const { how, index, message } = outcome;
    if (how !== "trap" && how !== "answer") await this.end();
    throw new BrokenEncoder(how, index, message);
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  /** Kills it and waits for its end. */
  async end(): Promise<void> {
    if (this.ended) return;
    this.#child.ref();
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }

  get #fate(): string {
    return `${this.#ending}${this.#lastWords === "" ? "" : `: ${this.#lastWords}`}`;
  }

  async #exchange(request: Request): Promise<Reply | "ended" | "late"> {
    if (this.ended) return "ended";
    const reply = this.#next(LIMIT);
    // A child that has just died is told by its exit.
    this.#child.send(request, () => {});
    return reply;
  }

  async #broken(kind: "loop" | "crash", message: string): Promise<BrokenEncoder> {
    await this.end();
    return new BrokenEncoder(kind, this.#shared.progress, message);
  }

  /** The next reply, or what comes instead of it. */
  #next(milliseconds: number): Promise<Reply | "ended" | "late"> {
    return new Promise((resolve) => {
      // A process that was itself kept from running looks at what has come before it calls others late.
      const timer = setTimeout(() => setImmediate(() => this.#settle?.("late")), milliseconds);
      this.#settle = (outcome) => {
        clearTimeout(timer);
        this.#settle = undefined;
        resolve(outcome);
      };
    });
  }

  #hear(reply: Reply | undefined): void {
    if (reply?.kind === "dying") this.#lastWords = reply.message;
    else if (reply !== undefined) this.#settle?.(reply);
  }

  #end(how: string): void {
    this.#ending ??= how;
    this.#settle?.("ended");
  }
}
