import { existsSync } from "node:fs";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { expectRseq } from "../../../core/stub/rseq.ts";
import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { NAMES } from "../arch.ts";
import { dumpNoCore } from "../precautions.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";
import { TEXTS } from "../texts/arch.ts";

const { A_TRAP, CALL, PC, TRAP } = NAMES;

/** What glibc registers. */
const AREA_LENGTH = 32;

export const rseq: Scenario = {
  title: "rseq: memory that the kernel still uses",
  introduction: [
    "Restartable sequences let a program work on per-processor data without a lock. The thread and the kernel share " +
      "some 32 bytes of the thread's memory: the kernel stores the number of the processor there, and the thread names " +
      "the code that must not be interrupted.",
    "When does the kernel access those bytes? Up to Linux 6.18 whenever the thread has been off the processor, on its way " +
      "back to user space. From Linux 6.19 on only if the thread was interrupted, or has moved to another processor: a system " +
      "call is not an interruption. (From Linux 7.1 on this is the rule for areas of more than 32 bytes. For 32 bytes it is " +
      "the old one again.)",
    "glibc, since version 2.35, registers such an area for every thread, by the system call rseq, whether or not the " +
      "program uses it. A forked child inherits the registration together with the memory.",
    "A stub inherits it from the host's main thread, and unmaps all of the host's memory (lesson \"scrub\"). That " +
      "munmap does not unregister the area.",
    "So a stub's set-up unregisters the area before the stub code begins. Here that step is omitted.",
  ],

  play(scene) {
    const stub = scene.rest("master", "the first stub", { memory: true, omit: ["rseq"] });
    expectArea(scene, stub);
    // On another processor the kernel would update the area for that reason alone.
    scene.recorder.observe(
      "The stub is bound to one processor. On another one the kernel would update the area at once, because the processor's number has changed.",
    );
    // A lesson leaves no file.
    dumpNoCore(stub.stub);
    const end = BigInt(scene.tracer.stubAddress);
    stub.setRegisters(
      stub.frame("munmap", 0, end),
      `The frame of the munmap that scrubs a stub: everything from 0 up to its own page, ${hex(end)}.`,
    );
    const unmapped = stub.step({
      why:
        "It succeeds, and one page is left. The kernel has removed the mapping of the rseq area like any other, and still " +
        "has the area's address.",
    });
    const how = meetFault(scene, stub, unmapped.step);
    scene.check("the stub's end", "killed by SIGSEGV", how);
    scene.check("the stub's process", "gone", existsSync(`/proc/${stub.pid}`) ? "there" : "gone");
    // One that has unregistered the area survives the same.
    const other = scene.tracer.createStub();
    other.scrub();
    scene.check(
      "a stub with the full set-up: its rseq area",
      "0x0",
      hex(expectRseq(other.thread).address),
    );
    scene.check("it is scrubbed, and alive: getpid", `${other.pid}`, `${other.call("getpid")}`);
  },
};

/** Asks the kernel for the area; if the C library has registered none, the stub does. */
function expectArea({ recorder }: Scene, tracee: Actor): void {
  const { stub } = tracee;
  if (expectRseq(stub.thread).address === 0n) {
    stub.call("rseq", stub.map(PAGE_SIZE), AREA_LENGTH, 0, HOST_MACHINE.rseqSignature);
    recorder.observe(
      "The C library of this host (musl, or a glibc before 2.35) registers no area, so a stub here would have nothing " +
        "to unregister. For the lesson an injected call registers one, in a page of its own.",
    );
  }
  const { address, length, signature } = expectRseq(stub.thread);
  tracee.requested(
    "PTRACE_GET_RSEQ_CONFIGURATION",
    `The kernel will access ${length} bytes at ${hex(address)} on behalf of this stub. It is an address in the ` +
      "memory that the stub inherited from the host. (A stub with the full set-up has 0 here.)",
    {
      address: 24n,
      data: `[{${hex(address)}, ${length}, ${hex(BigInt(signature))}}]`,
      result: 24n,
      observer: "createStub does not ask for this.",
    },
  );
}

/** The next resume, and its consequence. @returns how the stub ended. */
function meetFault(scene: Scene, stub: Actor, unmapped: number): string {
  const { place, rip, at } = resume(scene, stub);
  const took = Math.round((performance.now() - at) * 1000);
  const { code, address } = stub.signalInfo();
  const kernel = scene.tracer.constant("SI_KERNEL");
  stub.getSignalInfo(
    `si_code is ${code === kernel ? "SI_KERNEL" : code}, and si_addr ${hex(address)}: no instruction of the stub ` +
      `has faulted, and there is no address to report. It took ${took} microseconds from the resume to this report.`,
  );
  scene.check(`${PC} at the SIGSEGV: after the ${place}`, rip, hex(stub.rip));
  scene.check("si_code", `${kernel}`, `${code}`);
  scene.check("si_addr", "0x0", hex(address));
  stub.resume("Can the stub continue if the host suppresses the signal?");
  stub.awaitStop(
    "No. The stub was off the processor again, and the kernel faulted at the same address. The stub cannot return to user " +
      "space.",
  );
  scene.check(`resumed without the signal: ${PC}`, rip, hex(stub.rip));
  stub.resume("The host delivers the signal, as an untraced stub would get it.", "SIGSEGV");
  return stub.awaitEnd(
    `SIGSEGV has no handler here, so it terminates the process. The munmap of step ${unmapped + 1} has killed it.`,
  );
}

/** Resumes the stub until the SIGSEGV. @returns where it was resumed last, and when */
function resume(scene: Scene, stub: Actor) {
  const last = (place: string) => ({ place, rip: hex(stub.rip), at: performance.now() });
  const afterCall = last("munmap");
  stub.resume(
    `The munmap is complete, and ${PC} is after its ${CALL}. The stub is resumed to continue to its ${TRAP}: three ` +
      "instructions, which need no memory but the stub's own page.",
  );
  const stop = stub.stub.thread.wait();
  const rests = stop.signal === scene.tracer.constant("SIGTRAP");
  ask(scene, rests);
  const stopped = (why: string, wait: string) => {
    stub.waited(stub.stopped(stop, why), wait);
  };
  if (!rests) {
    stopped(
      `${PC} is unchanged: no instruction was executed. The stub code is not at fault, and ${PC} does not show the cause. ` +
        "The fault happened in the kernel.",
      `The host waits for ${A_TRAP}, and wait4 reports a SIGSEGV.`,
    );
    return afterCall;
  }
  stopped(
    `The ${TRAP} is an exception: it interrupts the stub, which is then off the processor. So the kernel has to access the area ` +
      "before the stub's next instruction, because it may have interrupted a restartable sequence.",
    "The munmap has returned, and nothing shows that the stub is lost.",
  );
  const afterTrap = last(TRAP);
  stub.resume("The stub is resumed, as it is for the next injected call.");
  stub.awaitStop(
    `${PC} is unchanged: no instruction was executed. The kernel has accessed the rseq area, got a page fault itself, and ` +
      `can report that only by a SIGSEGV. The stub code is not at fault, and ${PC} does not show the cause.`,
  );
  return afterTrap;
}

/** Which of two choices is right depends on the kernel. */
function ask(scene: Scene, rests: boolean): void {
  const [all, none] = [
    `All three: it rests at its ${TRAP}`,
    "None: a SIGSEGV comes before the first",
  ];
  const text = `How many of the three instructions (${TEXTS.STUB_CODE.afterCall}, ${TRAP}) does the stub execute?`;
  const stack = {
    [`Two: the ${TRAP} needs a stack to push on`]: TEXTS.EXCEPTION_STACK,
  };
  if (rests) {
    const because =
      "The stub has made a system call: it was not interrupted, and it has not moved to another processor. So this kernel " +
      "does not access the area yet. Up to Linux 6.18 the stub would be stopped here.";
    const whyNot =
      "That is the rule up to Linux 6.18. For this kernel a system call is no interruption.";
    scene.ask({ text, right: { [all]: because }, wrong: { [none]: whyNot, ...stack } });
    return;
  }
  const because =
    "The stub had stopped for its tracer after the munmap, so it was off the processor. Before it executes anything the " +
    "kernel updates the rseq area, gets a page fault itself, and can report that only by a SIGSEGV. (Without that stop the " +
    "stub would run until something else takes the processor from it, such as the end of its time slice.)";
  const whyNot =
    "The stub would need no other memory. But the kernel needs some before the stub can execute anything.";
  scene.ask({ text, right: { [none]: because }, wrong: { [all]: whyNot, ...stack } });
}
