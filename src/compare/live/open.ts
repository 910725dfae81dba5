import type { FunctionName } from "../../encoder/abi.ts";
import { Tracer } from "../../stub/tracer.ts";
import { cloneJudges } from "./clone.ts";
import { clone3Judge } from "./clone3.ts";
import { Clones, prepareClones } from "./clones.ts";
import { Frames } from "./frame.ts";
import { frameJudges } from "./frames.ts";
import { guestJudges } from "./guests.ts";
import type { Judge } from "./judge.ts";
import { Answers, prepareAnswers, resultJudges } from "./results.ts";
import { Filtered, seccompJudge } from "./seccomp.ts";
import { Queue, siginfoJudges } from "./siginfo.ts";
import { blockableJudge, signalSetJudge } from "./signals.ts";
import { Statuses, statusJudges } from "./statuses.ts";
import { Tracee, TraceeSlot } from "./tracee.ts";
import { prepareVsyscalls, vsyscallJudge } from "./vsyscall.ts";
import { waitJudge } from "./waits.ts";

/** How long a stub may take to stop, in milliseconds. */
const DEADLINE = 2000;

/** A judge for each function of amd64, and the stubs that they use. */
export class Judges {
  readonly #tracer: Tracer;
  #judges: ReadonlyMap<FunctionName, Judge> = new Map();
  #closers: readonly (() => void)[] = [];

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
    this.renew();
  }

  /** The judge of a function. @throws RangeError if it has none */
  of(name: FunctionName): Judge {
    const judge = this.#judges.get(name);
    if (judge === undefined) throw new RangeError(`no judge for ${name}`);
    return judge;
  }

  get names(): FunctionName[] {
    return [...this.#judges.keys()];
  }

  /** Replaces all judges and their stubs: another process may have disturbed them. */
  renew(): void {
    for (const close of this.#closers) close();
    const [judges, closers] = makeJudges(this.#tracer);
    this.#judges = new Map(judges.map((judge) => [judge.name, judge]));
    this.#closers = closers;
  }

  /** Ends all stubs. Calling it again does nothing. */
  close(): void {
    for (const close of this.#closers) close();
    this.#tracer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Opens the judges. This thread traces their stubs, with stublab's own encoder.
 *
 * @throws the errors of `Tracer` and `createStub`, e.g. if this machine does not allow tracing
 */
export function openJudges(): Judges {
  const tracer = new Tracer({ deadline: DEADLINE });
  try {
    return new Judges(tracer);
  } catch (error) {
    tracer.close();
    throw error;
  }
}

function makeJudges(tracer: Tracer): [Judge[], (() => void)[]] {
  const slots: TraceeSlot[] = [];
  // A stub forked from the host: with CLONE_PARENT its children are the host's.
  const slot = (prepare: (tracee: Tracee) => Tracee = (tracee) => tracee) => {
    const made = new TraceeSlot(() => prepare(Tracee.prepare(tracer.createStub())));
    slots.push(made);
    return made;
  };
  const plain = slot();
  const frames = new Frames(plain);
  const clones = new Clones(tracer, slot(prepareClones));
  const answers = new Answers(slot(prepareAnswers), frames.registers);
  const queue = new Queue(slot());
  const filtered = new Filtered(tracer);
  const judges: Judge[] = [
    ...frameJudges(frames),
    ...cloneJudges(clones),
    clone3Judge(clones),
    waitJudge(plain, slot()),
    ...statusJudges(new Statuses(tracer)),
    ...resultJudges(answers),
    signalSetJudge(slot()),
    blockableJudge(plain),
    ...siginfoJudges(queue),
    seccompJudge(filtered, (name) => tracer.flag(name)),
    ...guestJudges(frames),
    vsyscallJudge(slot(prepareVsyscalls), frames),
  ];
  return [judges, [answers, queue, filtered, ...slots].map((each) => () => each.close())];
}
