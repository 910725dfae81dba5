import { BASELINE } from "../../case/baseline.ts";
import type { Case } from "../../case/case.ts";
import { compareAll, compareField, compareSaved, type Knowledge } from "./comparison.ts";

/** Resumes as the case does, and looks at the stop; as far as it came when it was seen. */
export function resuming(it: Case, knowledge: Knowledge): string {
  const { seen } = knowledge;
  if (!has(knowledge, "resumed")) return "";
  const signal = it.signal === 0 ? "0" : `(void *)${it.signal}UL`;
  const request = `
    /* Resume. */
    const int resumed = trace(PTRACE_${it.on}, 0, ${signal}) == 0 ? 0 : errno;
${compareField("resumed", ["resume", "errno"], "(uint64_t)resumed", knowledge)}`;
  if (!has(knowledge, "status")) return request;
  const waited = `    if (resumed != 0)
        return verdict();
    const int status = next_stop();
${compareField("status", ["wait", "status"], "(uint64_t)status", knowledge)}`;
  if (!has(knowledge, "stopped.rip") && !seen.has("stopped.rsp")) return request + waited;
  return `${request}${waited}    if ((status & 0xff) != 0x7f)
        return verdict();

    /* At the stop. Registers that are not named are to be as in ${beforeOf(it).variable}. */
    trace(PTRACE_GETREGS, 0, &here);
${compareAll("stopped", beforeOf(it), "here", knowledge)}${information(knowledge)}${
  showsFrame(knowledge) ? compareSaved(knowledge) : ""
}`;
}

/** Whether the signal frame of a handler is looked at. */
export function showsFrame(knowledge: Knowledge): boolean {
  return has(knowledge, "frame.rip");
}

function has({ predicted, seen }: Knowledge, field: string): boolean {
  return seen.has(field) || (predicted.has(field) && field !== "frame.rip");
}

function beforeOf({ way, block }: Case): { variable: string; words: readonly bigint[] } {
  const whole = way === "SETREGS" || way === "SETREGSET";
  return whole ? { variable: "given", words: block } : { variable: "START", words: BASELINE };
}

/** What PTRACE_GETSIGINFO tells. */
function information(knowledge: Knowledge): string {
  if (!knowledge.seen.has("signal")) return "";
  const address = knowledge.seen.has("address")
    ? compareField("address", ["signal", "address"], "(uint64_t)(uintptr_t)info.si_addr", knowledge)
    : "";
  const code = "(uint64_t)info.si_code";
  return `    siginfo_t info = {0};
    trace(PTRACE_GETSIGINFO, 0, &info);
${compareField("signal", ["signal", "number"], "(uint64_t)info.si_signo", knowledge)}${compareField("code", ["signal", "code"], code, knowledge)}${address}`;
}
