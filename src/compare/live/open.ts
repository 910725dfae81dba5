import type { FunctionName } from "../../encoder/abi.ts";
import { Tracer } from "../../stub/tracer.ts";
import { layoutOf } from "../function.ts";
import { CloneExitSignalJudge, CloneFlagsJudge, CloneJudge } from "./clone.ts";
import { Clone3Judge } from "./clone3.ts";
import { Clones, prepareClones } from "./clones.ts";
import { Frames } from "./frame.ts";
import { BootstrapJudge, SyscallJudge } from "./frames.ts";
import { Calls, DecodeJudge, EnterJudge, GuestResultJudge } from "./guests.ts";
import type { Judge } from "./judge.ts";
import { RestartJudge, RestartsJudge, RewindJudge } from "./restarts.ts";
import { Answers, ErrnoJudge, prepareAnswers, ResultJudge } from "./results.ts";
import { SeccompJudge } from "./seccomp.ts";
import { FormJudge, KernelForms, Queue, SiginfoJudge } from "./siginfo.ts";
import { BlockableJudge, SignalSetJudge } from "./signals.ts";
import { STATUS_READERS, StatusJudge, StopJudge } from "./status.ts";
import { Statuses } from "./statuses.ts";
import { Tracee, TraceeSlot } from "./tracee.ts";
import { prepareVsyscalls, VsyscallJudge } from "./vsyscall.ts";
import { WaitOptionsJudge } from "./waits.ts";

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

  get(name: FunctionName): Judge | undefined {
    return this.#judges.get(name);
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

/** The judge of a function. @throws RangeError if it has none */
export function judgeOf(judges: Judges, { name }: { readonly name: FunctionName }): Judge {
  const judge = judges.get(name);
  if (judge === undefined) throw new RangeError(`no judge for ${name}`);
  return judge;
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
  const { constants } = tracer.encoder;
  const layout = (name: FunctionName) => layoutOf(name, constants);
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
  const forms = new KernelForms(queue);
  const statuses = new Statuses(tracer);
  const calls = new Calls(frames);
  const seccomp = new SeccompJudge(layout("encodeSeccomp"), tracer);
  const judges: Judge[] = [
    new SyscallJudge(layout("encodeSyscall"), frames),
    new BootstrapJudge(layout("encodeBootstrap"), frames),
    new CloneJudge(layout("encodeClone"), clones),
    new CloneFlagsJudge(layout("cloneFlags"), clones),
    new CloneExitSignalJudge(layout("cloneExitSignal"), clones),
    new Clone3Judge(layout("encodeClone3"), clones),
    new WaitOptionsJudge(layout("encodeWaitOptions"), plain, slot()),
    ...STATUS_READERS.map((name) => new StatusJudge(name, layout(name), statuses)),
    new StopJudge(layout("encodeStop"), statuses),
    new ResultJudge(layout("syscallResult"), answers),
    new ErrnoJudge(layout("syscallErrno"), answers),
    new RestartsJudge(layout("restartsSyscall"), frames),
    new RewindJudge(layout("rewindSyscall"), frames),
    new RestartJudge(layout("restartSyscall"), frames),
    new SignalSetJudge(layout("signalSet"), slot()),
    new BlockableJudge(layout("blockableSignals"), plain),
    new FormJudge(layout("siginfoForm"), forms),
    new SiginfoJudge(layout("encodeSiginfo"), forms),
    seccomp,
    new EnterJudge(layout("enterGuest"), frames),
    new DecodeJudge(layout("decodeGuestSyscall"), calls),
    new GuestResultJudge(layout("encodeGuestResult"), calls),
    new VsyscallJudge(layout("rewindVsyscall"), slot(prepareVsyscalls), frames),
  ];
  return [judges, [answers, queue, seccomp, ...slots].map((each) => () => each.close())];
}
