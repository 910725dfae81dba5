// A transform of the compiler of AssemblyScript: inlines more than the compiler does. Engines inline no calls within a
// module, and the calls of small functions were a quarter of the time that a case takes in the fuzzer's module.

/** The sizes of functions up to which they are inlined: always, if they have no loop, and if they are called once. */
const ALWAYS = 100;
const FLEXIBLE = 400;
const ONE_CALLER = 5000;

export default class {
  /** @param module before it is optimized, which sets the compiler's own limits again */
  afterCompile(module) {
    const { binaryen } = this;
    binaryen._BinaryenSetOptimizeLevel(3);
    binaryen._BinaryenSetShrinkLevel(0);
    binaryen._BinaryenSetAlwaysInlineMaxSize(ALWAYS);
    binaryen._BinaryenSetFlexibleInlineMaxSize(FLEXIBLE);
    binaryen._BinaryenSetOneCallerInlineMaxSize(ONE_CALLER);
    module.runPasses(["inlining-optimizing"]);
  }
}
