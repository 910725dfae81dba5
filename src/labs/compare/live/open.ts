import type { FunctionName } from "../../../core/encoder/abi.ts";
import { Tracer } from "../../../core/stub/tracer.ts";
import { cloneJudges } from "./clone.ts";
import { clone3Judge } from "./clone3.ts";
import { Clones, prepareClones } from "./clones.ts";
import { Frames } from "./frame.ts";
import { frameJudges } from "./frames.ts";
import type { Judge } from "./judge.ts";
import { ownJudges, SITES } from "./own/arch.ts";
import { prepareAnswers, resultJudges } from "./results.ts";
import { Filtered, seccompJudge } from "./seccomp.ts";
import { prepareQueue, siginfoJudges } from "./siginfo.ts";
import { blockableJudge, signalSetJudge } from "./signals.ts";
import { statusJudges } from "./statuses.ts";
import { Tracee, TraceeSlot } from "./tracee.ts";
import { waitJudge } from "./waits.ts";

/** How long a stub may take to stop, in milliseconds. */
const DEADLINE = 2000;

/** A judge for each function of this architecture, and the stubs that they use. */
export class Judges {
  readonly #tracer: Tracer;
  #judges: ReadonlyMap<FunctionName, Judge> = new Map();
  #slots: readonly { close(): void }[] = [];

  /**
   * Opens the judges. This thread traces their stubs, with stublab's own encoder.
   *
   * @throws the errors of `Tracer` and `createStub`, e.g. if this machine does not allow tracing
   */
  constructor() {
    this.#tracer = new Tracer({ deadline: DEADLINE });
    try {
      this.renew();
    } catch (error) {
      this.#tracer.close();
      throw error;
    }
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
    for (const slot of this.#slots) slot.close();
    const { judges, slots } = makeJudges(this.#tracer);
    this.#judges = new Map(judges.map((judge) => [judge.name, judge]));
    this.#slots = slots;
  }

  /** Ends all stubs. Calling it again does nothing. */
  close(): void {
    for (const slot of this.#slots) slot.close();
    this.#tracer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

function makeJudges(tracer: Tracer): { judges: Judge[]; slots: { close(): void }[] } {
  const filtered = new Filtered(tracer, SITES);
  const slots: { close(): void }[] = [filtered];
  // A stub forked from the host: with CLONE_PARENT its children are the host's.
  const slot = (prepare: (tracee: Tracee) => Tracee = (tracee) => tracee) => {
    const made = new TraceeSlot(() => prepare(Tracee.prepare(tracer.createStub())));
    slots.push(made);
    return made;
  };
  const plain = slot();
  const frames = new Frames(plain);
  const clones = new Clones(tracer, slot(prepareClones));
  const judges = [
    ...frameJudges(frames),
    ...cloneJudges(clones),
    clone3Judge(clones),
    waitJudge(plain, slot()),
    ...statusJudges(tracer),
    ...resultJudges(slot(prepareAnswers), frames.registers),
    signalSetJudge(slot()),
    blockableJudge(plain),
    ...siginfoJudges(slot(prepareQueue)),
    seccompJudge(filtered, SITES, (name) => tracer.flag(name)),
    ...ownJudges(frames, slot),
  ];
  return { judges, slots };
}
