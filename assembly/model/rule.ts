// Rules. A rule stands once: in the file of the kernel function, or of the part of the processor, that it is about. It
// is an exported global with its id, its numbers, and a comment; under them is the code that uses them:
//
//   /**
//    * A selector other than 0 must have the privilege level {level}, otherwise {errno}.
//    * @source invalid_selector, arch/x86/kernel/ptrace.c, 6.12
//    * @asked amd intel
//    * @needs !fsgsbase
//    * @since 6.16
//    */
//   export let W3: u32 = 0;                    its place in the table, 0 if it does not hold on the selected machine
//   export let W3_level: u64 = 3;              a number; the mutants of test/support/model_mutants.ts change it
//   export const W3_level_la57: u64 = 0;       optional: the number on a machine with a feature
//
// {name} in the sentence stands for a number; one that the kernel has has its name there. @source: function, file,
// version looked at; or the manual; or "measured". The others are optional. @asked, if the truth is the processor's:
// which were asked, by names of src/labs/fuzz/predict/processors.ts. @needs: the feature with which it holds; with
// "!", without which. @since: the first release that has the feature. The build makes a table of them
// (scripts/rules.mjs), from which all else derives, such as `stublab predict --list`. Ids are a letter and a number.

/** Most uses of rules in the prediction of a case. */
const MOST_USED: i32 = 160;
/** More than there are rules. */
const MOST_RULES = 256;

/** The rules that the last prediction used, in order, each once in a step of its case. */
const used = memory.data(MOST_USED);
let usedCount: i32 = 0;
/** The first use in the last step. */
let stepBegin: i32 = 0;
/** By rule: the number of the last step that used it. */
const lastUses = memory.data(4 * MOST_RULES, 4);
let prediction: u32 = 0;

/** By rule: in how many predictions of batches it was used. The host reads it, and may clear it. */
export const exercised: usize = memory.data(4 * MOST_RULES, 4);

/** Begins the prediction of a step, which may go on with the uses of the steps before it. */
export function beginUses(goesOn: bool): void {
  if (!goesOn) usedCount = 0;
  stepBegin = usedCount;
  prediction++;
}

/**
 * Whether a rule holds; if so, it is used. In a condition it comes last: a rule is used where what it is about is so, and
 * without it, as in a mutant, the code goes on as if the statement were not there.
 */
export function use(rule: u32): bool {
  return rule != 0 && note(rule);
}

/** The rule that applies wherever it is looked at, whatever its condition: 0, except in a mutant. */
let wide: u32 = 0;

export function widen(rule: u32): void {
  wide = rule;
}

/** Whether a rule about what is not predicted applies; if so, it is used. */
export function applies(rule: u32, condition: bool): bool {
  return (condition || rule == wide) && use(rule);
}

function note(rule: u32): bool {
  const last = lastUses + 4 * rule;
  if (load<u32>(last) == prediction) return true;
  store<u32>(last, prediction);
  if (usedCount < MOST_USED) store<u8>(used + usedCount++, u8(rule));
  return true;
}

/** Adds the rules of the last step to `exercised`. */
export function countUses(): void {
  for (let k = stepBegin; k < usedCount; k++) {
    const count = exercised + 4 * load<u8>(used + k);
    store<u32>(count, load<u32>(count) + 1);
  }
}

/** The number of uses in the last prediction and, of these, in its last step; and the rule of the k-th. */
export function usedRules(): u32 {
  return usedCount;
}

export function usedInStep(): u32 {
  return usedCount - stepBegin;
}

export function usedRule(k: u32): u32 {
  return load<u8>(used + k);
}
