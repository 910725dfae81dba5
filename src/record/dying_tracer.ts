import { DeathError, StateError } from "../errors.ts";
import { INSTRUCTION_POINTER, PAGE_SIZE } from "../stub/amd64.ts";
import type { ProcessFacts } from "../stub/proc.ts";
import type { Stub } from "../stub/stub.ts";
import { Tracer } from "../stub/tracer.ts";
import { ActingStub, type Subject } from "./acting_stub.ts";
import { callTitle, returned, tellCall } from "./calls.ts";
import { makeKeeper } from "./keeper.ts";
import { awaitProcess } from "./kernel_view.ts";
import { codeBytes, loadListing } from "./listing.ts";
import { LIFE, limitLife } from "./precautions.ts";
import type { Recorder } from "./recorder.ts";
import { step } from "./stepping.ts";
import { addStubCode, reasonsByLabel } from "./stub_code.ts";
import { Tracee } from "./tracee.ts";

/** Where the guest's code lies. */
const CODE = 0x10000n;

/** Why each instruction of the guest is there. */
const REASONS = {
  loop_begin: [
    "The guest counts. It is a program in an endless loop, as there are many.",
    "It makes no system call and no fault. Nothing but a signal will ever stop it.",
  ],
};

/** The lanes of those that are traced. */
export type Traced = "guest" | "idle";

/** The processes of the lessons in which a tracer dies, from their births to their ends. */
export class DyingTracer implements Disposable {
  readonly recorder: Recorder;
  /** The host's: everything begins with it. */
  readonly tracer: Tracer;
  readonly keeper: ActingStub;
  readonly acting: ActingStub;
  /** Stubs that get no signal when their parent dies: a guest loops in one, the other rests at its INT3. */
  readonly guest: Stub;
  readonly idle: Stub;
  #sent: { readonly step: number; readonly signal: string } | undefined;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
    this.tracer = new Tracer({ encoder: recorder.encoder });
    try {
      addStubCode(recorder, this.tracer);
      const role = "the Node.js process, which sets all this up and watches";
      recorder.addLane("host", role, process.pid);
      this.keeper = makeKeeper(recorder, this.tracer);
      this.acting = new ActingStub(recorder, "tracer", this.keeper.stub.createStub());
      this.guest = this.acting.stub.createStub();
      this.idle = this.acting.stub.createStub();
      for (const stub of [this.guest, this.idle]) limitLife(stub);
    } catch (error) {
      this.tracer.close();
      throw error;
    }
    recorder.addLane("tracer", "a stub that traces the others", this.acting.stub.pid);
    recorder.addLane("guest", "a stub in which a guest loops", this.guest.pid);
    recorder.addLane("idle", "a stub at its INT3", this.idle.pid);
    recorder.observe(
      "The tracer is a stub itself here, and makes its ptrace requests because the host injects them. A tracer is " +
        "whatever has attached: so this one can be killed, and the host is left to tell. In stublab the host is " +
        "the tracer.",
    );
    recorder.observe(
      `The kernel kills guest and idle stub after ${LIFE.seconds} s, or ${LIFE.processorSeconds} s of processor time, and they dump no ` +
        "core: if somebody kills the recorder in the middle of this lesson, nothing is left of it.",
    );
  }

  /** Puts the guest into its stub, gives both stubs to the acting tracer, and lets the guest run. */
  handOver(options: readonly string[], why: string): void {
    const { acting, guest, idle } = this;
    this.#loadGuest();
    this.#clearDeathSignal("guest", GUEST_CLEARED);
    this.#clearDeathSignal("idle", "The same in another stub, which will just rest at its INT3.");
    const tracee = this.#enterGuest();
    step(tracee);
    step(tracee);
    acting.takeOver(guest);
    this.note("guest", `process ${acting.stub.pid} is its tracer`, TAKEN_OVER);
    acting.takeOver(idle);
    this.note("idle", `process ${acting.stub.pid} is its tracer`, TAKEN_OVER);
    const data = options.reduce((word, name) => word | this.tracer.constant(name), 0);
    acting.request("PTRACE_SETOPTIONS", this.subject("guest"), why, data);
    acting.request("PTRACE_SETOPTIONS", this.subject("idle"), "The same for the other.", data);
    acting.request("PTRACE_CONT", this.subject("guest"), LET_RUN);
    this.await("guest", ({ state }) => state === "R");
    this.note("guest", "it runs", "Its state is R: it has a processor, or waits for one.");
  }

  /** Kills the tracer, and waits for its end. */
  killTracer(): void {
    const { recorder, tracer, acting } = this;
    const { thread, pid } = acting.stub;
    const kill = recorder.step({
      lane: "host",
      about: "tracer",
      kind: "signal",
      title: `kill(${pid}, SIGKILL)`,
      why:
        "The tracer is killed: as by `kill -9`, or by the kernel for want of memory. It executes no instruction " +
        "any more, and can tidy up nothing.",
    });
    const tracee = new Tracee(recorder, "tracer", thread);
    tracer.shim.tgkill(pid, pid, tracer.constant("SIGKILL"));
    const how = endOf(acting.stub);
    const end = tracee.ended(
      how,
      "The kernel takes the process apart. On the way it lets go of all whom that one has traced, and looks at the " +
        "options of each. And its children get another parent.",
    );
    recorder.arrow("signal", kill, end, "SIGKILL");
    tracee.waited(
      end,
      "The host hears of the tracer's end. By then the kernel is done with all that.",
    );
    acting.stub.forgetIfDead();
    recorder.check("the tracer's end", "killed by SIGKILL", how);
  }

  /** Waits until something is true of a stub. @throws DeadlineError */
  await(lane: Traced, holds: (facts: ProcessFacts) => boolean): void {
    awaitProcess(this[lane].pid, holds, this.tracer.deadline);
  }

  /** What a stub is doing now. */
  note(lane: Traced, title: string, why: string): number {
    const kernel = this.recorder.view(this[lane].pid);
    return this.#arrive(this.recorder.step({ lane, kind: "note", title, why, kernel }));
  }

  /** Sends a signal to a stub that nobody traces: the next step of its lane is what comes of it. */
  send(lane: Traced, signal: string, why: string): void {
    const { pid } = this[lane];
    const title = `kill(${pid}, ${signal})`;
    const step = this.recorder.step({ lane: "host", about: lane, kind: "signal", title, why });
    this.#sent = { step, signal };
    this.tracer.shim.tgkill(pid, pid, this.tracer.constant(signal));
  }

  /** The end of a stub that nobody traces, its parent being the keeper; answers how it ended. */
  end(lane: Traced, why: string): string {
    const { recorder, keeper } = this;
    const stub = this[lane];
    this.await(lane, ({ state }) => state === "Z");
    const kernel = recorder.view(stub.pid);
    const how = keeper.wait(this.subject(lane), {
      why: "The keeper, its parent now, reaps it.",
      of: (title) => this.#arrive(recorder.step({ lane, kind: "exit", title, why, kernel })),
    });
    this.#forget(stub);
    return how.replace(" (core dumped)", "");
  }

  subject(lane: Traced): Subject {
    return { lane, pid: this[lane].pid };
  }

  /** Leaves nothing behind, whatever has happened. */
  [Symbol.dispose](): void {
    const { tracer, acting, keeper } = this;
    for (const stub of [this.guest, this.idle]) {
      if (!stub.alive || stub.thread.state !== "untraced") continue;
      tracer.shim.tgkill(stub.pid, stub.pid, tracer.constant("SIGKILL"));
      const parent = acting.stub.alive ? acting.stub : keeper.stub;
      parent.inject("wait4", stub.pid, 0, tracer.flag("__WALL"), 0);
      this.#forget(stub);
    }
    tracer.close();
  }

  #forget(stub: Stub): void {
    stub.thread.forget();
    stub.forgetIfDead();
  }

  /** The arrow of a signal that was sent to the lane of this step. */
  #arrive(step: number): number {
    const sent = this.#sent;
    if (sent !== undefined) this.recorder.arrow("signal", sent.step, step, sent.signal);
    this.#sent = undefined;
    return step;
  }

  #loadGuest(): void {
    const { recorder, guest, tracer } = this;
    const listing = loadListing("loop");
    recorder.addCode(listing, CODE, reasonsByLabel(listing, REASONS));
    guest.scrub();
    const word = (...names: string[]) => names.reduce((all, name) => all | tracer.flag(name), 0n);
    const protection = word("PROT_READ", "PROT_WRITE", "PROT_EXEC");
    const flags = word("MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED");
    guest.call("mmap", CODE, PAGE_SIZE, protection, flags, -1, 0);
    guest.write(CODE, codeBytes(listing));
  }

  #clearDeathSignal(lane: Traced, why: string): void {
    const { recorder, tracer } = this;
    const teller = { constants: recorder.constants, read: () => undefined };
    const option = tracer.flag("PR_SET_PDEATHSIG");
    const words = tellCall(tracer.flag("SYS_prctl"), [option, 0n], teller);
    const call = returned(words, this[lane].call("prctl", option, 0), teller);
    recorder.step({
      lane,
      kind: "syscall",
      title: callTitle(call),
      why,
      call,
      kernel: recorder.view(this[lane].pid),
      observer: "The call is injected by the host. The steps of that are left out.",
    });
  }

  /** Puts the guest's first instruction into RIP. */
  #enterGuest(): Tracee {
    const { thread } = this.guest;
    const tracee = new Tracee(this.recorder, "guest", thread);
    const { frame } = this.tracer;
    frame.copyFrom(thread.initial);
    frame.set(INSTRUCTION_POINTER, CODE);
    tracee.setRegisters(
      frame,
      "The guest's registers: RIP is at the loop, and RAX is 0. For the moment the host traces it.",
    );
    return tracee;
  }
}

const GUEST_CLEARED =
  "The signal that it would get at its parent's end is taken away. The kernel does the same when a process changes " +
  "its user or its capabilities, so this guard can be lost without anybody meaning to.";
const TAKEN_OVER =
  "The host has let it go, and the tracer, which is its parent, has attached to it.";
const LET_RUN =
  "The guest is let run. Its tracer waits now for the next stop, which will never come. (A platform uses " +
  "PTRACE_SYSEMU here. For a guest that makes no system call that is the same.)";

/** Waits for the end of a stub that the host traces. */
function endOf({ thread }: Stub): string {
  try {
    thread.wait();
  } catch (error) {
    if (error instanceof DeathError) return error.how;
    throw error;
  }
  throw new StateError(`stub ${thread.tid} was killed, and stopped`);
}
