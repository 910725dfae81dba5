import { parseSignal } from "../encoder/names.ts";
import { InputError } from "../errors.ts";
import {
  callback,
  checkOptions,
  count,
  list,
  type OptionShapes,
  oneOf,
  optional,
  text,
  truth,
  word,
} from "../shape.ts";
import { CHILD_STEPS } from "../shim/fork.ts";
import { type ProcessFacts, readProcess } from "../stub/proc.ts";
import type { Stub } from "../stub/stub.ts";
import type { SyscallArgument, SyscallResult } from "../stub/thread.ts";
import { Tracer } from "../stub/tracer.ts";
import { attachWatched, awaitSelfStop } from "./birth.ts";
import type { WatchedStub } from "./fork.ts";
import { injectWatched } from "./injection.ts";
import type { Recorder } from "./recorder.ts";
import type { NewQuestion } from "./recording.ts";
import { restingStub } from "./resting.ts";
import { addStubCode } from "./stub_code.ts";
import type { Tracee } from "./tracee.ts";
import { forkUnseen, type UnseenOptions } from "./unseen.ts";

/** The texts of a call: why the registers are written as they are, and what they hold afterwards. */
export interface CallTelling {
  readonly why: string;
  readonly answer: string;
  /** Why a signal stops the stub before the call is over, if one does. */
  readonly stop?: string | undefined;
  /** Whether each instruction is a step; otherwise the stub runs to its INT3. */
  readonly stepped?: boolean | undefined;
  /** Called once the registers are written, before the stub is resumed: to ask a question, for instance. */
  readonly before?: (() => void) | undefined;
}

const CALL_TELLING: OptionShapes<CallTelling> = {
  why: text,
  answer: text,
  stop: text,
  stepped: truth,
  before: callback,
};

const BIRTH: OptionShapes<UnseenOptions> = {
  lane: text,
  role: text,
  why: text,
  stopped: text,
  omit: list(oneOf(CHILD_STEPS), CHILD_STEPS.length),
};

const QUESTION: OptionShapes<NewQuestion> = {
  text,
  choices: list(text, 100),
  answer: count(99),
  because: text,
  replies: optional(list(text, 100)),
};

/** Checks an object that a verb gets: it has these members, and no unknown ones. @throws InputError */
function expectMembers<T extends object>(
  value: T,
  place: string,
  shapes: OptionShapes<T>,
  required: readonly (keyof T & string)[],
): void {
  checkOptions(value, place, shapes);
  for (const name of required) shapes[name](value[name], `${place}.${name}`);
}

/** The most arguments that a system call has. */
const MOST_ARGUMENTS = 6;

/**
 * The stage of a lesson: a tracer, whose lane is "host", and the stubs in their lanes. All that its verbs do is recorded.
 * A verb checks its arguments before it does anything, and throws an InputError that names the place. `recorder` has
 * everything else, such as `observe` for what the observer changes.
 *
 * A scene is closed when the lesson's `play` ends, however it ends, and its stubs with it.
 */
export class Scene {
  readonly recorder: Recorder;
  readonly tracer: Tracer;
  /** The signal that aborts the recording, for lessons that wait. */
  readonly signal: AbortSignal | undefined;

  constructor(recorder: Recorder, signal?: AbortSignal) {
    this.recorder = recorder;
    this.signal = signal;
    this.tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, this.tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
  }

  /**
   * A stub that rests at its INT3, ready for calls; its birth is not recorded.
   *
   * @param lane a new one
   * @throws InputError; what creating a stub throws
   */
  rest(lane: string, role: string): Actor {
    this.recorder.expectNewLane(text(lane, "lane"), "lane");
    text(role, "role");
    return new Actor(restingStub(this.recorder, this.tracer, { lane, role }));
  }

  /**
   * A stub that has stopped itself and is not traced yet: `attach` is next.
   *
   * @param options the lane, what is said about the birth, and the steps of the set-up to omit
   * @throws InputError; what creating a stub throws
   */
  birth(options: UnseenOptions): Actor {
    expectMembers(options, "options", BIRTH, ["lane", "role", "why", "stopped"]);
    this.recorder.expectNewLane(options.lane, "options.lane");
    const { stopped, ...stub } = forkUnseen(this.recorder, this.tracer, options);
    return new Actor(stub, stopped);
  }

  /** A note in a lane: something to read that is no event. Returns the index of the step. */
  say(title: string, why: string, lane = "host"): number {
    text(title, "title");
    text(why, "why");
    this.recorder.expectLane(text(lane, "lane"), "lane");
    return this.recorder.step({ lane, kind: "note", title, why });
  }

  /** Asks what will happen. The next step answers it. @throws InputError */
  ask(question: NewQuestion): void {
    expectMembers(question, "question", QUESTION, ["text", "choices", "answer", "because"]);
    const { choices } = question;
    if (choices.length === 0) throw new InputError("question.choices: expected at least one");
    count(choices.length - 1)(question.answer, "question.answer");
    this.recorder.ask(question);
  }

  /** Compares what must be true with what is seen: a fact of the recording's end. @throws InputError */
  check(fact: string, expected: string, seen: string): void {
    text(fact, "fact");
    text(expected, "expected");
    text(seen, "seen");
    this.recorder.check(fact, expected, seen);
  }

  close(): void {
    this.tracer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A stub in a scene. */
export class Actor {
  /** Its memory and registers. What is done to the stub directly is not recorded. */
  readonly stub: Stub;
  /** Single ptrace requests and stops, each recorded. */
  readonly tracee: Tracee;
  /** The step of its self-stop, if it is not attached yet. */
  readonly #selfStop: number | undefined;

  /** @internal */
  constructor({ stub, tracee }: WatchedStub, selfStop?: number) {
    this.stub = stub;
    this.tracee = tracee;
    this.#selfStop = selfStop;
  }

  get pid(): number {
    return this.stub.pid;
  }

  /** Waits for the self-stop, attaches, sets the options and takes the initial registers. @throws AttachError */
  attach(): void {
    if (this.#selfStop !== undefined) awaitSelfStop(this.tracee, this.#selfStop);
    attachWatched(this.tracee);
  }

  /**
   * Injects a system call.
   *
   * @param call by name or number, as for `Stub.inject`
   * @returns its value, or its errno by name
   * @throws InputError, DeathError, DeadlineError, TraceError
   */
  call(
    call: string | number | bigint,
    args: readonly SyscallArgument[],
    telling: CallTelling,
  ): SyscallResult {
    this.stub.tracer.syscallNumber(call);
    list(word, MOST_ARGUMENTS)(args, "args");
    expectMembers(telling, "telling", CALL_TELLING, ["why", "answer"]);
    const { why: frame, ...told } = telling;
    return injectWatched(this.tracee, { call, args, frame, ...told }).result;
  }

  /**
   * Sends the stub a signal.
   *
   * @param signal by name, such as "SIGCHLD"
   * @returns the index of the step
   * @throws InputError if there is no signal of that name; StateError if the kernel refuses it
   */
  signal(signal: string, why: string): number {
    const number = parseSignal(text(signal, "signal"), this.stub.tracer.encoder.constants);
    return this.tracee.signal(number, text(why, "why"));
  }

  /** Records what /proc says about the stub, as a note, and returns it. @throws InputError; StateError if it is gone */
  look(title: string, why: string): ProcessFacts {
    text(title, "title");
    text(why, "why");
    const { recorder, lane } = this.tracee;
    const facts = readProcess(this.pid);
    recorder.step({ lane, kind: "note", title, why, kernel: recorder.view(this.pid) });
    return facts;
  }
}
