import type { RegisterBlock } from "../../../core/encoder/block.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";

/** -ERESTARTSYS (include/linux/errno.h), internal to the kernel: the call must be restarted. */
const RESTART = -512n;
/** No system call is under way. */
const NO_CALL = -1n;
/** How far the kernel goes back. */
const BACK = BigInt(HOST_MACHINE.syscallLength);

export const staleOrigRax: Scenario = {
  title: "A stale orig_rax: what the kernel concludes from it",
  introduction: [
    "One of the registers that ptrace shows does not exist in any processor: orig_rax. RAX holds the number of a " +
      "system call on entry and its result on exit, so the kernel saves the number in orig_rax. -1 there means that the " +
      "thread entered the kernel in another way: by an interrupt, a fault, an INT3.",
    "The kernel reads it again on the way out. A call that a signal has interrupted leaves -512 in RAX, which is " +
      "-ERESTARTSYS: not an errno for programs, but an internal mark that the call must be restarted. After a signal " +
      "stop the kernel checks: is orig_rax not -1, and RAX -512? Then it prepares RAX and RIP for the SYSCALL, which has " +
      "two bytes, to be executed again.",
    "A tracer writes all of these words. It may write an orig_rax that is left over from an earlier stop, together " +
      "with a RAX that is -512 for another reason.",
    "What to write there is the encoder's choice. gVisor's frame is a copy of the initial registers, including " +
      "orig_rax, which holds the number of kill, the last call that the stub made itself. The encoder `assembly` writes " +
      "-1. With both encoders every existing call works: no call has the number -512.",
  ],

  play(scene) {
    scene.recorder.observe(
      "The encoder wrote the frames, but this lesson sets orig_rax in each of them by hand, and RAX and RIP in two of " +
        "them. If RAX is the number of an existing call, none of this happens, whatever the encoder.",
    );
    const stub = scene.rest("master", "the first stub");
    injectWithoutCall(scene, stub);
    goBack(scene, stub);
    restart(scene, stub);
    goOn(scene, stub);
    const { value } = stub.call("getpid", [], {
      why: `An ordinary frame, as the encoder ${scene.recorder.encoder.name} writes it. Its RAX is 39, so orig_rax does no harm.`,
      answer: "The stub is unharmed.",
    });
    scene.check("the stub is alive: getpid, injected", `${stub.pid}`, `${value}`);
  },
};

/** The frame of a call with the number -512, and with this orig_rax; with RIP after the SYSCALL if that is made already. */
function frame(stub: Actor, original: bigint, made = false): RegisterBlock {
  const registers = stub.frame(RESTART);
  registers.set("orig_rax", original);
  if (made) registers.set("rip", registers.get("rip") + BACK);
  return registers;
}

/** Injects call number -512 with orig_rax = -1: the control. */
function injectWithoutCall(scene: Scene, stub: Actor): void {
  stub.setRegisters(
    frame(stub, NO_CALL),
    "The frame of a call that does not exist: its number, in RAX, is -512. orig_rax is -1, as the encoder " +
      "`assembly` writes it: no call is under way.",
  );
  stub.resume(
    "The stub is resumed. It leaves the signal stop, and the kernel checks orig_rax: it is -1, so nothing is restarted.",
  );
  scene.ask({
    text: "What does system call number -512 return?",
    right: {
      "-38, which is -ENOSYS":
        "The SYSCALL was executed, and the kernel has no call with that number. It returns ENOSYS.",
    },
    wrong: {
      "Nothing: SIGSYS stops the stub":
        "SIGSYS comes from a seccomp filter. The kernel itself answers an unknown number with an errno.",
      "-512":
        "The result of a call always replaces its number in RAX, and an unknown number is an error.",
    },
  });
  rests(stub);
  stub.getRegisters(
    "RAX is -38, -ENOSYS, as expected: a call was injected, and returned. orig_rax is -1: since then the stub has " +
      "entered the kernel by its INT3.",
  );
}

/** The same with the orig_rax of the initial registers. */
function goBack(scene: Scene, stub: Actor): void {
  const carried = stub.stub.thread.initial.get("orig_rax");
  const registers = frame(stub, carried);
  const rip = registers.get("rip");
  stub.setRegisters(
    registers,
    `The same frame, except for one word: orig_rax is ${carried}, the number of kill. The initial registers hold it, ` +
      "because the stub stopped itself by a kill, and the encoder `gvisor` leaves it there.",
  );
  stub.resume("The stub is resumed from a signal stop, as always. RIP is at the SYSCALL.");
  scene.ask({
    text: `RAX is -512, orig_rax is ${carried}, RIP is ${hex(rip)}, at the SYSCALL. What happens?`,
    right: {
      [`It runs from ${hex(rip - BACK)}, in another instruction`]:
        "The kernel concludes that the stub returns from an interrupted kill. It writes 62 into RAX and moves RIP back by " +
        "two bytes, assuming that the SYSCALL that was just executed is there. But RIP was not after that SYSCALL. It was " +
        "before it.",
    },
    wrong: {
      "-ENOSYS again: orig_rax has no effect on a call":
        "That is true of the call. But the kernel looks at it on the way out of the stop, before the stub gets to the call.",
      "Another SIGSTOP: kill is restarted":
        "RAX becomes the number of kill. But the SYSCALL is two bytes ahead of where RIP is now.",
    },
  });
  stub.awaitStop({
    stop:
      "RIP is two bytes before the SYSCALL, inside `mov $19, %esi`, which has five bytes: be 13 00 00 00. Its last two " +
      "bytes, 00 00, are themselves an instruction: `add %al, (%rax)`. RAX is 62, so it wrote to address 0x3e, where " +
      "nothing is mapped. The SYSCALL was never reached.",
    wait: "The host waits for an INT3, and wait4 reports a SIGSEGV.",
  });
  const { address } = stub.signalInfo();
  stub.getSignalInfo(
    `si_addr is ${hex(address)}: 62, the number of kill, used as an address. The registers that caused this are gone, ` +
      "and these do not reveal it.",
  );
  scene.check("stale orig_rax: the stub faults at", "0x3e", hex(address));
  scene.check("stale orig_rax: its RIP, two bytes back", hex(rip - BACK), hex(stub.rip));
}

/** Registers after the SYSCALL: the kernel restarts a call that was never made. */
function restart(scene: Scene, stub: Actor): void {
  const getpid = scene.tracer.flag("SYS_getpid");
  const registers = frame(stub, getpid, true);
  const rip = registers.get("rip");
  stub.setRegisters(
    registers,
    "Now RIP is after the SYSCALL, as for a guest that is resumed with a RAX of its own that is -512: for example after " +
      "rt_sigreturn, the call that ends a signal handler and restores all registers from before the signal. The host has " +
      "emulated that call, and has left a number in orig_rax: here 39, getpid.",
  );
  stub.request("PTRACE_SYSCALL", "The stub is resumed until the next system call, or signal.");
  scene.ask({
    text: "Before RIP is a completed SYSCALL; after it come a cmp, a je and the INT3. Where does the stub stop next?",
    right: {
      "At a system call: getpid":
        "The kernel does the same as before: RAX = orig_rax, RIP = RIP - 2. This time a SYSCALL is there, and it is " +
        "executed with 39 in RAX.",
    },
    wrong: {
      "At the INT3, with RAX = -512":
        "It would with orig_rax = -1. Here the kernel again takes the number for a call that must be restarted.",
      "At once, by a SIGSEGV as before":
        "RIP is moved back again, but two bytes before this RIP is a whole instruction.",
    },
  });
  stub.awaitStop(
    "The stub is at the entry of getpid. Neither the stub nor the host requested it: the kernel has restarted a call " +
      "that was never made. orig_rax is 39, and RAX is -38, as at every such stop.",
  );
  scene.check(
    "after the SYSCALL: the call that is made",
    `${getpid}`,
    `${stub.registers().orig_rax}`,
  );
  scene.check("after the SYSCALL: RIP, at the same address again", hex(rip), hex(stub.rip));
  stub.request("PTRACE_SYSCALL", "The stub executes the call, and stops at its exit.");
  stub.awaitStop(
    `RAX is ${stub.pid}, the stub's pid. The value -512, which the program still needed, is lost.`,
  );
  scene.check("after the SYSCALL: RAX", `${stub.pid}`, `${stub.registers().rax}`);
  stub.stepToRest();
}

/** The control of that: orig_rax = -1. */
function goOn(scene: Scene, stub: Actor): void {
  stub.setRegisters(
    frame(stub, NO_CALL, true),
    "The same registers with orig_rax = -1. The kernel's own rt_sigreturn sets that, so that a restored RAX is not treated " +
      "as the result of a call.",
  );
  stub.resume("The stub is resumed once more.");
  rests(stub);
  stub.getRegisters("RAX is still -512: a number like any other.");
  const { rax = 0n } = stub.registers();
  scene.check("with orig_rax = -1: RAX", `${RESTART}`, `${BigInt.asIntN(64, rax)}`);
}

function rests(stub: Actor): void {
  stub.awaitStop("SIGTRAP: it has reached its INT3.");
}
