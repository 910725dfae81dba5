// The plain C side of `stublab bench`.

import { headerFlags, link, missingFor } from "./compilers.mjs";
import { C_FLAGS } from "./libraries.mjs";
import { STATIC_FLAGS } from "./probe.mjs";
import { files, makeUnless } from "./sources.mjs";

const BENCH = "dist/bench-amd64";

export function buildBench() {
  const sources = [
    ...files("bench", ".c", ".h"),
    "shim/core/signal.h",
    "shim/core/amd64/machine.h",
  ];
  return makeUnless(missingFor("amd64"), BENCH, sources, () => {
    const flags = [
      ...C_FLAGS,
      ...headerFlags("amd64"),
      "-iquote",
      "shim/core",
      "-iquote",
      "shim/core/amd64",
    ];
    link("amd64", BENCH, [...flags, ...files("bench", ".c")], STATIC_FLAGS);
  });
}
