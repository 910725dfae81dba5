import { BlockAllocator, type RegisterBlock } from "../../../encoder/block.ts";
import { openEncoder } from "../../../encoder/open.ts";
import { hex } from "../../../errors.ts";
import { SYSCALL_LENGTH } from "../../../stub/amd64.ts";
import { Tracer } from "../../../stub/tracer.ts";
import type { WatchedStub } from "../../fork.ts";
import { injectWatched } from "../../injection.ts";
import type { Recorder } from "../../recorder.ts";
import { restingStub } from "../../resting.ts";
import type { Scenario } from "../../scenario.ts";
import { stepTo } from "../../stepping.ts";
import { addStubCode } from "../../stub_code.ts";
import type { Tracee } from "../../tracee.ts";

/** -ERESTARTSYS (include/linux/errno.h): internal to the kernel: the call must be restarted. */
const RESTART = -512n;

/** No system call is under way. */
const NO_CALL = -1n;

/** How far the kernel goes back. */
const BACK = BigInt(SYSCALL_LENGTH);

export const staleOrigRax: Scenario = {
  title: "A stale orig_rax: the kernel goes back by two bytes",
  introduction: [
    "One of the registers that ptrace shows does not exist in any processor: orig_rax. RAX holds the number of a " +
      "system call on entry and its result on exit, so the kernel saves the number in orig_rax. -1 there means that the " +
      "thread entered the kernel in another way: by an interrupt, a fault, an INT3.",
    "The kernel reads it again on the way out. A call that a signal has interrupted leaves -512 in RAX, which is " +
      "-ERESTARTSYS: not an errno for programs, but an internal mark that the call must be restarted. After a signal " +
      "stop the kernel checks: is orig_rax not -1, and RAX -512? Then it copies orig_rax to RAX, and subtracts 2, the " +
      "length of a SYSCALL, from RIP.",
    "A tracer writes all of these words. It may write an orig_rax that is left over from an earlier stop, together " +
      "with a RAX that is -512 for another reason. The kernel cannot know that, and restarts.",
    "What to write there is the encoder's choice. gVisor's frame is a copy of the initial registers, including " +
      "orig_rax, which holds the number of kill, the last call that the stub made itself. The encoder `assembly` writes " +
      "-1. For every existing call both work: no call has the number -512.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const master = restingStub(recorder, tracer);
    recorder.observe(
      "The encoder wrote the frames, but this lesson sets orig_rax in each of them by hand, and RAX and RIP in two of " +
        "them. If RAX is the number of an existing call, none of this happens, whatever the encoder.",
    );
    injectWithoutCall(recorder, master);
    goBack(recorder, master);
    restart(recorder, master);
    goOn(recorder, master);
    check(recorder, master);
  },
};

/** The frame of a call with the number -512, and with this orig_rax. */
function encodeFrame({ stub }: WatchedStub, original: bigint): RegisterBlock {
  const { tracer, thread } = stub;
  tracer.encoder.encodeSyscall(
    tracer.frame.offset,
    thread.initial.offset,
    RESTART,
    0n,
    0n,
    0n,
    0n,
    0n,
    0n,
  );
  tracer.frame.set("orig_rax", original);
  return tracer.frame;
}

/** Registers after the SYSCALL with -512 in RAX, and with this orig_rax. */
function encodeBehind(master: WatchedStub, original: bigint): RegisterBlock {
  const frame = encodeFrame(master, original);
  frame.set("rip", frame.get("rip") + BACK);
  return frame;
}

/** Injects call number -512 with orig_rax = -1: the control. */
function injectWithoutCall(recorder: Recorder, master: WatchedStub): void {
  const { tracee } = master;
  tracee.setRegisters(
    encodeFrame(master, NO_CALL),
    "The frame of a call that does not exist: its number, in RAX, is -512. orig_rax is -1, as the encoder " +
      "`assembly` writes it: no call is under way.",
  );
  runToRest(
    tracee,
    "The stub is resumed. It leaves the signal stop, and the kernel checks orig_rax: it is -1, so the kernel ignores " +
      "RAX.",
  );
  recorder.ask({
    text: "What does system call number -512 return?",
    choices: ["SIGSYS: there is no such call", "-38, which is -ENOSYS", "-512: RAX is unchanged"],
    answer: 1,
    because:
      "The SYSCALL was executed, and the kernel has no call with that number. It returns ENOSYS.",
  });
  tracee.getRegisters(
    "RAX is -38, -ENOSYS, as expected: a call was injected, and returned. orig_rax is -1: since then the stub has " +
      "entered the kernel by its INT3.",
  );
}

/** The same with the orig_rax of the initial registers. */
function goBack(recorder: Recorder, master: WatchedStub): void {
  const { stub, tracee } = master;
  const carried = stub.thread.initial.get("orig_rax");
  const frame = encodeFrame(master, carried);
  const rip = frame.get("rip");
  tracee.setRegisters(
    frame,
    `The same frame, except for one word: orig_rax is ${carried}, the number of kill. The initial registers hold it, ` +
      "because the stub stopped itself by a kill, and the encoder `gvisor` leaves it there.",
  );
  tracee.request(
    "PTRACE_CONT",
    "The stub is resumed from a signal stop, as always. RIP is at the SYSCALL.",
  );
  recorder.ask({
    text: `RAX is -512, orig_rax is ${carried}, RIP is ${hex(rip)}, at the SYSCALL. What happens?`,
    choices: [
      "-ENOSYS again: orig_rax has no effect",
      "The stub sends itself another SIGSTOP: kill is restarted",
      `It runs from ${hex(rip - BACK)}, in the middle of an instruction`,
    ],
    answer: 2,
    because:
      "The kernel concludes that the stub returns from an interrupted kill. It writes 62 into RAX and moves RIP back by " +
      "two bytes, assuming that the SYSCALL that was just executed is there. But RIP was not after that SYSCALL. It was " +
      "before it.",
  });
  tracee.awaitStop({
    stop:
      "RIP is two bytes before the SYSCALL, inside `mov $19, %esi`, which has five bytes: be 13 00 00 00. Its last two " +
      "bytes, 00 00, are themselves an instruction: `add %al, (%rax)`. RAX is 62, so it wrote to address 0x3e, where " +
      "nothing is mapped. The SYSCALL was never reached.",
    wait: "The host waits for an INT3, and wait4 reports a SIGSEGV.",
  });
  const { address } = tracee.signalInfo();
  tracee.getSignalInfo(
    `si_addr is ${hex(address)}: 62, the number of kill, used as an address. The registers that caused this are gone, ` +
      "and these do not reveal it.",
  );
  recorder.check("stale orig_rax: the stub faults at", "0x3e", hex(address));
  recorder.check("stale orig_rax: its RIP, two bytes back", hex(rip - BACK), hex(tracee.rip));
}

/** Registers after the SYSCALL: the kernel restarts a call that was never made. */
function restart(recorder: Recorder, master: WatchedStub): void {
  const { stub, tracee } = master;
  const getpid = stub.tracer.flag("SYS_getpid");
  const frame = encodeBehind(master, getpid);
  const rip = frame.get("rip");
  tracee.setRegisters(
    frame,
    "Now RIP is after the SYSCALL, RAX is -512, and orig_rax is 39, getpid. A guest can get such registers. Its " +
      "signal handler returns by rt_sigreturn, a system call, which restores the registers from before the signal, " +
      "including a RAX that is -512 because the guest computes with that number. A host that leaves the number of a " +
      "call in orig_rax creates this state.",
  );
  tracee.request(
    "PTRACE_SYSCALL",
    "The stub is resumed until the next system call. There should be none before the INT3.",
  );
  recorder.ask({
    text: "Before RIP is a completed SYSCALL; after it come a cmp, a je and the INT3. Where does the stub stop next?",
    choices: ["At the INT3, with RAX = -512", "At a system call: getpid", "By SIGSEGV, as before"],
    answer: 1,
    because:
      "The kernel does the same as before: RAX = orig_rax, RIP = RIP - 2. This time a SYSCALL is there, and it is " +
      "executed with 39 in RAX.",
  });
  tracee.awaitStop({
    stop:
      "The stub is at the entry of getpid. Neither the stub nor the host requested it: the kernel has restarted a call " +
      "that was never made. orig_rax is 39, and RAX is -38, as at every such stop.",
    wait: "wait4 reports a system call.",
  });
  const entered = tracee.registers();
  recorder.check("after the SYSCALL: the call that is made", `${getpid}`, `${entered.orig_rax}`);
  recorder.check("after the SYSCALL: RIP, at the same address again", hex(rip), hex(tracee.rip));
  tracee.request("PTRACE_SYSCALL", "The stub executes the call, and stops at its exit.");
  tracee.awaitStop({
    stop: `RAX is ${stub.pid}, the stub's pid. The value -512, which the program still needed, is lost.`,
    wait: "wait4 reports the exit of the call.",
  });
  recorder.check("after the SYSCALL: RAX", `${stub.pid}`, `${tracee.registers().rax}`);
  stepTo(tracee, stub.tracer.restAddress);
}

/** The control of that: orig_rax = -1. */
function goOn(recorder: Recorder, master: WatchedStub): void {
  const { tracee } = master;
  tracee.setRegisters(
    encodeBehind(master, NO_CALL),
    "The same registers with orig_rax = -1. The kernel itself sets this in rt_sigreturn, so that it does not treat a " +
      "restored RAX as the result of a call.",
  );
  runToRest(tracee, "The stub is resumed once more.");
  tracee.getRegisters("RAX is still -512: a number like any other.");
  const { rax = 0n } = tracee.registers();
  recorder.check("with orig_rax = -1: RAX", `${RESTART}`, `${BigInt.asIntN(64, rax)}`);
}

function runToRest(tracee: Tracee, why: string): void {
  tracee.request("PTRACE_CONT", why);
  tracee.awaitStop({
    stop: "SIGTRAP: it has reached its INT3.",
    wait: "wait4 reports this to the host.",
  });
}

function check(recorder: Recorder, { stub, tracee }: WatchedStub): void {
  const { initial } = stub.thread;
  recorder.check("encoder gvisor: orig_rax in its frame", "62", `${origRaxOf("gvisor", initial)}`);
  recorder.check(
    "encoder assembly: orig_rax in its frame",
    "-1",
    `${origRaxOf("assembly", initial)}`,
  );
  const { result } = injectWatched(tracee, {
    call: "getpid",
    frame: `An ordinary frame, as the encoder ${recorder.encoder.name} writes it. Its RAX is 39, so orig_rax does no harm.`,
    answer: "The stub is unharmed.",
  });
  recorder.check("the stub is alive: getpid, injected", `${stub.pid}`, `${result.value}`);
}

/** The orig_rax that an encoder writes to a frame that begins with these registers. */
function origRaxOf(name: string, initial: RegisterBlock): bigint {
  const encoder = openEncoder(name);
  const blocks = new BlockAllocator(encoder);
  const [from, frame] = [blocks.allocate(), blocks.allocate()];
  for (const [register, word] of Object.entries(initial.dump())) from.set(register, word);
  encoder.encodeSyscall(frame.offset, from.offset, RESTART, 0n, 0n, 0n, 0n, 0n, 0n);
  return BigInt.asIntN(64, frame.get("orig_rax"));
}
