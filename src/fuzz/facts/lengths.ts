import { BASELINE } from "../case/baseline.ts";
import { BLOCK_SIZE } from "../case/case_members.ts";
import { REGISTERS } from "../case/setups.ts";
import { type Fact, setregset, tellOf, type Words } from "./fact.ts";

const tell = tellOf("SETREGSET lengths");

const OTHERS: Words = {
  ...Object.fromEntries(REGISTERS.map((name, i) => [name, BigInt(0x2000 + i)])),
  cs: 0x23n,
  ss: 0x33n,
  eflags: 0x203n,
  ds: 0x2bn,
  es: 0x2bn,
  fs: 0x2bn,
  gs: 0x2bn,
};

/** The first `count` words are written. */
const first = (count: number): Words =>
  Object.fromEntries(
    REGISTERS.map((name, i) => [name, (i < count ? OTHERS[name] : BASELINE[i]) ?? 0n]),
  );

function* facts(): Generator<Fact> {
  for (let length = 0; length <= BLOCK_SIZE; length += 8) {
    const count = length / 8;
    const what = count === 0 ? "nothing" : count === 1 ? "r15" : `r15 to ${REGISTERS[count - 1]}`;
    yield tell(
      `SETREGSET: ${length} bytes write ${what}`,
      count < 27 ? "W9" : "genregs_set, arch/x86/kernel/ptrace.c",
      setregset(length, OTHERS),
      {
        written: first(count),
      },
    );
  }
  for (const length of [1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1]) {
    const name = `SETREGSET: ${length} bytes, no multiple of 8, are EINVAL, and nothing is written`;
    yield tell(name, "W8", setregset(length, OTHERS), { error: "EINVAL", written: first(0) });
  }
  for (const length of [224, 336, 4096, 2 ** 31]) {
    const name = `SETREGSET: ${length} bytes are cut to 216`;
    yield tell(name, "W9", setregset(length, OTHERS), { written: first(27) });
  }
}

export const lengths: readonly Fact[] = [...facts()];
