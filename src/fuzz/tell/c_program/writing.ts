import { BASELINE } from "../../case/baseline.ts";
import type { Case } from "../../case/case.ts";
import { REGISTERS } from "../../case/setups.ts";
import { compareAll, compareField, type Knowledge } from "./comparison.ts";
import { literal } from "./literals.ts";

/** Writes as the case does, and reads back. */
export function writing(it: Case, knowledge: Knowledge): string {
  const whole = it.way === "SETREGS" || it.way === "SETREGSET";
  const before = whole
    ? { variable: "given", words: it.block }
    : { variable: "START", words: BASELINE };
  const error = compareField("error", ["write", "errno"], "(uint64_t)error", knowledge);
  return `${whole ? given(it) : ""}${request(it)}
${error}${it.way === "POKEUSER" ? compareField("refusedAt", ["write", "at pair"], "(uint64_t)refused_at", knowledge) : ""}${
  writesRegisters(it)
    ? `
    /* Read back. Registers that are not named are to be as in ${before.variable}. */
    trace(PTRACE_GETREGS, 0, &here);
${compareAll("written", before, "here", knowledge)}`
    : readBack(it, knowledge)
}`;
}

export function writesRegisters({ way }: Case): boolean {
  return way !== "SETFPREGS" && way !== "XSTATE" && way !== "SIGMASK";
}

/** The words that go in, where all are given. */
export function given({ block }: Case): string {
  const lines = REGISTERS.map((name, i) => [name, block[i] ?? 0n, BASELINE[i]] as const)
    .filter(([, word, plain]) => word !== plain)
    .map(([name, word]) => `    given.${name} = ${literal(word)};\n`);
  return `    struct user_regs_struct given = START;
${lines.join("")}`;
}

function request(it: Case): string {
  const { way, length, words, pairs } = it;
  const failing = (call: string) => `    const int error = ${call} == 0 ? 0 : errno;\n`;
  switch (way) {
    case "SIGRETURN":
      throw new RangeError("no request writes what rt_sigreturn takes");
    case "SETREGS":
      return failing("trace(PTRACE_SETREGS, 0, &given)");
    case "SETREGSET":
      return `    const struct iovec vector = {&given, ${length}};
${failing("trace(PTRACE_SETREGSET, NT_PRSTATUS, &vector)")}`;
    case "POKEUSER":
      return poking(it);
    case "SYSCALL_INFO":
      return `    /* struct ptrace_syscall_info */
    const uint64_t call[] = {${words.map(literal).join(", ")}};
${failing(`trace(PTRACE_SET_SYSCALL_INFO, ${length}, call)`)}`;
    case "SIGMASK":
      return `    const uint64_t mask = ${literal(words[0] ?? 0n)};
${failing(`trace(PTRACE_SETSIGMASK, ${length}, &mask)`)}`;
    case "SETFPREGS":
      return `    struct user_fpregs_struct area;
    memcpy(&area, start_xstate(), sizeof area);
${putPairs(it, "area", 512)}${failing("trace(PTRACE_SETFPREGS, 0, &area)")}`;
    case "XSTATE":
      return `    unsigned char *const area = start_xstate();
    const struct iovec vector = {area, ${length}}${pairs.length === 0 ? "" : ", all = {area, xstate_length}"};
${putPairs(it, "area", "xstate_length")}${failing("trace(PTRACE_SETREGSET, NT_X86_XSTATE, &vector)")}`;
  }
  return unreachable(way);
}

function unreachable(way: never): never {
  throw new RangeError(`there is no way ${String(way)}`);
}

function poking({ pairs }: Case): string {
  const rows = pairs.map(({ offset, word }) => {
    const name = offset % 8n === 0n ? REGISTERS[Number(offset / 8n)] : undefined;
    return `        {${literal(offset)}, ${literal(word)}},${name === undefined ? "" : ` /* ${name} */`}\n`;
  });
  if (pairs.length === 0) return "    const int error = 0, refused_at = -1;\n";
  return `    /* Offsets in struct user, and words. */
    static const uint64_t PAIRS[][2] = {
${rows.join("")}    };
    int error = 0, refused_at = -1;
    for (int i = 0; i < ${pairs.length} && error == 0; i++)
        if (trace(PTRACE_POKEUSR, PAIRS[i][0], (void *)PAIRS[i][1]) != 0) {
            error = errno;
            refused_at = i;
        }
`;
}

function putPairs({ pairs }: Case, area: string, size: number | string): string {
  const bytes = area === "area" ? area : `&${area}`;
  return pairs
    .map(
      ({ offset, word }) =>
        `    put(${typeof size === "number" ? "&" : ""}${bytes}, ${size}, ${literal(offset)}, ${literal(word)});\n`,
    )
    .join("");
}

/** What is read back where the way does not write general registers: the words at the places that it wrote to. */
function readBack(it: Case, knowledge: Knowledge): string {
  if (it.way === "SIGMASK") {
    return `    uint64_t mask_here = 0;
    trace(PTRACE_GETSIGMASK, sizeof mask_here, &mask_here);
${compareField("written.mask", ["written", "mask"], "mask_here", knowledge)}`;
  }
  if (it.pairs.length === 0) return "";
  const fx = it.way === "SETFPREGS";
  const size = fx ? "sizeof area" : "xstate_length";
  const words = it.pairs.map(({ offset }, i) =>
    compareField(
      `written.${i}`,
      ["written", `+${offset > 99_999n ? "far" : offset}`],
      `taken(${fx ? "&area" : "area"}, ${size}, ${literal(offset)})`,
      knowledge,
    ),
  );
  return `    trace(${fx ? "PTRACE_GETFPREGS, 0, &area" : "PTRACE_GETREGSET, NT_X86_XSTATE, &all"});
${words.join("")}`;
}

/** The floating-point state that a case starts with, and its words. */
export const FLOATING_POINT = `
static size_t xstate_length;

/*
 * The XSAVE area that the case builds on, with every component that there is as it is at the start
 * of a program. The kernel tells the components at 464; 28 has the bits that mxcsr may have.
 */
static unsigned char *start_xstate(void) {
    _Alignas(64) static unsigned char area[16 << 10];
    struct iovec vector = {area, sizeof area};
    const uint16_t control = 0x37f;
    const uint32_t mxcsr = 0x1f80;
    if (trace(PTRACE_GETREGSET, NT_X86_XSTATE, &vector) != 0)
        cannot("read the XSAVE area");
    xstate_length = vector.iov_len;
    memset(area, 0, 28);
    memset(area + 32, 0, 464 - 32);
    memset(area + 472, 0, xstate_length - 472);
    memcpy(area, &control, sizeof control);
    memcpy(area + 24, &mxcsr, sizeof mxcsr);
    memcpy(area + 512, area + 464, sizeof(uint64_t));
    vector.iov_len = xstate_length;
    if (trace(PTRACE_SETREGSET, NT_X86_XSTATE, &vector) != 0)
        cannot("write the XSAVE area");
    return area;
}
`;

/** The same where the case puts words into it. */
export const PUTTING = `
/* A word somewhere in an area; what of it lies outside is passed over. */
static void put(void *area, uint64_t length, uint64_t offset, uint64_t word) {
    for (uint64_t i = 0; i < 8 && offset < length && offset + i < length; i++)
        ((unsigned char *)area)[offset + i] = (unsigned char)(word >> (8 * i));
}

static uint64_t taken(const void *area, uint64_t length, uint64_t offset) {
    uint64_t word = 0;
    for (uint64_t i = 0; i < 8 && offset < length && offset + i < length; i++)
        word |= (uint64_t)((const unsigned char *)area)[offset + i] << (8 * i);
    return word;
}
`;
