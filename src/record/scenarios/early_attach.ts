import { hex, StateError } from "../../errors.ts";
import { PAGE_SIZE } from "../../stub/amd64.ts";
import { takeInitialRegisters } from "../../stub/attach.ts";
import type { Actor } from "../actor.ts";
import { tellRequest } from "../requests.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";

export const earlyAttach: Scenario = {
  title: "Attached too early: a stub at an arbitrary instruction",
  introduction: [
    "Why does a stub stop itself, and why does its parent wait for that before the tracer attaches? PTRACE_ATTACH " +
      "does not need it. It sends SIGSTOP, and stops any thread at any instruction.",
    '"Any instruction" is the problem. All later injections begin with the registers that the tracer finds at the ' +
      "attach: RIP must be right after the one SYSCALL that an INT3 follows, RBX must be 0, and the death signal must " +
      "have been requested. All of that is true only at the self-stop.",
    "Two stubs are cloned, and the host attaches to each before its self-stop. With the first the host mistakes the stop for " +
      "the self-stop. With the second it only observes what follows.",
  ],

  play(scene) {
    scene.recorder.observe(
      "An attach at an arbitrary time finds a stub at an arbitrary instruction. To make it the same instruction in " +
        "every recording, the observer steps the stub there, lets it run, and the host attaches at once. The stub shares " +
        "the host's processor, and yields to it (SCHED_BATCH). If the stub had run on nevertheless, another one was " +
        "used. Two calls of the master are not recorded: sched_setscheduler before step 2, and a wait4 for its dead child. The next " +
        "step shows the registers that they changed.",
    );
    const master = scene.rest("master", "the first stub");
    giveWay(master);
    const how = mistake(scene, master);
    const { first, second, told } = lookOn(scene, master);
    scene.check(
      "mistaken for the self-stop: the stub",
      `exited with status ${how.expected}`,
      how.seen,
    );
    scene.check("the first SIGSTOP: si_code, from the kernel", "SI_KERNEL", first);
    scene.check("the second SIGSTOP: si_code, from a process", "SI_USER", second);
    scene.check("what the parent's wait4 reports of both", "nothing", told);
    scene.check("the master rests, and can clone again", hex(scene.tracer.restAddress), master.rip);
  },
};

/** <linux/sched.h>: a process with this policy does not preempt another when it wakes. */
const SCHED_BATCH = 3;

/** Makes the host win the race: what the stub clones also yields to it. */
function giveWay({ stub }: Actor): void {
  // The stub's page ends in zeros: a priority of 0. If the call is refused, it takes more tries.
  stub.inject("sched_setscheduler", 0, SCHED_BATCH, stub.tracer.stubAddress + PAGE_SIZE - 8);
}

/** How often a stub that has run too far is replaced. */
const MOST_TRIES = 50;

/** Clones a stub, and attaches to it right after its prctl; it is stopped then. Only the successful try is recorded. */
function attachEarly(scene: Scene, master: Actor, lane: string, role: string): Actor {
  for (let i = 0; i < MOST_TRIES; i++) {
    const stub = scene.recorder.attempt(() => {
      const child = master.clone({
        lane,
        role,
        why: 'The frame of a clone, with R15 and RBX for the child (lesson "grandchild").',
        executed: "The child is created.",
        answer: "RAX is the pid of the child. Nothing says how far the child has run.",
        born: "RBX is 1: it marks a newly cloned child, and decides its path.",
      });
      while (!child.isBeforeCall("prctl")) child.step();
      child.step();
      const { rip } = child;
      letGoAndAttach(child);
      if (child.rip === rip) return child;
      child.stub.close();
      return undefined;
    });
    if (stub !== undefined) return stub;
  }
  throw new StateError(`no stub was attached in time, out of ${MOST_TRIES}`);
}

/** The observer detaches, and the host attaches: nothing is recorded between the two, because the stub runs. */
function letGoAndAttach({ tracee, stub: { thread } }: Actor): void {
  const { shim } = thread.tracer;
  const detach = thread.tracer.constant("PTRACE_DETACH");
  const attach = thread.tracer.constant("PTRACE_ATTACH");
  // Every microsecond counts: the stub needs only a few.
  shim.ptrace(detach, thread.tid, 0, 0);
  const result = shim.ptrace(attach, thread.tid, 0, 0);
  if (result < 0) {
    throw new StateError(`PTRACE_ATTACH failed with ${thread.tracer.errorName(-result)}`);
  }
  thread.state = "running";
  const stop = thread.wait();
  const tell = (request: string, why: string, observer: string | null = null) => {
    const call = tellRequest(request, thread.tid, 0, tracee.recorder.constants);
    return tracee.requested(call, why, { observer });
  };
  tell(
    "PTRACE_DETACH",
    "The observer detaches, without a signal: the stub runs.",
    "It has stepped the stub to this point. In a real birth the stub is not traced yet.",
  );
  const attached = tell(
    "PTRACE_ATTACH",
    "The host attaches at once. Neither it nor the parent has waited for the self-stop.",
  );
  const at = tracee.stopped(
    stop,
    `The stub is stopped by the SIGSTOP that PTRACE_ATTACH has sent, right after its prctl: ${hex(tracee.rip)}. It ` +
      "has not called getppid yet, and RBX is still 1.",
  );
  tracee.recorder.arrow("attach", attached, at, "PTRACE_ATTACH");
  tracee.waited(
    at,
    "The status says SIGSTOP: exactly what the host gets for a stub that has stopped itself.",
  );
}

/** Why the instructions after the wrong SYSCALL do what they do, by their texts. */
const AFTER_MISTAKE: Readonly<Record<string, string>> = {
  "test %rax, %rax": "This tests whether the prctl succeeded. But RAX is a pid.",
  "jnz fail": "It is not 0, so the code treats it as an errno: the jump goes to `fail`.",
  "neg %rax": "This makes a negative errno positive. It makes the pid negative.",
  "mov %eax, %edi": "The argument of exit: the negative pid.",
  syscall: "The call is executed. It shows no mistake yet.",
};

/** The host mistakes the stop for the self-stop. Returns how the stub should end, and how it does. */
function mistake(scene: Scene, master: Actor): { expected: string; seen: string } {
  const role = "a stub that is mistaken for one at its self-stop";
  const stub = attachEarly(scene, master, "mistaken", role);
  stub.setOptions("As after every attach.");
  stub.takeInitialRegisters(
    "The host takes these as the initial registers, and moves RIP back by 2. A SYSCALL is there: the one of the " +
      "prctl, which no INT3 follows.",
  );
  stub.write(stub.frame("getpid"), "getpid is injected, the most harmless call.");
  scene.ask({
    text: "The stub is resumed at the SYSCALL of its prctl, with the number of getpid in RAX. What becomes of the stub?",
    right: {
      "It exits":
        "The call is executed, and RAX is the pid. But the instructions after this SYSCALL test the result of a prctl: " +
        "anything but 0 is an error. The stub code works as written.",
    },
    wrong: {
      "It stops at an INT3":
        "Every SYSCALL executes the call. But only one of them is followed by an INT3.",
      "It gets a SIGSEGV":
        "All instructions that follow are valid, and touch no memory. They do what they are for, with a wrong number.",
    },
  });
  for (;;) {
    const why = stub.isBeforeCall("exit")
      ? "The stub exits. The status is the lowest byte of that number."
      : AFTER_MISTAKE[stub.instruction ?? ""];
    const outcome = stub.step({ why });
    if (outcome.kind === "ended") {
      stub.stub.forgetIfDead();
      return { expected: `${-stub.pid & 0xff}`, seen: outcome.how };
    }
    if (outcome.kind !== "executed") throw new StateError(`stub ${stub.pid} did not end`);
  }
}

/** What the host sees if it only observes. */
function lookOn(scene: Scene, master: Actor): Record<"first" | "second" | "told", string> {
  const stub = attachEarly(scene, master, "watched", "a stub that the host lets continue");
  stub.setOptions("As after every attach.");
  const first = originOfStop(stub);
  const early = askParent(master, stub);
  stub.resume("The host resumes the stub, without the signal.");
  scene.ask({
    text: "The stub continues through the rest of the stub code. What does wait4 report to the host next?",
    right: {
      "SIGSTOP, again":
        "This one is the stub's own: kill(getpid(), SIGSTOP). The first was the tracer's. After an early attach, wait4 " +
        "does not tell the host which of the two it reports.",
    },
    wrong: {
      "SIGTRAP, at the INT3":
        "The stub code has its kill before the INT3. That the tracer has stopped the stub once does not change the code.",
      Nothing: "A traced thread is resumed by its tracer. No SIGCONT is needed for that.",
    },
  });
  stub.stops({
    stop: "The stub has reached its self-stop. RIP is after the right SYSCALL, and RBX is 0.",
    wait: "The same status as before, 0x137f, bit for bit.",
  });
  const second = originOfStop(stub);
  takeInitialRegisters(stub.stub.thread);
  const late = askParent(master, stub);
  stub.resume(
    "The host resumes the stub, again without the signal, as it does with the SIGSTOP of every attach.",
  );
  scene.ask({
    text:
      "The stub has sent itself SIGSTOP, and its tracer has resumed it without the signal. Does it stop now, as it " +
      "should?",
    right: {
      "No: it continues to its INT3":
        "The tracer decides whether a signal is delivered to a traced thread, SIGSTOP included (SIGKILL is the " +
        "exception). This one was suppressed. So the stop that the parent waits for has not happened, and never will.",
    },
    wrong: {
      "Yes: SIGSTOP cannot be ignored":
        "Not by the process. But the tracer may suppress any signal other than SIGKILL.",
      "Yes, once it is detached":
        "The signal is gone. It was dequeued when it stopped the thread for its tracer.",
    },
  });
  stub.stops({
    stop: "It rests at its INT3, as every stub does in the end.",
    wait:
      "The host has a usable stub after all. If its parent had waited without WNOHANG, it would still be in its wait4, " +
      "and could not clone another stub.",
  });
  return { first, second, told: early === "0" && late === "0" ? "nothing" : `${early}, ${late}` };
}

/** The origin of the SIGSTOP that stopped a stub. */
function originOfStop({ tracee, pid: own, stub: { tracer } }: Actor): string {
  const { code, pid } = tracee.signalInfo();
  const kernel = code === tracer.constant("SI_KERNEL");
  const name = kernel ? "SI_KERNEL" : code === 0 ? "SI_USER" : `${code}`;
  tracee.getSignalInfo(
    kernel
      ? "Who sent it? The status word does not say, the siginfo does: si_code is SI_KERNEL, and si_pid is 0. The " +
          "kernel sent it, because of PTRACE_ATTACH."
      : `si_code is ${name}, and si_pid ${pid}: ${pid === own ? "the stub itself" : "another process"}. Only this ` +
          "distinguishes the two.",
  );
  return name;
}

/** What the parent would get: an injected wait4, as in a birth, but with WNOHANG. */
function askParent(parent: Actor, { pid, stub: { tracer } }: Actor): string {
  const options = Number(tracer.waitSelfStop) | tracer.constant("WNOHANG");
  const { value } = parent.call("wait4", [pid, 0, options, 0], {
    why:
      "In a birth it is the parent that waits for the self-stop: wait4(child, WUNTRACED), injected into the master. " +
      "Here with WNOHANG, so that it returns in any case.",
    answer:
      "RAX is 0: nothing to report. The child's stops are reported to its tracer now. A parent learns of a stop once " +
      "the signal has stopped the child, and the tracer holds the signal back.",
  });
  return `${value}`;
}
