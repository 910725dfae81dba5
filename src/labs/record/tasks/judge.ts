import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import type { Stub } from "../../../core/stub/stub.ts";
import { Thread } from "../../../core/stub/tracee.ts";
import { Tracer } from "../../../core/stub/tracer.ts";
import { type Check, check, tellCheck } from "../../../lib/check.ts";
import {
  AttachError,
  BirthError,
  ForkError,
  StateError,
  type StublabError,
  SyscallError,
  UnsupportedError,
} from "../../../lib/errors.ts";
import { Actor } from "../actor.ts";
import { isBorn } from "../birth.ts";
import { inWords } from "../lesson_text.ts";
import { codeBytes, type Listing } from "../listing.ts";
import { createKeeper } from "../precautions.ts";
import type { Recorder } from "../recorder.ts";
import { kernelWord } from "./answer.ts";
import { CODE_ADDRESS } from "./assemble.ts";
import { confine } from "./confine.ts";
import { type End, type MadeCall, RESTS } from "./go.ts";

/** How long a call of an answer may take, in milliseconds. */
const DEADLINE = 1500;

/** How a stub of an answer is made. */
export interface Cast {
  /** Default: "stub". */
  readonly lane?: string;
  /** Default: that it executes the registers of the answer. */
  readonly role?: string;
  /** The answer's code, which is mapped at CODE_ADDRESS. */
  readonly code?: Listing | undefined;
  /** Further preparation while all calls are still allowed. */
  readonly prepare?: (stub: Stub) => void;
}

const EXECUTES = "the stub that executes your registers";

/** Errors that are not the fault of an answer. */
const MACHINE = [UnsupportedError, ForkError, BirthError, AttachError] as const;

const BORN =
  "It has not executed an instruction yet. Its registers are those of the task that created it, except that the result is 0.";

/** A fact does not hold. */
export class Decided extends Error {}

/** What tries an answer: a tracer, and a keeper that adopts orphans. Everything is recorded, and judged by facts. */
export class Judge {
  readonly recorder: Recorder;
  readonly tracer: Tracer;
  /** The parent of all stubs that execute an answer. It executes none itself. */
  readonly keeper: Stub;
  /** Why the answer is not right; null as long as it is. */
  reason: string | null = null;
  /** What is ended with the check: the lane of each thread. */
  readonly watched = new Map<number, string>();

  readonly #meanings: Readonly<Record<string, string>>;
  /** How many facts are still to come that are not worth a point. */
  #given: number;

  /**
   * @param meanings of the facts that may not hold, by their names
   * @param given how many facts, the first ones, are not worth a point
   */
  constructor(recorder: Recorder, meanings: Readonly<Record<string, string>>, given: number) {
    this.#meanings = meanings;
    this.#given = given;
    this.recorder = recorder;
    this.tracer = new Tracer({ encoder: recorder.encoder, deadline: DEADLINE });
    recorder.addStubCode(this.tracer.host);
    recorder.addLane("host", "the process that checks the answer; it is the tracer", process.pid);
    this.keeper = createKeeper(this.tracer);
    this.keeper.scrub();
    recorder.observe(
      "The check traces the stubs from birth and steps each instruction, so that it can stop a harmful answer. They have " +
        "limits, no open files, and a filter of system calls.",
    );
  }

  /** A stub that the keeper has cloned, in a lane of its own. */
  stub(lane: string, role: string): Actor {
    return this.#watch(lane, role, this.keeper.createStub());
  }

  /** A task that is traced from birth, and was made by this call, in a lane of its own. */
  adopt(pid: number, tid: number, call: MadeCall, lane: string, role: string): Actor {
    const child = this.#watch(lane, role, new Thread(this.tracer.host, pid, tid, true));
    isBorn(child, call.step, BORN, call.name, tid === pid ? "process" : "thread");
    return child;
  }

  /** Where a lane has this name already, as in a task that tries an answer twice, it is the second. */
  #watch(name: string, role: string, of: Stub | Thread): Actor {
    const lane = [...this.watched.values()].includes(name) ? `second-${name}` : name;
    const actor = new Actor(this.recorder, lane, of);
    this.watched.set(actor.thread.tid, lane);
    this.recorder.addLane(lane, role, actor.thread.tid);
    return actor;
  }

  /** A stub at rest that is ready to execute an answer. */
  cast({ lane = "stub", role = EXECUTES, code, prepare }: Cast = {}): Actor {
    const { recorder, keeper } = this;
    const actor = this.stub(lane, role);
    const { stub } = actor;
    try {
      if (code !== undefined) {
        mapPages(stub, [CODE_ADDRESS]);
        stub.write(CODE_ADDRESS, codeBytes(code));
        stub.call("mprotect", CODE_ADDRESS, PAGE_SIZE, kernelWord("PROT_READ|PROT_EXEC"));
      }
      prepare?.(stub);
      confine(stub, [process.pid, keeper.pid]);
      // Its children are traced from birth.
      const births = kernelWord("PTRACE_O_TRACECLONE|PTRACE_O_TRACEFORK|PTRACE_O_TRACEVFORK");
      const options = stub.tracer.traceOptions | Number(births);
      stub.thread.expect("stopped").ptrace("PTRACE_SETOPTIONS", options);
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      throw new UnsupportedError(`answers cannot be tried here: ${cause.message}`, { cause });
    }
    const rests = `stub ${stub.pid} ${RESTS}`;
    actor.look(rests, "It has one page, that of the stub code, and whatever this task needs.");
    if (code !== undefined && recorder.placeOf(CODE_ADDRESS) === undefined) {
      recorder.addCode(code, CODE_ADDRESS, new Map());
    }
    return actor;
  }

  /**
   * A fact that must hold, in the words of amd64. If it does not, it is recorded, and nothing further is tried. If it holds,
   * it is recorded only if it is worth a point.
   *
   * @param seen what the kernel says, or what became of a stub
   * @param known what it means if it does not hold. Default: what the text of the task says of the fact, or of "FACT = SEEN"
   * @throws Decided; StateError if nothing says what it means
   */
  expect(fact: string, expected: string, seen: string | End, known?: string): void {
    const { told, harm } = typeof seen === "string" ? { told: seen, harm: undefined } : seen;
    const name = inWords(fact);
    const meanings = this.#meanings;
    const meaning = harm ?? known ?? meanings[`${name} = ${told}`] ?? meanings[name];
    if (meaning === undefined) throw new StateError(`no text says what "${name}" means`);
    const why = inWords(meaning);
    const made = check(name, expected, told, why);
    this.reason = reasonOf(made);
    if (this.reason !== null || --this.#given < 0) this.recorder.check(name, expected, told);
    if (this.reason === null) return;
    const explained = `${why.charAt(0).toUpperCase()}${why.slice(1)}.`;
    this.recorder.step({ lane: "host", kind: "note", title: tellCheck(made), why: explained });
    throw new Decided();
  }

  /** Ends all that is watched. */
  close(): void {
    for (const pid of this.watched.keys())
      this.tracer.host.shim.tgkill(pid, pid, this.tracer.host.constant("SIGKILL"));
  }

  /** What an answer did that its task did not foresee is a fact, too. @throws the error if it is the machine's */
  unforeseen(error: StublabError): void {
    if (MACHINE.some((type) => error instanceof type)) throw error;
    const [what = ""] = error.message.split("\n");
    const seen = what.replace(/^stub \d+ /, "the stub ");
    const made = check("the end of the check", "reached", seen, "the check has ended early");
    this.recorder.check(made.name, made.expected, made.seen);
    this.reason = reasonOf(made);
  }
}

/** What a fact means that does not hold, and the fact; null for one that holds. */
export function reasonOf(made: Check): string | null {
  return made.status === "held" ? null : `${made.reason} (${tellCheck(made)})`;
}

/** Maps single pages. */
export function mapPages(stub: Stub, addresses: readonly bigint[]): void {
  const protection = kernelWord("PROT_READ|PROT_WRITE");
  const flags = kernelWord("MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED");
  for (const address of addresses) stub.call("mmap", address, PAGE_SIZE, protection, flags, -1, 0);
}
