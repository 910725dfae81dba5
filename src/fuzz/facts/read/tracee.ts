import { hasEnded } from "../../../stub/proc.ts";
import { OPTIONS } from "./numbers.ts";
import { PATIENCE, Task, WALL } from "./task.ts";

/** Where a tracee can be when a request is made. */
export type Where = "signal" | "entry" | "exit" | "sysemu" | "group" | "event";
export const WHERES: readonly Where[] = ["signal", "entry", "exit", "sysemu", "group", "event"];

const [SIGKILL, SIGCONT, SIGSTOP] = [9, 18, 19];
/** A call of getpid, with arguments. */
export const CALL = { rax: 39n, rdi: 11n, rsi: 12n, rdx: 13n, r10: 14n, r8: 15n, r9: 16n };
const USUAL = OPTIONS.TRACESYSGOOD | OPTIONS.TRACEEXIT;

/** The ways from an INT3 to where facts begin, and to the end. */
export class Tracee extends Task {
  /** Leads it from its stop by a signal to another one. */
  to(where: Where): this {
    this.expect(`the way to the stop "${where}"`, this.#go(where), STOPS[where]);
    return this;
  }

  #go(where: Where): string {
    switch (where) {
      case "signal":
        return "SIGTRAP";
      case "entry":
        return this.enter();
      case "exit":
        this.enter();
        return this.next("SYSCALL");
      case "sysemu":
        return this.go(CALL, "syscall", "SYSEMU");
      case "group":
        return this.signal(SIGSTOP).resume().next("CONT", SIGSTOP);
      case "event":
        return this.options(USUAL).signal(SIGKILL).wait();
    }
  }

  /** Makes a call, and returns the stop at its entry. */
  enter(): string {
    return this.go(CALL, "syscall", "SYSCALL");
  }

  /** Lets it run code that does not end. */
  spin(): this {
    return this.set({}, "spin").must("CONT");
  }

  /** Ends it without a wait for it: a zombie. */
  die(): this {
    this.to("event").must("CONT");
    const end = performance.now() + PATIENCE / 1000;
    while (!hasEnded(this.tid) && performance.now() < end);
    return this;
  }

  /** Detaches from it; it stops, or runs on. */
  detach(signal = SIGSTOP): this {
    return this.must("DETACH", signal);
  }

  /** Traces it by PTRACE_SEIZE, at the stop of the SIGSTOP with which it was detached. */
  seize(options: number = USUAL): this {
    this.detach().must("SEIZE", options);
    this.expect("SEIZE of a stopped task", this.wait(), "PTRACE_EVENT_STOP, SIGSTOP");
    return this;
  }

  /** Detaches from it, and lets it run code that does not end. */
  release(): this {
    // Its stop at birth is still in effect: without SIGCONT it would stop again.
    this.expect("CONT", this.set({}, "spin").signal(SIGCONT).next(), "SIGCONT");
    return this.detach(0);
  }

  /** Traces it by PTRACE_SEIZE while it runs. */
  seizeRunning(): this {
    return this.release().must("SEIZE", USUAL);
  }

  /** Kills a traced child that it has cloned, and reaps it, also for the tracee. */
  endChild(child: number): void {
    const { tracer } = this.stub;
    if (child <= 0) return;
    tracer.shim.tgkill(child, child, SIGKILL);
    this.drain(child);
    let stop = this.options(USUAL).next();
    while (stop === "SIGCHLD") stop = this.next();
    this.expect("CONT after a clone", stop, "SIGTRAP");
    this.stub.inject("wait4", child, 0, WALL, 0);
  }

  /** Kills and reaps it, wherever it is. */
  close(): void {
    this.signal(SIGKILL).drain(this.tid);
    this.stub.thread.forget();
    this.stub.forgetIfDead();
  }
}

const STOPS: Readonly<Record<Where, string>> = {
  ...{ signal: "SIGTRAP", entry: "system call", exit: "system call", sysemu: "system call" },
  ...{ group: "SIGSTOP", event: "PTRACE_EVENT_EXIT, SIGTRAP" },
};
