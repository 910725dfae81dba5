import { suite } from "uvu";
import * as assert from "uvu/assert";
import { placeOf, SCRATCH, SCRATCH_SIZE } from "../../../src/labs/fuzz/case/amd64/code.ts";
import { parseCase } from "../../../src/labs/fuzz/case/case.ts";
import type { Fields } from "../../../src/labs/fuzz/case/fields.ts";
import { Experiment } from "../../../src/labs/fuzz/experiment.ts";
import { HERMETIC, HermeticTrier } from "../../support/hermetic.ts";

const frames = suite("fuzz: floating point of signal frames");

const MACHINE = { ...HERMETIC, features: [...HERMETIC.features, "xsavec" as const] };
const experiment = new Experiment({}, new HermeticTrier(MACHINE));
const { frameLength } = experiment.machine;
const END = SCRATCH + BigInt(SCRATCH_SIZE);

// Offsets in an XSAVE area: asm/sigcontext.h.
const [FCW, MXCSR, XMM0, YMM0] = [0, 24, 160, 576];
const [MAGIC1, XFEATURES, XSTATE_SIZE] = [464, 472, 480];
const [XSTATE_BV, XCOMP_BV, RESERVED] = [512, 520, 528];
const FP_XSTATE_MAGIC2 = 0x4650_5845n;
const COMPACTED = 1n << 63n;
/** The offset of an XSAVE area's end, where FP_XSTATE_MAGIC2 is. */
const LENGTH = frameLength;
const [X87, SSE, AVX] = [1n, 2n, 4n];
const WORD = 0x0123_4567_89ab_cdefn;

type Pairs = readonly (readonly [offset: number, word: bigint])[];

/** Returns from a signal with a frame whose floating point is at `image`, as in a new program but for some words. */
function returnWith(image: bigint, pairs: Pairs, registers = {}): Fields {
  const hex = (word: bigint | number) => `0x${word.toString(16)}`;
  const it = parseCase({
    ...{ schema: "stublab.case/1", way: "SIGRETURN", registers },
    frame: { image: hex(image) },
    pairs: pairs.map(([offset, word]) => ({ offset: hex(offset), word: hex(word) })),
  });
  const [fields] = experiment.try([it]);
  if (fields === undefined) throw new Error("a case has no outcome");
  return fields;
}

/** What the registers have after it; undefined if the frame is refused. */
function taken(image: bigint, pairs: Pairs): bigint[] | undefined {
  const fields = returnWith(image, pairs);
  const wasRefused = fields.get("signal") === 11n && fields.get("code") === 128n;
  return wasRefused ? undefined : pairs.map((_, k) => fields.get(`written.${k}`) ?? -1n);
}

const TAKEN: readonly (readonly [name: string, image: bigint, pairs: Pairs, seen: bigint[]])[] = [
  ["what a frame has is taken", SCRATCH, [[XMM0, WORD]], [WORD]],
  ["a null pointer: nothing is taken", 0n, [[XMM0, WORD]], [0n]],
  ["x87 has bit 6 of fcw set", SCRATCH, [[FCW, 0n]], [0x40n]],
  [
    "another magic1: only x87 and SSE are taken",
    SCRATCH,
    [
      [MAGIC1, 1n],
      [XMM0, WORD],
      [YMM0, WORD],
    ],
    [-1n, WORD, 0n],
  ],
  [
    "another FP_XSTATE_MAGIC2: the same",
    SCRATCH,
    [
      [LENGTH - 4, 0n],
      [XMM0, WORD],
      [YMM0, WORD],
    ],
    [-1n, WORD, 0n],
  ],
  [
    "a frame may be shorter than it is, with FP_XSTATE_MAGIC2 at its end",
    SCRATCH,
    [
      [XSTATE_SIZE, 584n],
      [584, FP_XSTATE_MAGIC2],
      [YMM0, WORD],
    ],
    [-1n, FP_XSTATE_MAGIC2, WORD],
  ],
  [
    "a component that the kernel's own bytes do not name is as in a new program",
    SCRATCH,
    [
      [XFEATURES, X87],
      [XMM0, WORD],
      [MXCSR, 0x1f00n],
    ],
    [-1n, 0n, 0x1f80n],
  ],
  [
    "so is one that the header does not name, but mxcsr is taken",
    SCRATCH,
    [
      [XSTATE_BV, X87],
      [XMM0, WORD],
      [MXCSR, 0x1f00n],
    ],
    [-1n, 0n, 0x1f00n],
  ],
];

for (const [name, image, pairs, seen] of TAKEN) {
  frames(name, () => {
    const words = taken(image, pairs) ?? [];
    // The upper half of mxcsr's word is its mask, and of the words of the kernel's own bytes nothing is asked.
    const low = words.map((word, k) => (pairs[k]?.[0] === MXCSR ? word & 0xffff_ffffn : word));
    assert.equal(
      low.map((word, k) => (seen[k] === -1n ? -1n : word)),
      seen,
    );
  });
}

const REFUSED: readonly (readonly [name: string, image: bigint, pairs: Pairs])[] = [
  ["an address that is not mapped", 0x1000n, []],
  ["an address that is not canonical", 1n << 47n, []],
  ["an address of the kernel", -4096n & ((1n << 64n) - 1n), []],
  ["an address that is not a multiple of 64", SCRATCH + 32n, []],
  ["only x87 and SSE at an address that is not a multiple of 16", SCRATCH + 8n, [[MAGIC1, 0n]]],
  ["an end that is not mapped", END - 576n, []],
  ["an end whose size is not mapped", END - 512n, []],
  ["a reserved bit of mxcsr", SCRATCH, [[MXCSR, 0x8000_0000n]]],
  [
    "the same of x87 and SSE alone",
    SCRATCH,
    [
      [MAGIC1, 0n],
      [MXCSR, 0x8000_0000n],
    ],
  ],
  ["a component that no processor has", SCRATCH, [[XSTATE_BV, 1n << 62n]]],
  ["a component in xcomp_bv of an area that is not compacted", SCRATCH, [[XCOMP_BV, 1n]]],
  ["a reserved word of the header", SCRATCH, [[RESERVED, 1n]]],
  ["a compacted area that lacks a component of its header", SCRATCH, [[XCOMP_BV, COMPACTED | X87]]],
];

for (const [name, image, pairs] of REFUSED) {
  frames(`refused: ${name}`, () => assert.is(taken(image, pairs), undefined));
}

frames("only x87 and SSE are taken from a multiple of 16", () => {
  assert.is(
    taken(SCRATCH + 16n, [
      [MAGIC1, 0n],
      [XMM0, WORD],
    ])?.[1],
    WORD,
  );
});

frames(
  "a refused frame's registers are there at the signal, but rax is 0 and floating point new",
  () => {
    const pairs: Pairs = [
      [XCOMP_BV, 1n],
      [XMM0, WORD],
    ];
    const fields = returnWith(SCRATCH, pairs, { rax: "0x7", rbx: "0x8", rip: "0x9" });
    const names = ["signal", "code", "address", "stopped.rax", "stopped.rbx", "stopped.rip"];
    assert.equal(
      names.map((name) => fields.get(name)),
      [11n, 128n, 0n, 0n, 8n, 9n],
    );
    assert.is(fields.get("written.1"), 0n);
  },
);

frames("a compacted area is taken, unlike by ptrace", () => {
  const components = SSE | AVX;
  const pairs: Pairs = [
    [XSTATE_BV, components],
    [XCOMP_BV, COMPACTED | components],
    [XMM0, WORD],
    [YMM0, WORD],
  ];
  assert.equal(taken(SCRATCH, pairs)?.slice(2), [WORD, WORD]);
  // Only what is taken must be readable.
  const short: Pairs = [
    [XSTATE_SIZE, 576n],
    [576, FP_XSTATE_MAGIC2],
    [XSTATE_BV, X87],
    [XCOMP_BV, COMPACTED | X87 | AVX],
  ];
  assert.is.not(taken(END - 640n, short), undefined);
});

frames("code that uses SSE has mxcsr and registers of the frame", () => {
  const [NAN, XMM4] = [0x7fc0_0000n, 224];
  const sse = { rip: `0x${placeOf("sse").toString(16)}` };
  const outcome = (mxcsr: bigint) =>
    returnWith(
      SCRATCH,
      [
        [MXCSR, mxcsr],
        [XMM4, NAN],
      ],
      sse,
    );
  const flags = outcome(0x1f80n).get("stopped.eflags") ?? 0n;
  assert.is(flags & 0x45n, 0x45n);
  const fault = outcome(0x1f00n);
  // SIGFPE, FPE_FLTINV
  assert.equal([fault.get("signal"), fault.get("code")], [8n, 7n]);
  assert.is((fault.get("written.0") ?? 0n) & 0xffffn, 0x1f01n);
});

frames.after(() => experiment.close());
frames.run();
