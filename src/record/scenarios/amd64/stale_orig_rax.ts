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

/** -ERESTARTSYS (include/linux/errno.h): the kernel's word to itself that a call is to be made again. */
const RESTART = -512n;

/** No system call is under way. */
const NO_CALL = -1n;

/** How far the kernel goes back. */
const BACK = BigInt(SYSCALL_LENGTH);

export const staleOrigRax: Scenario = {
  title: "A stale orig_rax: the kernel goes back by two bytes",
  introduction: [
    "Among the registers that ptrace shows is one that no processor has: orig_rax. A system call's number comes in " +
      "RAX, and its result goes out in RAX, so the kernel keeps the number beside them. -1 there means that the " +
      "thread entered the kernel by something else: an interrupt, a fault, an INT3.",
    "The kernel reads it once more on the way out. A call that a signal has interrupted leaves -512 in RAX, which " +
      "is -ERESTARTSYS: no errno for programs, but the kernel's note to itself that the call is to be made again. " +
      "On the way out of a signal stop it looks: is orig_rax other than -1, and RAX -512? Then it puts orig_rax " +
      "into RAX, and takes 2, the length of a SYSCALL, from RIP.",
    "A tracer writes all of these words. It may write an orig_rax that is left over from an earlier stop, beside a " +
      "RAX that is -512 for some other reason. The kernel cannot know that, and does as always.",
    "What to write there is an encoder's choice. gVisor's frame is a copy of the initial registers, orig_rax " +
      "included, and there it is the number of kill, the stub's last call of its own. The encoder `assembly` " +
      "writes -1. For every call that exists both are fine: no call has the number -512.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const master = restingStub(recorder, tracer);
    recorder.observe(
      "The frames are the encoder's, but this lesson has set orig_rax in each of them by hand, and in two of them " +
        "RAX and RIP. With RAX as the number of a call that exists nothing of this happens, whatever the encoder.",
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

/** Registers behind the SYSCALL with -512 in RAX, and with this orig_rax. */
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
    "The stub is resumed. It goes out by way of the signal stop, and the kernel looks at orig_rax: -1, so RAX " +
      "means nothing to it.",
  );
  recorder.ask({
    text: "What does the kernel answer to system call number -512?",
    choices: [
      "SIGSYS: there is no such call",
      "-38, which is -ENOSYS",
      "-512: RAX stays as it was",
    ],
    answer: 1,
    because:
      "The SYSCALL was executed, and the kernel has no call of that number. That is what ENOSYS is for.",
  });
  tracee.getRegisters(
    "RAX is -38, -ENOSYS. Everything is as it should be: a call was injected, and answered. orig_rax is -1: the " +
      "stub has come into the kernel by its INT3 since.",
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
    `The same frame, but for one word: orig_rax is ${carried}, the number of kill. It is what the initial registers have, since the ` +
      "stub stopped itself by a kill, and what the encoder `gvisor` leaves there.",
  );
  tracee.request(
    "PTRACE_CONT",
    "The stub is resumed out of a signal stop, as always. RIP is at the SYSCALL.",
  );
  recorder.ask({
    text: `RAX is -512, orig_rax is ${carried}, RIP is ${hex(rip)}, at the SYSCALL. What comes of it?`,
    choices: [
      "-ENOSYS again: orig_rax is only for show",
      "The stub sends itself another SIGSTOP: kill is made again",
      `It runs from ${hex(rip - BACK)}, in the middle of an instruction`,
    ],
    answer: 2,
    because:
      "The kernel takes the stub for one that comes back from an interrupted kill. It writes 62 into RAX and goes " +
      "back by two bytes, on the assumption that there is the SYSCALL which has just been executed. But RIP was " +
      "not behind that SYSCALL. It was in front of it.",
  });
  tracee.awaitStop({
    stop:
      "RIP is two bytes in front of the SYSCALL. There stands `mov $19, %esi`, five bytes long: be 13 00 00 00. " +
      "Its last two, 00 00, are an instruction themselves: `add %al, (%rax)`. RAX is 62, so it wrote to address " +
      "0x3e, where nothing is mapped. The SYSCALL was never reached.",
    wait: "The host waits for an INT3, and hears of a SIGSEGV.",
  });
  const { address } = tracee.signalInfo();
  tracee.getSignalInfo(
    `si_addr is ${hex(address)}: 62, the number of kill, taken for an address. The registers in which this began are gone; ` +
      "from these nobody would guess it.",
  );
  recorder.check("carried over: the stub faults at", "0x3e", hex(address));
  recorder.check("carried over: its RIP, two bytes back", hex(rip - BACK), hex(tracee.rip));
}

/** Registers behind the SYSCALL: the kernel makes a call again that was never made. */
function restart(recorder: Recorder, master: WatchedStub): void {
  const { stub, tracee } = master;
  const getpid = stub.tracer.flag("SYS_getpid");
  const frame = encodeBehind(master, getpid);
  const rip = frame.get("rip");
  tracee.setRegisters(
    frame,
    "Now RIP is behind the SYSCALL, RAX is -512, and orig_rax is 39, getpid. A guest can come to such registers. " +
      "Its signal handler returns by rt_sigreturn, a system call, and gets back what it had before the signal: " +
      "among that a RAX which is -512 because the guest computes with that number. A host that leaves the number " +
      "of a call in orig_rax has made it.",
  );
  tracee.request(
    "PTRACE_SYSCALL",
    "The stub is resumed, and will stop at the next system call. There should be none before the INT3.",
  );
  recorder.ask({
    text: "In front of RIP is a SYSCALL that is done; behind it there are a cmp, a je and the INT3. Where does the stub stop next?",
    choices: ["At the INT3, with RAX = -512", "At a system call: getpid", "By SIGSEGV, as before"],
    answer: 1,
    because:
      "The kernel does the same as before: RAX = orig_rax, RIP = RIP - 2. This time there really is a SYSCALL, and " +
      "it is executed with 39 in RAX.",
  });
  tracee.awaitStop({
    stop:
      "The stub is on its way into getpid. Nobody has asked for it: the kernel has restarted a call which was " +
      "never made. orig_rax is 39, and RAX is -38, as at every such stop.",
    wait: "The host hears of a system call.",
  });
  const entered = tracee.registers();
  recorder.check("behind the SYSCALL: the call that is made", `${getpid}`, `${entered.orig_rax}`);
  recorder.check("behind the SYSCALL: RIP, at the same place again", hex(rip), hex(tracee.rip));
  tracee.request("PTRACE_SYSCALL", "The stub makes the call, and stops on its way out of it.");
  tracee.awaitStop({
    stop: `RAX is ${stub.pid}, the stub's pid. It was -512, a number that somebody still wanted.`,
    wait: "The host hears that the call is over.",
  });
  recorder.check("behind the SYSCALL: RAX", `${stub.pid}`, `${tracee.registers().rax}`);
  stepTo(tracee, stub.tracer.restAddress);
}

/** The control of that: orig_rax = -1. */
function goOn(recorder: Recorder, master: WatchedStub): void {
  const { tracee } = master;
  tracee.setRegisters(
    encodeBehind(master, NO_CALL),
    "The same registers with orig_rax = -1. The kernel itself does this in rt_sigreturn: what it restores is not " +
      "to be taken for the result of a call.",
  );
  runToRest(tracee, "The stub is resumed once more.");
  tracee.getRegisters("RAX is still -512: a number like any other.");
  const { rax = 0n } = tracee.registers();
  recorder.check("with orig_rax = -1: RAX", `${RESTART}`, `${BigInt.asIntN(64, rax)}`);
}

function runToRest(tracee: Tracee, why: string): void {
  tracee.request("PTRACE_CONT", why);
  tracee.awaitStop({
    stop: "SIGTRAP: it has come to its INT3.",
    wait: "The host hears of it.",
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
    frame: `An ordinary frame, as the encoder ${recorder.encoder} writes it. Its RAX is 39, so orig_rax does no harm.`,
    answer: "The stub is as well as before.",
  });
  recorder.check("the stub lives: getpid, injected", `${stub.pid}`, `${result.value}`);
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
