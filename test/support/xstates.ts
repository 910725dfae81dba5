/* How the kernel shows floating point on some processors. */

import type { XsaveComponent, Xstate } from "../../src/labs/fuzz/machine.ts";

const component = (
  number: number,
  offset: number,
  size: number,
  flags: Partial<XsaveComponent> = {},
): XsaveComponent => ({ number, offset, size, supervisor: false, aligned: false, ...flags });

const AVX = component(2, 576, 256);
/** AMD with AVX-512 and shadow stacks: there is no gap. */
const PACKED = [
  AVX,
  ...[component(5, 832, 64), component(6, 896, 512), component(7, 1408, 1024)],
  ...[component(9, 2432, 8), component(11, 0, 16, { supervisor: true })],
];
/** Those of MPX. */
const BOUNDS = [component(3, 960, 64), component(4, 1024, 64)];
/** Intel with AMX: PKRU has a gap before it and after it. */
const WITH_GAPS = [
  AVX,
  ...[component(5, 1088, 64), component(6, 1152, 512), component(7, 1664, 1024)],
  ...[component(9, 2688, 8), component(11, 0, 16, { supervisor: true })],
  ...[component(17, 2752, 64, { aligned: true }), component(18, 2816, 8192, { aligned: true })],
];

const xstate = (
  components: readonly XsaveComponent[],
  xcr0: number,
  xfeatures = xcr0,
): Omit<Xstate, "mxcsrMask"> => {
  const end = (set: number) =>
    Math.max(
      576,
      ...components.map(({ number, offset, size }) =>
        ((set >> number) & 1) === 1 ? offset + size : 0,
      ),
    );
  return {
    ...{ xstateLength: end(xcr0), xcr0, frameLength: end(xfeatures), xfeatures },
    ...{ permitted: xfeatures, components },
  };
};

export const PACKED_XSTATE: Xstate = { ...xstate(PACKED, 0xe7), mxcsrMask: 0x2_ffff };
export const PKRU_XSTATE: Xstate = { ...xstate(PACKED, 0x2e7), mxcsrMask: 0x2_ffff };
/** TILEDATA has to be requested: a frame has 2816 bytes, and NT_X86_XSTATE 11008. */
export const AMX_XSTATE: Xstate = { ...xstate(WITH_GAPS, 0x6_02e7, 0x2_02e7), mxcsrMask: 0xffff };
export const MPX_XSTATE: Xstate = {
  ...xstate([...BOUNDS, ...WITH_GAPS], 0x6_02ff, 0x2_02ff),
  mxcsrMask: 0xffff,
};
