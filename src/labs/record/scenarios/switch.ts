import { parseFlags } from "../../../core/encoder/names.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { PAGE_SIZE } from "../../../core/shim/auxiliary_vector.ts";
import { hex, StateError } from "../../../lib/errors.ts";
import { HOST, NAMES, resultWord } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import type { Outcome, Telling } from "../stepping.ts";
import { TEXTS } from "../texts/arch.ts";

const { AT, CALL, FIRST, PC, RESULT, TRAP } = NAMES;
const { EMULATED } = TEXTS;

/** The address of the guest's code. */
const CODE = 0x10000n;
/** Where it stores the result: nothing is mapped there. src/labs/record/guests/ */
const NOTEBOOK = 0x20000n;
/** The pid that the guest gets. */
const GUEST_PID = 1n;

export const switchLesson: Scenario = {
  title: "The switch: a guest runs, calls, faults",
  host: { lane: "host", role: "the Node.js process: tracer, and the guest's kernel" },
  introduction: [
    "This is what stubs are for. A guest's program is in the memory of a stub. The host writes the guest's registers " +
      "and resumes the stub: from then on the processor executes the guest, at full speed, in the process that executed " +
      "the stub code before.",
    "It does so until the guest makes a system call, faults, or gets a signal. Then the host has its registers, and " +
      "acts as the guest's kernel: it answers the call, or maps what is missing. Entering the guest and leaving it is " +
      "one switch.",
    "Guest and stub code share one thread. The registers that the host writes decide which of them runs: the guest's " +
      "registers continue the guest, the stub's inject a call.",
    "The guest of this lesson asks for its pid, writes the result to unmapped memory, and exits.",
  ],

  play(scene) {
    // A subprocess with the guest in it, and registers at its first instruction.
    const platform = scene.openPlatform();
    const { tracer } = platform;
    const { encoder } = tracer;
    const space = platform.newAddressSpace();
    space.mapAnonymous(CODE, PAGE_SIZE, "rwx");
    space.write(CODE, scene.loadGuest("guest", CODE, TEXTS.GUEST));
    space.protect(CODE, PAGE_SIZE, "rx");
    const { registers } = platform.newContext();
    registers.set(HOST_MACHINE.instructionPointer, CODE);
    const guest = scene.enlist("subprocess", "a stub, in which the guest runs", space.stub);
    guest.emulated = true;
    scene.recorder.observe(
      `A real switch also moves the floating point registers (PTRACE_SETREGSET and PTRACE_GETREGSET, ${TEXTS.FLOATING_POINT}). ` +
        "This guest uses none, and they are omitted here.",
    );
    scene.recorder.observe(
      "The host resumes the guest for each instruction. A real switch resumes it once, with PTRACE_SYSEMU, until its " +
        "next system call, fault or signal.",
    );
    if (EMULATED.observed !== undefined) scene.recorder.observe(EMULATED.observed);
    const enter = (why: string) => {
      encoder.enterGuest(registers.offset, guest.stub.thread.initial.offset);
      guest.setRegisters(registers, why);
    };
    const save = (at: number, wait: string, why: string) => {
      guest.waited(at, wait);
      guest.stub.thread.expect("stopped").readRegisters(registers);
      guest.getRegisters(why);
    };
    const run = (kind: Outcome["kind"], telling?: Telling) => {
      const outcome = guest.step(telling);
      if (outcome.kind === kind) return outcome.step;
      throw new StateError(
        `an instruction of the guest was ${outcome.kind}, and should be ${kind}`,
      );
    };

    guest.look(
      `stub ${space.pid} rests ${AT} its ${TRAP}`,
      "Its memory map has two pages: the stub code, and the guest's program, mapped by injected calls (lesson " +
        '"inject").',
    );
    enter(
      `The guest's registers: all zero, and ${PC} at its first instruction. Now the thread runs the guest.`,
    );
    while (!guest.isBeforeCall("getpid")) run("executed");
    const number = tracer.syscallNumber("getpid");
    scene.ask(EMULATED.ask(number, space.pid));
    const call = run("emulated");
    save(call, "wait4 reports the call to the host.", EMULATED.found(number));
    // The lesson needs no arguments, and the frame is free between two injections.
    encoder.decodeGuestSyscall(registers.offset, tracer.frame.offset);
    encoder.encodeGuestResult(registers.offset, GUEST_PID);
    enter(EMULATED.answered);

    scene.ask({
      text: `The guest stores ${RESULT} at ${hex(NOTEBOOK)}, where nothing is mapped. What happens?`,
      right: {
        [`It is stopped, with ${PC} at the store`]:
          `A page fault leaves ${PC} at the instruction. The signal stops a traced thread before it is delivered, and the ` +
          "tracer may suppress it.",
      },
      wrong: {
        [`It is stopped, with ${PC} after the store`]: `${PC} moves on when an instruction has been executed. This one was not.`,
        "It is killed by SIGSEGV":
          "SIGSEGV is what the kernel sends. But the tracer gets it first, and need not deliver it.",
      },
    });
    const fault = run("fault", {
      stop:
        "The processor raised a page fault: nothing is mapped there. The kernel sends SIGSEGV, and the signal stops the " +
        "guest.",
    });
    save(
      fault,
      "wait4 reports the fault to the host.",
      `${PC} is still at the store. The host saves all registers of the guest in its context: it needs the thread for ` +
        "something else now.",
    );
    guest.getSignalInfo(
      `si_addr is ${hex(guest.signalInfo().address)}, and si_code is SEGV_MAPERR: nothing is mapped there. The host ` +
        "decides to map a page.",
    );
    const protection = parseFlags("PROT_READ|PROT_WRITE", encoder.constants);
    const flags = parseFlags("MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED", encoder.constants);
    guest.call("mmap", [NOTEBOOK, PAGE_SIZE, protection, flags, -1, 0], {
      why:
        `For one call the thread is a stub again: the initial registers with an mmap, and ${PC} at the ${CALL} of the stub ` +
        "code. The SIGSEGV is suppressed.",
      answer: `${RESULT} is the address: the page is mapped.`,
    });
    enter(
      `The guest's registers again, from the context. ${PC} is at the store, so the store is executed again. The guest ` +
        "cannot notice the interruption.",
    );
    run("executed", {
      why: "The same store again; now the page is there. A kernel maps a page on demand in this way.",
    });
    run("executed");
    run("executed");
    scene.ask({
      text: "The guest calls exit_group(0). What happens to its process?",
      right: {
        "It stays, stopped at the call":
          "This call is not executed either. The host ends the guest, and may keep the process for the next guest.",
      },
      wrong: {
        "It is a zombie until the host reaps it":
          "A process ends in its exit_group, and the kernel has skipped that.",
        [`It executes the stub code up to the ${TRAP}`]:
          "For that the host would have to write the stub's registers. The thread still has the guest's.",
      },
    });
    const exit = run("emulated");
    save(
      exit,
      "wait4 reports the call: the guest wants to end.",
      `${FIRST} is 0, the status. The kernel has not executed the call: the process is alive. The host would now unmap the ` +
        "guest's memory, and keep the stub for the next guest.",
    );

    const { facts } = guest;
    const stored = new DataView(space.read(NOTEBOOK, 4).buffer).getUint32(0, true);
    scene.check("what the guest stored", `${GUEST_PID}`, `${stored}`);
    scene.check("its process is alive, stopped by its tracer", "t", facts.state);
    const starts = facts.mappings.map(({ start }) => hex(BigInt(start)));
    const expected = [CODE, NOTEBOOK, BigInt(tracer.stubAddress)].map(hex);
    scene.check("its pages", expected.join(", "), starts.join(", "));
    scene.check(`the exit status in ${FIRST}`, "0x0", hex(registers.get(HOST.ARGUMENTS[0] ?? "")));
    const result = `${BigInt.asIntN(64, resultWord(registers.dump()))}`;
    scene.check(EMULATED.result.fact, `${EMULATED.result.word}`, result);
  },
};
