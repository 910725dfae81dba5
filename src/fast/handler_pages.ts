import { DEFINES, PAGES } from "../core/shim/bindings.ts";

/** struct stublab_pages in memory of its own (shim/fast/amd64/handler.h): the pages that host and stub share. */
export class HandlerPages {
  /** The struct. */
  readonly bytes = new DataView(new ArrayBuffer(PAGES.size));

  /**
   * @param tgid the stub's pid
   * @param spins how often the host looks for its turn before it sleeps; 0 if both are on one processor
   */
  constructor(tgid: number, spins: number) {
    this.bytes.setInt32(PAGES.tgid, tgid, true);
    this.bytes.setUint32(PAGES.spins, spins, true);
  }

  /** A pidfd of the stub. */
  set pidfd(file: number) {
    this.bytes.setInt32(PAGES.pidfd, file, true);
  }

  /** The address in the host. */
  set shared(address: number) {
    this.bytes.setBigUint64(PAGES.shared, BigInt(address), true);
  }

  /** Bytes of the stack of the signal handler. */
  get stack(): number {
    return Number(this.bytes.getBigUint64(PAGES.stack, true));
  }

  /** The address of the struct stack_t in the stub. */
  get altStack(): number {
    return this.address + this.stack + DEFINES.HEADER_ALTSTACK;
  }

  /** Bytes of the stack and the header. */
  get length(): number {
    return this.stack + DEFINES.HEADER_LENGTH;
  }

  /** The address of the handler's page in the stub: after the stack and the header. */
  get code(): number {
    return this.address + this.length;
  }

  /** The address in the stub. */
  get address(): number {
    return Number(this.bytes.getBigUint64(PAGES.address, true));
  }
}
