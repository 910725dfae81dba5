import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";
import { TEXTS } from "../texts/arch.ts";

const { A_TRAP, TRAP } = NAMES;
const { SLEEP } = TEXTS;

/** All signals except SIGKILL and SIGSTOP. */
const ALL = 0xffff_ffff_fffb_feffn;

/** How long the host waits for a stop that does not come, in milliseconds. */
const PATIENCE = 100;

export const blockedSignals: Scenario = {
  title: "Blocked signals: what a child inherits",
  introduction: [
    "The host blocks all signals while it clones a stub, so that no handler of Node.js runs in the child. The child is " +
      "born with everything blocked, too. The last step of its set-up unblocks all signals.",
    "Here that step is omitted. The birth succeeds: SIGSTOP cannot be blocked, so the stub stops itself, and " +
      "PTRACE_ATTACH works. Nothing fails yet.",
    "A signal is the only way to stop a thread that runs. gVisor interrupts a guest with SIGCHLD, which is harmless by " +
      "default but stops a traced thread.",
    "Two stubs are born, one with the mistake and one without. Both sleep in a system call, and both get that signal.",
  ],

  play(scene) {
    const stub = scene.birth({
      lane: "stub",
      role: "a stub that was never unmasked",
      omit: ["unmask"],
      why: "All signals are blocked in the host at this moment, and the child gets a copy of that mask.",
      stopped:
        "It has reached its self-stop. Blocked is 0xfffffffffffbfeff: 62 bits, all except SIGKILL (0x100) and SIGSTOP " +
        "(0x40000), which cannot be blocked.",
    });
    scene.check("the stub at its self-stop: signals blocked", hex(ALL), blockedBy(stub));
    stub.attach();
    const control = scene.birth({
      lane: "control",
      role: "a stub with the full set-up",
      why: "The same, but this child will unblock its signals.",
      stopped: "Blocked is 0: the set-up has unblocked everything.",
    });
    control.attach();
    control.callBriefly(
      "getpid",
      [],
      "A first call. At this first resume the SIGSTOP of the attach stops the stub, and is suppressed.",
    );
    lookAtTrap(scene, stub);
    interruptBoth(scene, stub, control);
    inherit(scene, stub);
    unblock(scene, stub);
    scene.check("the control: signals blocked", "0x0", blockedBy(control));
    scene.check("the stub is alive: getpid", `${stub.pid}`, `${stub.stub.call("getpid")}`);
  },
};

function blockedBy({ facts }: Actor): string {
  return hex(facts.blocked);
}

/** An INT3 with SIGTRAP blocked. */
function lookAtTrap(scene: Scene, stub: Actor): void {
  stub.call("getpid", [], {
    why:
      `A first injected call, getpid, in the stub with the blocked signals. It ends at ${A_TRAP}, which raises SIGTRAP, and ` +
      "SIGTRAP is blocked.",
    before: () =>
      scene.ask({
        text: `SIGTRAP is blocked. The stub reaches its ${TRAP}. What happens?`,
        right: {
          "The stub stops for its tracer, and SIGTRAP is no longer blocked":
            "A signal that an instruction raises cannot stay pending. The kernel forces it: it unblocks the signal first. (An " +
            "untraced process would then be killed by it, even if it had a handler.)",
        },
        wrong: {
          "The signal stays pending, and the stub runs on":
            "That is what happens to a blocked signal that a process has sent. This one comes from an instruction, and the " +
            "thread cannot continue as if that had worked.",
          "The kernel kills the stub":
            "It would be killed without a tracer. The tracer gets the signal first.",
        },
      }),
    answer:
      "The call was executed. Blocked has lost the bit 0x10, SIGTRAP: the kernel has unblocked it, and leaves it " +
      "unblocked. Signals that a process sends are not forced.",
  });
  const { encoder } = scene.tracer;
  const trap = encoder.signalSet(scene.tracer.constant("SIGTRAP"));
  scene.check(`after its ${TRAP}: signals blocked`, hex(ALL & ~trap), blockedBy(stub));
}

function interruptBoth(scene: Scene, stub: Actor, control: Actor): void {
  const { tracer } = scene;
  for (const each of [stub, control]) fallAsleep(each);
  for (const each of [control, stub]) {
    each.signal("SIGCHLD", "The host interrupts it, to regain the thread.");
  }
  scene.ask({
    text:
      `Both stubs sleep in ${SLEEP.told}, and both were sent SIGCHLD. The host waits for each to stop. What does wait4 ` +
      "report?",
    right: {
      "Only the control":
        "A signal stops a traced thread when it is dequeued, and a blocked signal is not dequeued. That SIGCHLD would be " +
        "ignored does not matter: for a traced thread the tracer decides that, so the signal is queued.",
    },
    wrong: {
      "Both: a traced thread stops at every signal":
        "It stops at every signal that is delivered to it. A blocked signal is not delivered.",
      "Neither: SIGCHLD is ignored by default":
        "The kernel discards an ignored signal, but not that of a traced thread: its tracer may want it.",
    },
  });
  control.awaitStop({
    stop: `The signal wakes it, and stops it for its tracer. ${SLEEP.interrupted}`,
    wait: "The interrupt worked: the host controls the thread again.",
  });
  const deaf = tracer.shim.wait(stub.pid, tracer.waitAll, PATIENCE * 1000, tracer.status) === 0;
  const { state, pending } = stub.look(
    `${PATIENCE} ms later ${stub.pid} still sleeps`,
    "State S, and SIGCHLD (0x10000) is pending. It does not wake, and wait4 reports nothing. A guest in a loop could " +
      "not be interrupted in this way.",
  );
  const bell = tracer.encoder.signalSet(tracer.constant("SIGCHLD"));
  scene.check("SIGCHLD stops the one with blocked signals", "no", deaf ? "no" : "yes");
  scene.check("its state 100 ms later", "S", state);
  scene.check("its pending signals", hex(bell), hex(pending));
  stub.signal(
    "SIGSTOP",
    "SIGSTOP cannot be blocked, so it still works. SIGKILL would end the stub.",
  );
  stub.awaitStop({
    stop: "This one is delivered. SIGCHLD is still pending.",
    wait: "The host controls the thread again.",
  });
}

/** Resumes a stub into pause(). */
function fallAsleep(stub: Actor): void {
  stub.setRegisters(
    stub.frame(SLEEP.call),
    `${SLEEP.told}: it sleeps until a signal is delivered. It stands for a guest that does not return.`,
  );
  stub.resume("The stub goes to sleep.");
  stub.until(({ state }) => state === "S");
}

/** A mask is inherited. */
function inherit(scene: Scene, stub: Actor): void {
  const before = blockedBy(stub);
  scene.ask({
    text: "The host makes the stub with the blocked signals clone another. Which signals are blocked in that one?",
    right: {
      "The same as in its parent":
        "A clone copies the mask, as it copies the registers. A grandchild has no set-up of its own that could correct " +
        "it: a mistake in the first stub is a mistake in all stubs.",
    },
    wrong: {
      "None: its mask is empty":
        "A mask survives fork, clone and even execve. A program that wants an empty one sets it.",
      "All signals":
        "The host blocks its own signals when it clones itself. This clone is made by the stub, whose mask has changed since.",
    },
  });
  const role = "a stub that the one with the blocked signals has cloned";
  const grandchild = scene
    .enlist("grandchild", role, stub.stub.createStub())
    .look(
      "a stub is born, with the same mask",
      'It was cloned by injection, which the lesson "grandchild" shows. Its mask is its parent\'s.',
    );
  scene.check("the grandchild: signals blocked", before, hex(grandchild.blocked));
}

/** The tracer can correct it. */
function unblock(scene: Scene, stub: Actor): void {
  stub.setSignalMask(
    0n,
    "A tracer may change the mask of a thread that is stopped. This corrects the mask from outside; the " +
      "rt_sigprocmask of the set-up is the better way.",
  );
  stub.resume(`The stub is resumed, out of its interrupted ${SLEEP.told}.`);
  scene.ask({
    text: "No signal is blocked any more, and none is sent. The stub is resumed. What stops it?",
    right: {
      SIGCHLD:
        "The signal was sent earlier, and has been pending since. Now it is delivered at once, before the stub executes " +
        "an instruction. (A signal that was sent to the thread is dequeued before the same signal sent to the process.)",
    },
    wrong: {
      Nothing:
        "It would, if nothing were pending. A blocked signal is not lost, and this one is not blocked any more.",
      [`The ${TRAP}`]: `Before the ${TRAP} the ${SLEEP.told} would have to return, and before that a signal is delivered.`,
    },
  });
  const { signal } = stub.awaitStop({
    stop:
      "The signal is delivered at last. Nothing is blocked. Another SIGCHLD is pending: the stub got it when its child, " +
      "the grandchild, stopped itself.",
    wait: "wait4 reports a signal that the host sent much earlier.",
  });
  scene.check("unblocked: what stops it", "SIGCHLD", scene.tracer.signalName(signal));
  scene.check("unblocked: signals blocked", "0x0", blockedBy(stub));
}
