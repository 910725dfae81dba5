// Inlines more in the fuzzer's module than the compiler of AssemblyScript does. Engines inline no calls within a module, and
// the calls of small functions were a quarter of the time that a case takes in it. The probe, which is to be small, is made
// of what the compiler writes.

import { readFileSync, writeFileSync } from "node:fs";

/** The sizes of functions up to which they are inlined: always, if they have no loop, and if they are called once. */
const ALWAYS = 150;
const FLEXIBLE = 400;
const ONE_CALLER = 5000;

/** Reads a module from a file, and writes it to another. */
export async function inlineMore(from, to) {
  const { default: binaryen } = await import("assemblyscript/binaryen");
  const { MutableGlobals, SignExt, NontrappingFPToInt, BulkMemory, BulkMemoryOpt } =
    binaryen.Features;
  const module = binaryen.readBinary(readFileSync(from));
  // Those that the compiler permits itself.
  module.setFeatures(MutableGlobals | SignExt | NontrappingFPToInt | BulkMemory | BulkMemoryOpt);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  binaryen.setAlwaysInlineMaxSize(ALWAYS);
  binaryen.setFlexibleInlineMaxSize(FLEXIBLE);
  binaryen.setOneCallerInlineMaxSize(ONE_CALLER);
  module.runPasses(["inlining-optimizing"]);
  writeFileSync(to, module.emitBinary());
  module.dispose();
}
