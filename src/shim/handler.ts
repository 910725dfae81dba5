/** Byte offsets in struct stublab_desk, and its size. */
const DESK = { stack: 8, address: 16, tgid: 68, pidfd: 72, spins: 76, size: 88 } as const;

/** struct stublab_desk in memory of its own (shim/handler.h): the pages that host and stub share. */
export class Desk {
  /** The struct. */
  readonly bytes = new DataView(new ArrayBuffer(DESK.size));

  /**
   * @param tgid the stub's pid
   * @param spins how often the host looks for its turn before it sleeps; 0 if both are on one processor
   */
  constructor(tgid: number, spins: number) {
    this.bytes.setInt32(DESK.tgid, tgid, true);
    this.bytes.setUint32(DESK.spins, spins, true);
  }

  /** A pidfd of the stub. */
  set pidfd(file: number) {
    this.bytes.setInt32(DESK.pidfd, file, true);
  }

  /** Bytes of the stack of the signal handler. */
  get stack(): number {
    return Number(this.bytes.getBigUint64(DESK.stack, true));
  }

  /** The address of the struct stack_t in the stub: HEADER_ALTSTACK of shim/handler_layout.h. */
  get altStack(): number {
    return this.address + this.stack + 224;
  }

  /** The address in the stub. */
  get address(): number {
    return Number(this.bytes.getBigUint64(DESK.address, true));
  }
}
