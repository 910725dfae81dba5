import { InputError } from "../errors.ts";
import { list, members, type Shape, show, text } from "../shape.ts";
import { type ProcessFacts, readProcess } from "../stub/proc.ts";
import type { Stub } from "../stub/stub.ts";
import type { SyscallArgument, SyscallResult } from "../stub/thread.ts";
import { Tracer } from "../stub/tracer.ts";
import { attachWatched, awaitSelfStop } from "./birth.ts";
import type { WatchedStub } from "./fork.ts";
import { injectWatched } from "./injection.ts";
import type { Recorder } from "./recorder.ts";
import type { Question } from "./recording.ts";
import { restingStub } from "./resting.ts";
import type { Scenario } from "./scenario.ts";
import { addStubCode } from "./stub_code.ts";
import type { Tracee } from "./tracee.ts";
import { forkUnseen, type UnseenOptions } from "./unseen.ts";

/** A lesson of your own: what happens to real processes, and what is said about it. */
export interface Lesson {
  /** A word of letters, digits and hyphens: the `scenario` of the recording. */
  readonly name: string;
  readonly title: string;
  /** Paragraphs that a reader needs before the first step. */
  readonly introduction: readonly string[];
  /** Makes it happen, with the verbs of the scene. What it throws rejects the recording. */
  play(scene: Scene): void | Promise<void>;
}

/** A value as a lesson. @throws InputError */
export const lessonShape: Shape<Lesson> = (value, place) => {
  const read = members(value, place);
  const name = read("name", text);
  if (!/^[\w-]{1,40}$/.test(name)) {
    throw new InputError(`${place}.name: expected letters, digits and hyphens, got ${show(name)}`);
  }
  const title = read("title", text);
  const introduction = read("introduction", list(text, 1000));
  const play = read("play", playShape);
  return { name, title, introduction, play: (scene) => play.call(value, scene) };
};

const playShape: Shape<Lesson["play"]> = (value, place) => {
  if (isFunction(value)) return value;
  throw new InputError(`${place}: expected a function, got ${show(value)}`);
};

function isFunction(value: unknown): value is Lesson["play"] {
  return typeof value === "function";
}

/** The scenario that a lesson is. */
export function scenarioOf(lesson: Lesson, signal: AbortSignal | undefined): Scenario {
  return {
    title: lesson.title,
    introduction: lesson.introduction,
    async record(recorder) {
      using scene = new Scene(recorder, signal);
      await lesson.play(scene);
    },
  };
}

/** How a call is told: why the registers are written as they are, and what they hold afterwards. */
export interface CallTelling {
  readonly why: string;
  readonly answer: string;
  /** Why a signal stops the stub before the call is over, if one does. */
  readonly stop?: string;
  /** Whether each instruction is a step; otherwise the stub runs to its INT3. */
  readonly stepped?: boolean;
  /** Called once the registers are written, before the stub is resumed: to ask a question, for instance. */
  readonly before?: () => void;
}

/**
 * The stage of a lesson: a tracer, whose lane is "host", and the stubs in their lanes. All that its verbs do is recorded.
 * `recorder` has the verbs that need no process: `ask` a question before the step that answers it, `check` a fact,
 * `observe` what the observer changes.
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

  /** A stub that rests at its INT3, ready for calls; its birth is not recorded. @throws what creating a stub throws */
  rest(lane: string, role: string): Actor {
    return new Actor(restingStub(this.recorder, this.tracer, { lane, role }));
  }

  /**
   * A stub that has stopped itself and is not traced yet: `attach` is next.
   *
   * @param options the lane, what is said about the birth, and the steps of the set-up to omit
   * @throws what creating a stub throws
   */
  birth(options: UnseenOptions): Actor {
    const { stopped, ...stub } = forkUnseen(this.recorder, this.tracer, options);
    return new Actor(stub, stopped);
  }

  /** A note in a lane: something to read that is no event. Returns the index of the step. */
  say(title: string, why: string, lane = "host"): number {
    return this.recorder.step({ lane, kind: "note", title, why });
  }

  /** Asks what will happen. The next step answers it. */
  ask(question: Omit<Question, "step">): void {
    this.recorder.ask(question);
  }

  /** Compares what must be true with what is seen: a fact of the recording's end. */
  check(fact: string, expected: string, seen: string): void {
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
   * @param call by name or number
   * @returns its value, or its errno by name
   * @throws InputError, DeathError, DeadlineError, TraceError
   */
  call(call: string, args: readonly SyscallArgument[], telling: CallTelling): SyscallResult {
    const { why: frame, ...told } = telling;
    return injectWatched(this.tracee, { call, args, frame, ...told }).result;
  }

  /**
   * Sends the stub a signal.
   *
   * @param signal by name, such as "SIGCHLD"
   * @returns the index of the step
   * @throws InputError for an unknown name; StateError if the kernel refuses it
   */
  signal(signal: string, why: string): number {
    return this.tracee.signal(Number(this.stub.tracer.flag(signal)), why);
  }

  /** Records what /proc says about the stub, as a note, and returns it. @throws StateError if it is gone */
  look(title: string, why: string): ProcessFacts {
    const { recorder, lane } = this.tracee;
    const facts = readProcess(this.pid);
    recorder.step({ lane, kind: "note", title, why, kernel: recorder.view(this.pid) });
    return facts;
  }
}
