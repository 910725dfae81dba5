/* How the kernel shows floating point on amd64, as a part of the description of a machine; arm64 has none of it. */

import { count, list, type Members, members, type Shape, truth } from "../../../lib/shape.ts";
import { COMPONENT_RECORD, CONSTANTS } from "../case/records.ts";

/** A component of the XSAVE area, as CPUID leaf 0xD describes it. */
export interface XsaveComponent {
  /** Its bit in XCR0; a supervisor's in IA32_XSS. */
  readonly number: number;
  /** In the standard format; 0 if it has none, as that of a supervisor. */
  readonly offset: number;
  readonly size: number;
  /** Only the kernel has it, such as a shadow stack's: neither NT_X86_XSTATE nor a frame shows it. */
  readonly supervisor: boolean;
  /** In the compacted format it is aligned to 64 bytes. */
  readonly aligned: boolean;
}

/** How the kernel shows floating point. Sets of components are as XCR0, and three of them may differ. */
export interface Xstate {
  /** Bytes of NT_X86_XSTATE; 0 on a machine without XSAVE. */
  readonly xstateLength: number;
  /** The components that NT_X86_XSTATE reports: all that the kernel enables, in XCR0, even those to request. */
  readonly xcr0: number;
  /** Bytes of the XSAVE area of a signal frame, without its last word: xstate_size. */
  readonly frameLength: number;
  /** The components that a process has without a request, and a frame. */
  readonly xfeatures: number;
  /** Those that stubs may use: xfeatures, and what the host has requested (ARCH_REQ_XCOMP_PERM). No rule depends on it. */
  readonly permitted: number;
  /** The valid bits of mxcsr. */
  readonly mxcsrMask: number;
  /** Those that the processor has, from AVX on, whether they are enabled or not. */
  readonly components: readonly XsaveComponent[];
}

export const NO_XSTATE: Xstate = {
  ...{ xstateLength: 0, xcr0: 0, frameLength: 0, xfeatures: 0, permitted: 0, mxcsrMask: 0 },
  components: [],
};

const half = count(0xffff_ffff);

const componentShape: Shape<XsaveComponent> = (value, place) => {
  const read = members(value, place);
  return {
    number: read("number", count(31, 2)),
    offset: read("offset", count(CONSTANTS.MOST_XSTATE)),
    size: read("size", count(CONSTANTS.MOST_XSTATE)),
    supervisor: read("supervisor", truth),
    aligned: read("aligned", truth),
  };
};

/** Reads these members of the description of a machine. */
export function xstateOf(read: Members): Xstate {
  return {
    xstateLength: read("xstateLength", count(CONSTANTS.MOST_XSTATE)),
    xcr0: read("xcr0", half),
    frameLength: read("frameLength", count(CONSTANTS.MOST_XSTATE)),
    xfeatures: read("xfeatures", half),
    permitted: read("permitted", half),
    mxcsrMask: read("mxcsrMask", half),
    components: read("components", list(componentShape, CONSTANTS.MOST_COMPONENTS - 1)),
  };
}

/** Flags of a component's record: bits of ECX in CPUID leaf 0xD. */
export const [SUPERVISOR, ALIGNED] = [1, 2];

/** Components as the records that the module reads, which a number of 0 ends. */
export function componentRecords(components: readonly XsaveComponent[]): Uint32Array {
  const records = new Uint32Array((COMPONENT_RECORD.size / 4) * CONSTANTS.MOST_COMPONENTS);
  const rows = components.map(({ number, offset, size, supervisor, aligned }) => [
    ...[number, offset, size],
    (supervisor ? SUPERVISOR : 0) | (aligned ? ALIGNED : 0),
  ]);
  records.set(rows.flat());
  return records;
}
