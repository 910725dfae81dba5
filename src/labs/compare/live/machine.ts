/** The registers of a block by name. */
export interface View {
  get(name: string): bigint;
  put(name: string, word: bigint): void;
}

/** What judges have to know about an architecture, beyond what encoders compute and the core knows. */
export interface JudgedMachine {
  /** Where the data of stubs under judgement lies, and bytes of it and of their code. */
  readonly data: bigint;
  readonly part: number;
  /** The register in which `child` finds its exit status, or 0, and `queue` the signalfd. */
  readonly kept: string;
  /** The register in which `queue` leaves the result of its first call. */
  readonly queued: string;
  /** The register that marks a clone in the bootstrap convention. */
  readonly mark: string;
  /** si_code of a breakpoint, and bytes by which the stop is after it. */
  readonly breakpoint: { readonly code: number; readonly length: bigint };
  /** The registers that show that no call is in progress, which no program sees. */
  readonly idle: Readonly<Record<string, bigint>>;
  /** The register with the number of a call that has begun. */
  readonly begun: string;
  /** Results with which the kernel restarts what `begun` holds, whatever interrupted it. */
  readonly restarts: readonly bigint[];
  /** The registers that a guest gets from the stub at rest. */
  readonly entered: readonly string[];
  /** AUDIT_ARCH_* of another architecture whose calls a stub can make at `askInt80`. */
  readonly foreign?: bigint;
  /** The functions of the vsyscall page, and the numbers that a filter sees for them. */
  readonly vsyscalls: readonly (readonly [address: bigint, number: bigint])[];
  /**
   * Changes registers into valid ones, but for the address of the code.
   *
   * @param rest those of a stub at rest
   * @param steps whether the stub may single-step itself
   */
  fit(block: View, rest: Pick<View, "get">, steps: boolean): void;
  /** The order of the arguments of clone(2). */
  cloneArguments(word: bigint, parentTid: bigint, childTid: bigint): readonly bigint[];
}
