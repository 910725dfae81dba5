/** All that running a guest has to know about an architecture, beyond what core/machine and encoders know. */
export interface GuestMachine {
  /** Its name in messages, and in uname(2). */
  readonly title: string;
  readonly name: string;
  /** Offsets in struct stat (<asm/stat.h>), and its size. */
  readonly stat: Readonly<
    Record<"size" | "inode" | "links" | "mode" | "length" | "blockSize" | "blocks", number>
  >;
  readonly stackPointer: string;
  /** The protections of pages, and the flags of mmap that are passed to the kernel. */
  readonly protectionFlags: string;
  readonly mappingFlags: string;
  /** Where a position-independent program is loaded: a multiple of 2 MB, the largest alignment that linkers request. */
  readonly independentBase: bigint;
  /** The end of a guest's stack, far from images, from the kernel's mappings, and from the stub code. */
  readonly stackTop: bigint;
  /** The registers with bases of segments, which arch_prctl(2) sets: the kernel restores them only below the end of user space. */
  readonly segmentBases: readonly string[];
  /** A program that calls brk and exits with 7: what `doctor` runs. */
  readonly trial: Uint8Array;
}
