import { constants } from "node:os";
import { Deadline } from "../../../../core/shim/records.ts";
import type { Stub } from "../../../../core/stub/stub.ts";
import type { TracingThread } from "../../../../core/stub/tracing_thread.ts";
import { StateError } from "../../../../lib/errors.ts";
import { COMPONENT_RECORD, CONSTANTS } from "../../case/records.ts";
import { loadFuzz } from "../shim.ts";
import { ALIGNED, NO_XSTATE, SUPERVISOR, type XsaveComponent, type Xstate } from "../xstate.ts";

const { ESRCH } = constants.errno;
const { SIGSEGV, SIGTRAP, SIGUSR1 } = constants.signals;

const PTRACE_GETFPREGS = 14;
export const PTRACE_SETFPREGS = 15;

/** mxcsr and mxcsr_mask in struct user_i387_struct, and its length. */
const [MXCSR_MASK, FPREGS_SIZE] = [28, 512];
export const MXCSR = 24;
/** What mxcsr_mask = 0 stands for: SDM volume 1, 11.6.6. */
const OLD_MXCSR_MASK = 0xffbf;
/** Where NT_X86_XSTATE has the components of the machine: USER_XSTATE_XCR0_WORD of the kernel's asm/user.h. */
const XCR0 = 464;

/** That of a processor with AVX. */
export const AVX_XSTATE: Xstate = {
  ...{ xstateLength: 832, xcr0: 7, frameLength: 832, xfeatures: 7, permitted: 7 },
  mxcsrMask: 0x2ffff,
  components: [{ number: 2, offset: 576, size: 256, supervisor: false, aligned: false }],
};

export function readXstate(stub: Stub): Xstate {
  const { shim } = stub.tracer;
  const area = new Uint8Array(CONSTANTS.MOST_XSTATE);
  const length = shim.readXstate(stub.thread.tid, area, area.length);
  // A stub that is gone does not say that the machine has no such area.
  if (length === -ESRCH) throw new StateError(`stub ${stub.pid} is gone`);
  const mxcsrMask = readMxcsrMask(stub);
  if (length <= 0) return { ...NO_XSTATE, mxcsrMask };
  const frame = readFrame(stub);
  const permitted = loadFuzz().permittedComponents();
  return {
    xstateLength: length,
    xcr0: new DataView(area.buffer).getUint32(XCR0, true),
    ...frame,
    // Before Linux 5.16 there was nothing to request.
    permitted: permitted < 0 ? frame.xfeatures : permitted,
    mxcsrMask,
    components: readComponents(),
  };
}

/** The components from AVX on, as CPUID has them. */
function readComponents(): XsaveComponent[] {
  const { size } = COMPONENT_RECORD;
  const records = new Uint32Array((size / 4) * CONSTANTS.MOST_COMPONENTS);
  const count = loadFuzz().readComponents(records);
  return Array.from({ length: count }, (_, k) => {
    const [number = 0, offset = 0, bytes = 0, flags = 0] = records.subarray((k * size) / 4);
    const [supervisor, aligned] = [(flags & SUPERVISOR) !== 0, (flags & ALIGNED) !== 0];
    return { number, offset, size: bytes, supervisor, aligned };
  });
}

/** As the kernel has it: a task that has not used floating point lacks it in its XSAVE area on some kernels. */
function readMxcsrMask({ thread, tracer }: Stub): number {
  const registers = readFpregs(thread.tid, tracer);
  if (registers === undefined) return OLD_MXCSR_MASK;
  return new DataView(registers.buffer).getUint32(MXCSR_MASK, true) || OLD_MXCSR_MASK;
}

export function readFpregs(tid: number, { shim }: TracingThread): Uint8Array | undefined {
  const registers = new Uint8Array(FPREGS_SIZE);
  return shim.ptrace(PTRACE_GETFPREGS, tid, 0, registers) < 0 ? undefined : registers;
}

/** Room for a signal frame. */
export const ROOM = 2 * CONSTANTS.MOST_XSTATE;
/** In a frame: the word with the address of the floating point, which has from 464 on struct _fpx_sw_bytes. */
const FPSTATE = 8n + 224n;
export const SW_BYTES = 464n;
const [XFEATURES, XSTATE_SIZE] = [8, 16];
/** SA_SIGINFO | SA_RESTORER | SA_NODEFER */
const FLAGS = 0x4400_0004n;

/** What a frame says of itself: a handler is entered in a stub, and the frame is read there. */
export function readFrame(stub: Stub): Pick<Xstate, "frameLength" | "xfeatures"> {
  const { tracer, thread } = stub;
  const signal = BigInt(SIGUSR1);
  const page = stub.map(ROOM);
  const act = (...action: bigint[]) => {
    stub.write(page, new Uint8Array(BigUint64Array.from(action).buffer));
    stub.call("rt_sigaction", signal, page, 0, 8);
  };
  const int3 = (thread.initial.dump().rip ?? 0n) + 2n;
  act(int3, FLAGS, int3, 0n);
  const registers = tracer.frame;
  registers.copyFrom(thread.initial);
  registers.set("rsp", page + BigInt(ROOM));
  thread.expect("stopped").writeRegisters(registers);
  const deadline = new Deadline(tracer.deadline);
  thread.expect("stopped").resume("PTRACE_CONT", SIGUSR1);
  let { signal: stop } = thread.wait(deadline);
  while (stop !== SIGTRAP && stop !== SIGSEGV) ({ signal: stop } = thread.next(deadline));
  const word = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { rsp = 0n } = thread.expect("stopped").registers();
  const fpstate = word(stub.read(rsp + FPSTATE, 8)).getBigUint64(0, true);
  const own = word(stub.read(fpstate + SW_BYTES, 24));
  act(0n, 0n, 0n, 0n);
  stub.call("munmap", page, ROOM);
  if (own.getUint32(0, true) !== FRAME_MAGIC1) return { frameLength: 0, xfeatures: 0 };
  return {
    frameLength: own.getUint32(XSTATE_SIZE, true),
    xfeatures: own.getUint32(XFEATURES, true),
  };
}

export const FRAME_MAGIC1 = 0x4650_5853;
