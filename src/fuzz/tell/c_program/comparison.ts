import type { Fields } from "../../case/fields.ts";
import { FRAME_REGISTERS, REGISTERS } from "../../case/setups.ts";
import { literal } from "./literals.ts";

/** What is known of a case: by the model, and by a look at what came of it. */
export interface Knowledge {
  /** What is predicted; what is not predicted is missing. */
  readonly predicted: Fields;
  /** What was seen; what differs from run to run is missing. */
  readonly seen: Fields;
}

/** Prints fields, and counts. */
export function comparing({ registers, frame }: { registers: boolean; frame: boolean }): string {
  return `/* What is not predicted, and what is not the same in each run. */
enum { UNPREDICTED = 1, UNSTABLE = 2 };

static int not_as_predicted, not_as_seen;

/* Tells a field: as predicted, as it was seen where this program was made, as it is here. */
static void compare(const char *group, const char *name, uint64_t predicted, uint64_t seen,
                    uint64_t here, int unknown) {
    char told[3][24];
    const uint64_t words[] = {predicted, seen, here};
    for (int i = 0; i < 3; i++)
        snprintf(told[i], sizeof told[i], words[i] < 10 ? "%" PRIu64 : "0x%" PRIx64, words[i]);
    const int surprising = !(unknown & UNPREDICTED) && here != predicted;
    const int different = !(unknown & UNSTABLE) && here != seen;
    printf("%-9s%-10s%-20s%-20s%-20s%s%s\\n", group, name, unknown & UNPREDICTED ? "?" : told[0],
           unknown & UNSTABLE ? "?" : told[1], told[2], surprising ? " not as predicted" : "",
           different ? " NOT AS SEEN" : "");
    not_as_predicted += surprising;
    not_as_seen += different;
}
${registers || frame ? compareWords : ""}${registers ? compareRegisters : ""}${frame ? compareFrame : ""}
static int verdict(void) {
    kill(child, SIGKILL);
    printf("%d fields are not as predicted, and %d not as they were seen\\n", not_as_predicted,
           not_as_seen);
    return not_as_seen == 0 ? REPRODUCED : OTHERWISE;
}
`;
}

const compareWords = `
/* The words of a structure; those that nothing happened to are not told. */
static void compare_words(const char *group, const char *const *names, int count,
                          const void *before, const void *predicted, const void *seen,
                          const void *here, uint32_t unpredicted, uint32_t unstable) {
    const uint64_t *b = before, *p = predicted, *s = seen, *h = here;
    for (int i = 0; i < count; i++) {
        int unknown = (unpredicted >> i & 1 ? UNPREDICTED : 0) | (unstable >> i & 1 ? UNSTABLE : 0);
        if (unknown || p[i] != b[i] || s[i] != b[i] || h[i] != b[i])
            compare(group, names[i], p[i], s[i], h[i], unknown);
    }
}
`;

function names(of: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < of.length; i += 9) {
    lines.push(
      `        ${of
        .slice(i, i + 9)
        .map((name) => `"${name}",`)
        .join(" ")}`,
    );
  }
  return lines.join("\n");
}

const compareRegisters = `
static void compare_registers(const char *group, const struct user_regs_struct *before,
                              const struct user_regs_struct *predicted,
                              const struct user_regs_struct *seen,
                              const struct user_regs_struct *here, uint32_t unpredicted,
                              uint32_t unstable) {
    static const char *const NAMES[] = {
${names(REGISTERS)}
    };
    compare_words(group, NAMES, ${REGISTERS.length}, before, predicted, seen, here, unpredicted, unstable);
}
`;

const compareFrame = `
/* What the handler's signal frame has saved: struct sigcontext, without floating point. */
static void compare_frame(uint64_t rsp, const uint64_t *predicted, const uint64_t *seen,
                          uint32_t unpredicted, uint32_t unstable) {
    static const char *const NAMES[] = {
${names(FRAME_REGISTERS)}
    };
    uint64_t here[${FRAME_REGISTERS.length}] = {0}, none[${FRAME_REGISTERS.length}] = {0};
    /* The return address, then uc_flags, uc_link and uc_stack lie before it. */
    const struct iovec to = {here, sizeof here}, from = {(void *)(rsp + 8 + 40), sizeof here};
    if (process_vm_readv(child, &to, 1, &from, 1, 0) != sizeof here)
        memset(here, 0, sizeof here);
    compare_words("frame", NAMES, ${FRAME_REGISTERS.length}, none, predicted, seen, here, unpredicted, unstable);
}
`;

/** A call of compare for one field. */
export function compareField(
  field: string,
  [group, name]: readonly [string, string],
  here: string,
  { predicted, seen }: Knowledge,
): string {
  const [p, s] = [predicted.get(field), seen.get(field)];
  const unknown = [p === undefined && "UNPREDICTED", s === undefined && "UNSTABLE"].filter(Boolean);
  const words = [literal(p ?? 0n), literal(s ?? 0n), here].join(", ");
  return `    compare("${group}", "${name}", ${words}, ${unknown.join(" | ") || "0"});\n`;
}

/** Declares what all registers are predicted to be, and were seen as, and compares. */
export function compareAll(
  group: "written" | "stopped",
  before: { readonly variable: string; readonly words: readonly bigint[] },
  here: string,
  { predicted, seen }: Knowledge,
): string {
  const lines: string[] = [];
  const masks = { unpredicted: 0, unstable: 0 };
  for (const [i, name] of REGISTERS.entries()) {
    const field = `${group}.${name}`;
    const [p, s] = [predicted.get(field), seen.get(field)];
    if (p === undefined) masks.unpredicted |= 1 << i;
    if (s === undefined) masks.unstable |= 1 << i;
    const parts = [
      p !== undefined && p !== before.words[i] ? `predicted.${name} = ${literal(p)};` : "",
      s !== undefined && s !== before.words[i] ? `seen.${name} = ${literal(s)};` : "",
    ].filter((part) => part !== "");
    if (parts.length > 0) lines.push(`    ${parts.join(" ")}\n`);
  }
  return `    predicted = seen = ${before.variable};
${lines.join("")}    compare_registers("${group}", &${before.variable}, &predicted, &seen, &${here},
                      ${mask(masks.unpredicted)}, ${mask(masks.unstable)});
`;
}

/** The same for a signal frame. */
export function compareSaved({ predicted, seen }: Knowledge): string {
  const row = (fields: Fields) =>
    FRAME_REGISTERS.map((name) => [name, fields.get(`frame.${name}`)] as const);
  const words = (fields: Fields) =>
    row(fields)
      .map(([, word], i) => ({ word, i }))
      .filter(({ word }) => word !== undefined && word !== 0n)
      .map(
        ({ word, i }) => `            [${i}] = ${literal(word ?? 0n)}, /* ${FRAME_REGISTERS[i]} */`,
      )
      .join("\n");
  const missing = (fields: Fields) =>
    row(fields).reduce((set, [, word], i) => (word === undefined ? set | (1 << i) : set), 0);
  return `    {
        const uint64_t predicted_frame[${FRAME_REGISTERS.length}] = {
${words(predicted) || "            0,"}
        };
        const uint64_t seen_frame[${FRAME_REGISTERS.length}] = {
${words(seen) || "            0,"}
        };
        compare_frame(here.rsp, predicted_frame, seen_frame, ${mask(missing(predicted))}, ${mask(missing(seen))});
    }
`;
}

function mask(bits: number): string {
  return bits === 0 ? "0" : `0x${(bits >>> 0).toString(16)}`;
}
