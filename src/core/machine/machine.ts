/** All that the core has to know about an architecture, beyond what encoders compute. */
export interface Machine {
  /** The kernel's number of it (linux/elf-em.h). */
  readonly elf: bigint;
  /** The registers of a block in the kernel's order. The encoder defines their offsets. */
  readonly registers: readonly string[];
  /** The registers of a system call (syscall(2), "Architecture calling conventions"). */
  readonly callRegisters: CallRegisters;
  /** The ptrace requests that read and write a register block. */
  readonly registerRequests: readonly [read: string, write: string];
  /** The highest possible end of user space. Some kernels reserve a part of it. */
  readonly mostUserSpace: number;
  /** The register that holds the address of the next instruction. */
  readonly instructionPointer: string;
  /** Indices in a register block, read without an encoder; `mark` is 1 in a new clone. */
  readonly word: {
    readonly result: number;
    readonly instructionPointer: number;
    readonly mark: number;
  };
  /** Bytes of the instruction that makes a system call. */
  readonly syscallLength: number;
  /** The constant of an encoder with the architecture as seccomp names it. */
  readonly auditArch: string;
  /** The register in which the stub code expects the pid of its parent. */
  readonly parent: string;
  /** The signature with which rseq(2) is registered: RSEQ_SIG in tools/testing/selftests/rseq. */
  readonly rseqSignature: number;
  /** The signal that the loop over a ring sends itself to halt, if it has no breakpoint. */
  readonly haltSignal: number | undefined;
  /**
   * Whether the kernel decides before a stop by a signal how it restarts the interrupted call, so that the result that
   * a tracer writes there has no influence.
   */
  readonly restartsBeforeStops: boolean;
  /** The register that has the address of an entry in that loop. */
  readonly ringEntry: string;
  /** Sets the registers with which a thread enters the loop over a ring (stub.S). */
  enterRing(frame: Registers, loop: bigint, ring: bigint, turn: number): void;
  /** The components of the extended state that a new context has. */
  readonly components: bigint;
  /** The largest extended state of a processor, in bytes. */
  readonly largestXstate: number;
}

export interface CallRegisters {
  readonly number: string;
  readonly arguments: readonly string[];
  readonly result: string;
}

/** A register block, whatever its encoder. */
interface Registers {
  set(name: string, value: bigint): void;
}
