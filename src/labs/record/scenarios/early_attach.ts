import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { takeInitialRegisters } from "../../../core/stub/attach.ts";
import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";
import { TEXTS } from "../texts/arch.ts";
import { attachEarly, giveWay } from "./race.ts";

const { AN_CALL, NUMBER, A_TRAP, CALL, MARK, PARENT, PC, RESULT, TRAP } = NAMES;

export const earlyAttach: Scenario = {
  title: "Attached too early: a stub at an arbitrary instruction",
  introduction: [
    "Why does a stub stop itself, and why does its parent wait for that before the tracer attaches? PTRACE_ATTACH " +
      "does not need it. It sends SIGSTOP, and stops any thread at any instruction.",
    '"Any instruction" is the problem. All later injections begin with the registers that the tracer finds at the ' +
      `attach: ${PC} must be right after the one ${CALL} that ${A_TRAP} follows, ${MARK} must be 0, and the death signal must ` +
      "have been requested. All of that is true only at the self-stop.",
    "Two stubs are cloned, and the host attaches to each before its self-stop. With the first the host mistakes the stop for " +
      "the self-stop. With the second it only observes what follows.",
  ],

  play(scene) {
    scene.recorder.observe(
      "An attach at an arbitrary time finds a stub at an arbitrary instruction. To make it the same instruction in " +
        "every recording, the host steps the stub there, detaches, and attaches again at once. The stub shares the host's " +
        "processor, and yields to it (SCHED_BATCH). If a stub executed more instructions nevertheless, it was replaced by " +
        "another. Two calls of the master are not recorded: sched_setscheduler before step 2, and a wait4 for its dead child. The " +
        "step after each shows the registers that it changed.",
    );
    const master = scene.rest("master", "the first stub");
    giveWay(master);
    mistake(scene, master);
    observe(scene, master);
    const rest = hex(scene.tracer.restAddress);
    scene.check("the master rests, and can clone again", rest, hex(master.rip));
  },
};

/** A stub that has executed its prctl, and nothing after it. */
function birth(scene: Scene, master: Actor, lane: string, role: string): Actor {
  const child = scene.clone(master, {
    lane,
    role,
    why: `The frame of a clone, with ${PARENT} and ${MARK} for the child (lesson "grandchild").`,
    answer: `${RESULT} is the pid of the child. Nothing says how far the child has run.`,
    born: `${MARK} is 1: it marks a newly cloned child, and decides its path.`,
  });
  child.stepThroughCall("prctl");
  return child;
}

/** The host mistakes the stop for the self-stop. */
function mistake(scene: Scene, master: Actor): void {
  const role = "a stub that is mistaken for one at its self-stop";
  const stub = attachEarly(scene, () => birth(scene, master, "mistaken", role));
  stub.takeInitialRegisters(
    `The host takes these as the initial registers, and moves ${PC} back by ${HOST_MACHINE.syscallLength}. ${AN_CALL} is there: the one of the ` +
      `prctl, which no ${TRAP} follows.`,
  );
  stub.setRegisters(stub.frame("getpid"), "getpid is injected, the most harmless call.");
  scene.ask({
    text: `The stub is resumed at the ${CALL} of its prctl, with the number of getpid in ${NUMBER}. What happens to the stub?`,
    right: {
      "It exits":
        `The call is executed, and ${RESULT} is the pid. But the instructions after this ${CALL} test the result of a prctl: ` +
        "anything but 0 is an error. The stub code works as written.",
    },
    wrong: {
      [`It stops at ${A_TRAP}`]: `Every ${CALL} executes the call. But only one of them is followed by ${A_TRAP}.`,
      "It gets a SIGSEGV":
        "All instructions that follow are valid, and touch no memory. They do what they are for, with a wrong number.",
    },
  });
  stub.step({ why: "The call is executed. It shows no mistake yet." });
  const expected = `exited with status ${-stub.pid & 0xff}`;
  const how = stub.stepToEnd(() =>
    stub.isBeforeCall("exit")
      ? "The stub exits. The status is the lowest byte of that number."
      : TEXTS.MISTAKEN[stub.instruction ?? ""],
  );
  scene.check("mistaken for the self-stop: the stub", expected, how);
}

/** What the host sees of another such stub if it does nothing but resume it. */
function observe(scene: Scene, master: Actor): void {
  const stub = attachEarly(scene, () => {
    const role = "a stub that the host only resumes";
    const child = scene.recorder.fold(() => birth(scene, master, "watched", role));
    child.look("another stub, right after its prctl", "Up to here its steps were the same.");
    return child;
  });
  const first = originOfStop(
    stub,
    "Who sent it? The siginfo shows it, the status word does not: si_code is SI_KERNEL, and si_pid is 0. The kernel " +
      "sent it, because of PTRACE_ATTACH.",
  );
  stub.resume("The host resumes the stub, without the signal.");
  scene.ask({
    text: "The stub continues through the rest of the stub code. What does wait4 report to the host next?",
    right: {
      "SIGSTOP, again":
        "This one is the stub's own: kill(getpid(), SIGSTOP). The first was the tracer's. After an early attach, wait4 " +
        "does not tell the host which of the two it reports.",
    },
    wrong: {
      [`SIGTRAP, at the ${TRAP}`]: `The stub code has its kill before the ${TRAP}. That the tracer has stopped the stub once does not change the code.`,
      Nothing: "A traced thread is resumed by its tracer. No SIGCONT is needed for that.",
    },
  });
  stub.awaitStop({
    stop: `The stub has reached its self-stop. ${PC} is after the right ${CALL}, and ${MARK} is 0.`,
    wait: "The same status as before, 0x137f, bit for bit.",
  });
  const second = originOfStop(
    stub,
    `si_code is SI_USER, and si_pid ${stub.pid}: the stub itself. Only this distinguishes the two.`,
  );
  takeInitialRegisters(stub.thread);
  stub.resume(
    "The host resumes the stub, again without the signal, as it does with the SIGSTOP of every attach.",
  );
  scene.ask({
    text:
      "The stub has sent itself SIGSTOP, and its tracer has resumed it without the signal. Does it stop now, as it " +
      "should?",
    right: {
      [`No, and it never will: it continues to its ${TRAP}`]:
        "The tracer decides whether a signal is delivered to a traced thread, SIGSTOP included (SIGKILL is the " +
        "exception). This one was suppressed. So the stop that the parent waits for has not happened.",
    },
    wrong: {
      "Yes: SIGSTOP cannot be ignored":
        "Not by the process. But the tracer may suppress any signal other than SIGKILL.",
      "No, but it will once it is detached":
        "The signal is gone. It was dequeued when it stopped the thread for its tracer.",
    },
  });
  stub.awaitStop({
    stop: `It rests at its ${TRAP}, as every stub does in the end.`,
    wait: "The host has a usable stub after all.",
  });
  const options = Number(scene.tracer.waitSelfStop) | scene.tracer.constant("WNOHANG");
  const told = master.callBriefly(
    "wait4",
    [stub.pid, 0, options, 0],
    "In a birth the parent waits for the self-stop, by an injected wait4. Here with WNOHANG, so that it returns: 0, " +
      "nothing to report. The kernel reports to a parent only a stop that takes effect. The tracer has suppressed the SIGSTOP, so for " +
      "the parent nothing has happened. Without WNOHANG the master would wait forever, and could not clone another stub.",
  );
  scene.check("the first SIGSTOP: si_code, from the kernel", "SI_KERNEL", first);
  scene.check("the second SIGSTOP: si_code, from a process", "SI_USER", second);
  scene.check("what the parent's wait4 reports of both", "0", `${told}`);
}

/** The si_code of the SIGSTOP that stopped a stub. */
function originOfStop(stub: Actor, why: string): string {
  const { code } = stub.signalInfo();
  stub.getSignalInfo(why);
  if (code === stub.stub.tracer.constant("SI_KERNEL")) return "SI_KERNEL";
  return code === 0 ? "SI_USER" : `${code}`;
}
