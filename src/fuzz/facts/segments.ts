import { placeOf } from "../case/code.ts";
import { type Fact, SI_KERNEL, setregs, show, tellOf, type Words } from "./fact.ts";

const tell = tellOf("segments when resumed");

const NOPS = placeOf("nops");

function* facts(): Generator<Fact> {
  const go = (words: Words, code = "nops") => setregs(words, { on: "CONT", code });
  for (const register of ["ds", "es", "fs", "gs"]) {
    for (const selector of [3n, 7n, 0x63n, 0xffffn]) {
      yield tell(
        `${register} = ${show(selector)}, which names no segment, reads 0 afterwards`,
        // The null selector reads 0 by another way than one that cannot be loaded.
        selector === 3n ? "R63" : "R25",
        go({ [register]: selector }),
        {
          stop: "SIGTRAP",
          stopped: { [register]: 0n },
        },
      );
    }
    for (const selector of [0n, 0x23n, 0x2bn, 0x33n]) {
      yield tell(
        `${register} = ${show(selector)} is kept`,
        "loadsegment, arch/x86/include/asm/segment.h",
        go({ [register]: selector }),
        {
          stop: "SIGTRAP",
          stopped: { [register]: selector },
        },
      );
    }
  }
  const refused = { stop: "SIGSEGV", code: SI_KERNEL, address: 0n } as const;
  for (const cs of [3n, 0x0fn, 0x2bn, 0x63n, 0xffffn]) {
    yield tell(
      `cs = ${show(cs)} cannot be returned to: SIGSEGV, SI_KERNEL, si_addr 0, and it is seen as it was written`,
      "R26",
      go({ cs }),
      {
        ...refused,
        stopped: { cs, rip: NOPS },
      },
    );
  }
  for (const ss of [3n, 7n, 0x23n, 0x33n, 0xffffn]) {
    yield tell(
      `ss = ${show(ss)} cannot be returned with: SIGSEGV, SI_KERNEL, si_addr 0, and it is seen as it was written`,
      "R27",
      go({ ss }),
      {
        ...refused,
        stopped: { ss, rip: NOPS },
      },
    );
  }
  yield tell(
    "cs = 0x23 runs 32-bit code",
    "R29",
    go({ cs: 0x23n, rax: 41n }, "inc32"),
    {
      stop: "SIGTRAP",
      stopped: { cs: 0x23n, rax: 42n, rip: placeOf("inc32") + 2n },
    },
    "32-bit calls",
  );
  yield tell(
    "cs = 0x23 cuts rsp to 32 bits",
    "R29",
    go({ cs: 0x23n, rsp: 0x1_1000_7000n }, "inc32"),
    {
      stop: "SIGTRAP",
      stopped: { rsp: 0x1000_7000n },
    },
    "32-bit calls",
  );
  yield tell(
    "In 64 bits the same code is a prefix, and rax stays",
    "REX prefixes, SDM volume 2",
    go({ rax: 41n }, "inc32"),
    {
      stop: "SIGTRAP",
      stopped: { rax: 41n },
    },
  );
}

export const segments: readonly Fact[] = [...facts()];
