import type { FunctionName } from "../../../core/encoder/abi.ts";
import { Tracer } from "../../../core/stub/tracer.ts";
import { blockJudges } from "./blocks.ts";
import { Clones, prepareClones } from "./children.ts";
import { cloneJudges } from "./clones.ts";
import { requireFilter, TRAP_VSYSCALLS } from "./filters.ts";
import { Frames } from "./frames.ts";
import type { Judge, JudgeTable } from "./judge.ts";
import { prepareAnswers, resultJudges } from "./results.ts";
import { Filtered, seccompJudge } from "./seccomp.ts";
import { prepareQueue, siginfoJudges } from "./siginfo.ts";
import { signalJudges } from "./signals.ts";
import { statusJudges } from "./statuses.ts";
import { Tracee, TraceeSlot } from "./tracee.ts";
import { vsyscallJudges } from "./vsyscalls.ts";
import { waitJudges } from "./waits.ts";

/** How long a stub may take to stop, in milliseconds. */
const DEADLINE = 2000;

/** The kernel as a judge: a judge for each function of this architecture, and the stubs that they use. */
export class Judges {
  readonly #tracer: Tracer;
  #table: JudgeTable = {};
  #stubs: { close(): void }[] = [];

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
      this.close();
      throw error;
    }
  }

  /** The judge of a function. @throws RangeError if it has none */
  of(name: FunctionName): Judge {
    const judge = this.#table[name];
    if (judge === undefined) throw new RangeError(`no judge for ${name}`);
    return judge;
  }

  /** Replaces all judges and their stubs: another process may have disturbed them. */
  renew(): void {
    for (const each of this.#stubs) each.close();
    const tracer = this.#tracer;
    const filtered = new Filtered(tracer);
    this.#stubs = [filtered];
    // A stub forked from the host: with CLONE_PARENT its children are the host's.
    const stubs = (prepare: (tracee: Tracee) => Tracee = (tracee) => tracee) => {
      const slot = new TraceeSlot(() => prepare(Tracee.prepare(tracer.createStub())));
      this.#stubs.push(slot);
      return slot;
    };
    const plain = stubs();
    plain.get();
    const frames = new Frames(plain);
    const trapping = stubs((tracee) => requireFilter(tracee, TRAP_VSYSCALLS));
    this.#table = {
      ...blockJudges(frames),
      ...vsyscallJudges(trapping, frames),
      ...cloneJudges(new Clones(stubs(prepareClones))),
      ...waitJudges(plain),
      ...statusJudges(tracer),
      ...resultJudges(stubs(prepareAnswers)),
      ...signalJudges(plain),
      ...siginfoJudges(stubs(prepareQueue)),
      encodeSeccomp: seccompJudge(filtered, (name) => tracer.host.flag(name)),
    };
  }

  /** Ends all stubs. Calling it again does nothing. */
  close(): void {
    for (const each of this.#stubs) each.close();
    this.#tracer.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
