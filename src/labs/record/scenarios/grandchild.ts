import { hex } from "../../../lib/errors.ts";
import { HOST, NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import { TEXTS } from "../texts/arch.ts";

const { NUMBER, CALL, FIRST, MARK, PARENT, PC, RESULT, SP } = NAMES;

export const grandchild: Scenario = {
  title: "A grandchild: a stub clones a stub",
  introduction: [
    "There is one stub: the master. All others are cloned from it, because a fork of the host is expensive (it copies " +
      "the page tables of a big program), while the master has one page. But the master decides nothing. The host makes " +
      "it clone: it writes the registers of a clone system call into it, and resumes it.",
    `The child of a clone has its parent's registers, except for the 0 in ${RESULT}. Through them the host passes data to a ` +
      `process that does not exist yet. Two words are needed: ${PARENT}, the pid that the child's parent must have, and ${MARK}, ` +
      "1, the mark of a clone. A system call neither reads nor changes these two registers.",
    "The exit signal of the clone is SIGKILL, as in gVisor: the grandchild's death would kill the master. (The master's " +
      "own exit signal is SIGCHLD here, so that a lesson that fails does not kill the program that records it.)",
  ],

  play(scene) {
    const master = scene.rest("master", "the first stub");
    const child = scene.clone(master, {
      exitSignal: "SIGKILL",
      why:
        `The frame of a clone, that is, all registers that the tracer writes for this call: its number in ${NUMBER}, flags and exit ` +
        `signal in ${FIRST}, and ${PC} at the ${CALL}. The argument for the stack is 0: the child keeps the ${SP} of its parent, where ` +
        `nothing is mapped. The message to the child is ${PARENT} = ${master.pid}, the master's pid, and ${MARK} = 1.`,
      before: () =>
        scene.ask({
          text: `The master executes one ${CALL}. How many processes execute the instruction after it?`,
          right: {
            [`Two, both with ${MARK} = 1`]:
              "A clone without a new stack works like fork: it returns in both, to the same address, with the same " +
              `registers. Only ${RESULT} distinguishes them.`,
          },
          wrong: {
            [`Two, but only the child has ${MARK} = 1`]: `The host wrote it into the master, and the child has a copy. ${MARK} only says that this was a clone.`,
            "One: the child begins at the start of the stub code": `clone has no argument for an address to begin at. The child continues where its parent is: after the ${CALL}.`,
            "One: the master waits for the child":
              "Only a clone with CLONE_VFORK makes the parent wait. Here both run.",
          },
        }),
      executed:
        "The kernel creates the child: its exit signal is SIGKILL, it shares the file table, and everything else is a " +
        "copy; of the master's memory that is one page.",
      born:
        `It has the master's registers: ${MARK} is 1, and ${PARENT} has the pid of its parent. ${RESULT} is 0. It also has the master's ` +
        "session, dispositions and empty signal mask, so it needs no set-up.",
      answer: `${RESULT} is the pid of the child. Now the host knows it.`,
    });

    child.stepToSelfStop({
      [HOST.SYSTEM_CALL]: () => {
        if (!child.isBeforeCall("prctl")) return;
        scene.ask({
          text:
            "The child has begun at the start of the stub code, with prctl(PR_SET_PDEATHSIG, SIGKILL). Its parent has made the same call long " +
            "ago. What if the child skipped it?",
          right: {
            "It could outlive the master":
              "Session, mask and dispositions are inherited, the death signal is not: it is cleared in every child. So each " +
              "stub requests its own.",
          },
          wrong: {
            "Nothing: the setting is inherited":
              "The kernel clears this one in a child, because it names the end of another parent.",
            "SIGKILL would come at the host's end, not at the master's":
              "The host is not its parent, and a child without the setting gets no signal at any end.",
          },
        });
      },
      [TEXTS.STUB_CODE.unmark]: () =>
        scene.ask({
          text: `${MARK} is ${child.registers()[HOST.MARK] ?? 0n}. What would happen if the stub left it unchanged?`,
          right: {
            "It would start over after its self-stop, forever":
              `The kill returns 0. After the ${CALL} come the same two tests, ${MARK} = 1 and ${RESULT} = 0. Both would hold again, and ` +
              "the stub would return to the beginning and to its next self-stop.",
          },
          wrong: {
            "Nothing: no instruction reads it again": `\`${TEXTS.STUB_CODE.isClone}\` comes after every ${CALL} of that place, and the kill of the self-stop is made there.`,
            "The next clone would fail": `${MARK} means something to the stub code only. The kernel does not look at it.`,
          },
        }),
    });

    scene.ask({
      text:
        "The grandchild is stopped. The host wants to be sure of that before it attaches, and calls wait4. What is the " +
        "result?",
      right: {
        ECHILD:
          "wait4 reports the caller's children and the threads that it traces. The grandchild is the master's child, and is " +
          "not traced now. So the master has to wait, by an injected call.",
      },
      wrong: {
        "The grandchild's pid":
          "It is stopped, but only its parent and its tracer are notified, and the host is neither.",
        "0": "0 would mean: there is such a child, and nothing has happened to it. The host has no such child.",
      },
    });
    const { waitSelfStop } = scene.tracer;
    const options = Number(waitSelfStop) | scene.tracer.constant("WNOHANG");
    child.tryWait(
      "This is not part of a birth, but an experiment: can the host itself wait for the self-stop? No.",
      { options, observer: "createStub does not try this." },
    );
    // The stop is visible a moment before the parent is notified.
    const told = scene.tracer.encoder.signalSet(scene.tracer.constant("SIGCHLD"));
    master.until(({ pending }) => (pending & told) !== 0n);
    master.call("wait4", [child.pid, 0, waitSelfStop, 0], {
      stepped: true,
      why:
        "The frame of wait4(grandchild, NULL, __WALL | WUNTRACED, NULL). __WALL: without it wait4 ignores a child whose exit " +
        `signal is not SIGCHLD. The encoder starts from the initial registers, so ${MARK} is 0 again.`,
      stop:
        "SIGCHLD: the kernel has notified the parent that its child is stopped. (Only a child's end is announced by its " +
        "exit signal, here SIGKILL.) A traced thread stops for every signal, " +
        "even for one that it would ignore. It is resumed without it.",
      executed:
        "The master waits on behalf of the host. The call returns once the grandchild is stopped, and not before; that is " +
        `its purpose. Now the host knows that PTRACE_ATTACH will find the grandchild after its ${CALL}.`,
      returned: (step) =>
        scene.recorder.arrow("wait", child.selfStop ?? -1, step, "stopped by SIGSTOP"),
      answer: `${RESULT} is the grandchild's pid: it is stopped.`,
    });
    child.attach();
    child.stepToRest();
    child.checkAtRest(master.pid, master.pid);
    scene.check("its exit signal", "SIGKILL", scene.tracer.signalName(child.facts.exitSignal));
    scene.check(
      "the master rests, and can clone again",
      hex(scene.tracer.restAddress),
      hex(master.rip),
    );
  },
};
