import { BLOCK_SIZE } from "../../case/case_members.ts";
import { indexOf } from "../../case/setups.ts";
import { by, type Row, setupFacts } from "../fact.ts";
import { setregset } from "../setups.ts";
import { GENREGS_SET, REGSET } from "../sources.ts";
import { first, OTHERS } from "./order.ts";

export const setregsetFacts = setupFacts("SETREGSET lengths", (fact) => {
  fact(
    "SETREGSET of fewer bytes than the registers have writes the first words",
    by(REGSET, "W9"),
    ...Array.from({ length: 27 }, (_, count): Row => {
      return [`${8 * count} bytes`, setregset(8 * count, OTHERS), { written: first(count) }];
    }),
    [
      "words after the length are not checked",
      setregset(8 * indexOf("cs"), { ...OTHERS, cs: 0n }),
      { written: first(indexOf("cs")) },
    ],
  );
  fact("SETREGSET of 216 bytes writes all words", GENREGS_SET, [
    "",
    setregset(BLOCK_SIZE, OTHERS),
    { written: OTHERS },
  ]);
  fact(
    "SETREGSET of a length that is not a multiple of 8 is EINVAL, and writes nothing",
    by(REGSET, "W8"),
    ...[1, 4, 7, 9, 68, 215, 217, 2 ** 32 - 1].map((length): Row => {
      return [`${length} bytes`, setregset(length, OTHERS), { error: "EINVAL", written: first(0) }];
    }),
  );
  fact(
    "SETREGSET of more bytes ignores the rest",
    by(REGSET, "W9"),
    ...[224, 336, 4096, 2 ** 31].map((length): Row => {
      return [`${length} bytes`, setregset(length, OTHERS), { written: OTHERS }];
    }),
  );
});
