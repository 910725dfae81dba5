import { type Check, check, tellCheck } from "../../check.ts";
import {
  AttachError,
  BirthError,
  ForkError,
  type StublabError,
  SyscallError,
  UnsupportedError,
} from "../../errors.ts";
import { PAGE_SIZE } from "../../stub/amd64.ts";
import type { Stub } from "../../stub/stub.ts";
import type { Thread } from "../../stub/thread.ts";
import { Tracer } from "../../stub/tracer.ts";
import { awaitProcess } from "../kernel_view.ts";
import { codeBytes, type Listing } from "../listing.ts";
import { dumpNoCore } from "../precautions.ts";
import { type Recorder, tellRegisters } from "../recorder.ts";
import { addStubCode } from "../stub_code.ts";
import { Tracee } from "../tracee.ts";
import { confine } from "./confine.ts";
import { Player } from "./player.ts";
import { type Run, tellRun, whyHarmful } from "./run.ts";
import { Watched } from "./watched.ts";

/** How long a call of an answer may take, in milliseconds. */
const DEADLINE = 1500;

/** The address of an answer's code in the stubs that execute it. */
export const CODE_ADDRESS = 0x20_0000n;

/** How a stub of an answer is made. */
export interface Cast {
  readonly lane: string;
  readonly role: string;
  /** The answer's code, which is mapped at CODE_ADDRESS. */
  readonly code?: Listing | undefined;
  /** Further preparation while all calls are still allowed. */
  readonly prepare?: ((stub: Stub) => void) | undefined;
}

/** Errors that are not the fault of an answer. */
const MACHINE = [UnsupportedError, ForkError, BirthError, AttachError] as const;

/** Where an answer is tried: a tracer, and a keeper that adopts orphans. Everything is recorded, and judged by facts. */
export class Stage {
  readonly recorder: Recorder;
  readonly tracer: Tracer;
  /** The parent of all stubs that execute an answer. It executes none itself. */
  readonly keeper: Stub;
  readonly checks: Check[] = [];
  /** What `close` ends. */
  readonly watched = new Watched();

  constructor(recorder: Recorder) {
    this.recorder = recorder;
    this.tracer = new Tracer({ encoder: recorder.encoder, deadline: DEADLINE });
    addStubCode(recorder, this.tracer);
    recorder.addLane("host", "the process that checks the answer; it is the tracer", process.pid);
    this.keeper = this.tracer.createStub();
    this.keeper.call("prctl", this.tracer.flag("PR_SET_CHILD_SUBREAPER"), 1, 0, 0, 0);
    dumpNoCore(this.keeper);
    this.keeper.scrub();
    recorder.observe(
      "The stubs are traced from birth, and single-stepped, so that an answer that does harm can be stopped. They have " +
        "limits, no open files, and a filter of system calls.",
    );
  }

  /** A stub at rest that the keeper has cloned, ready to execute an answer. */
  cast({ lane, role, code, prepare }: Cast): Player {
    const { recorder, keeper } = this;
    const stub = keeper.createStub();
    this.watched.add(stub.pid);
    try {
      if (code !== undefined) this.#map(stub, code);
      prepare?.(stub);
      confine(stub, [process.pid, keeper.pid]);
      traceChildren(stub.thread);
    } catch (cause) {
      if (!(cause instanceof SyscallError)) throw cause;
      throw new UnsupportedError(`answers cannot be tried here: ${cause.message}`, { cause });
    }
    recorder.addLane(lane, role, stub.pid);
    const tracee = new Tracee(recorder, lane, stub.thread);
    const registers = tellRegisters(tracee.registers());
    recorder.step({
      lane,
      kind: "note",
      title: `stub ${stub.pid} rests after its INT3`,
      why: "It has one page, that of the stub code, and whatever this task needs.",
      registers: { before: registers, after: registers },
      kernel: recorder.view(stub.pid),
    });
    if (code !== undefined && recorder.placeOf(CODE_ADDRESS) === undefined) {
      recorder.addCode(code, CODE_ADDRESS, new Map());
    }
    return new Player(this.watched, tracee, keeper.pid, true);
  }

  #map(stub: Stub, code: Listing): void {
    const { tracer } = this;
    const protection = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
    const flags =
      tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS") | tracer.flag("MAP_FIXED");
    stub.call("mmap", CODE_ADDRESS, PAGE_SIZE, protection, flags, -1, 0);
    stub.write(CODE_ADDRESS, codeBytes(code));
    const executable = tracer.flag("PROT_READ") | tracer.flag("PROT_EXEC");
    stub.call("mprotect", CODE_ADDRESS, PAGE_SIZE, executable);
  }

  /** A fact that decides. @param meaning of it if it does not hold */
  expect(fact: string, expected: string, seen: string, meaning: string): boolean {
    const made = check(fact, expected, seen, meaning);
    this.checks.push(made);
    this.recorder.check(fact, expected, seen);
    const held = made.status === "held";
    if (!held) {
      this.recorder.step({
        lane: "host",
        kind: "note",
        title: tellCheck(made),
        why: capitalized(meaning),
      });
    }
    return held;
  }

  /**
   * What has become of a stub, as a fact that decides.
   *
   * @param expected as `tellRun` says it
   * @param meaning of anything else that is not said by itself
   */
  expectRun(fact: string, expected: string, run: Run, meaning: string): boolean {
    return this.expect(fact, expected, tellRun(run), whyHarmful(run) ?? meaning);
  }

  /** What an answer did that its task did not foresee is a fact, too. @throws the error if it is the machine's */
  unforeseen(error: StublabError): void {
    if (MACHINE.some((type) => error instanceof type)) throw error;
    const [what = ""] = error.message.split("\n");
    const seen = what.replace(/^stub \d+ /, "the stub ");
    this.expect("the end of the check", "reached", seen, "the check has ended early");
  }

  /** Waits until a process is in a state. @throws DeadlineError */
  awaitState(pid: number, wanted: string): void {
    awaitProcess(pid, ({ state }) => state === wanted, this.tracer.deadline);
  }

  /** Whether a process that slept lives, after something that may have killed it. */
  survives(pid: number): boolean {
    const sigkill = this.tracer.encoder.signalSet(this.tracer.constant("SIGKILL"));
    let lives = false;
    awaitProcess(
      pid,
      ({ state, pending }) => {
        // SIGKILL wakes it up at once. The end of its tracer does, too, but then it sleeps or stops again.
        lives = "ST".includes(state) && (pending & sigkill) === 0n;
        return lives || state === "Z";
      },
      this.tracer.deadline,
    );
    return lives;
  }
}

/** A clause as a sentence. */
function capitalized(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}

/** The children of a stub are traced from birth. */
function traceChildren(thread: Thread): void {
  const { tracer } = thread;
  const options = ["PTRACE_O_TRACECLONE", "PTRACE_O_TRACEFORK", "PTRACE_O_TRACEVFORK"];
  const word = options.reduce((all, name) => all | tracer.constant(name), tracer.traceOptions);
  thread.ptrace("PTRACE_SETOPTIONS", word);
}
