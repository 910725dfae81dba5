// Time limit: 240 s
import {
  parseVerdict,
  type Tool,
  type ToolVerdict,
  toolNeeds,
  verdictStatus,
} from "../../../src/labs/fuzz/facts/profiles.ts";
import { pathOfProbe } from "../../../src/labs/fuzz/probe/run.ts";
import { SESSIONS } from "../../support/tool_sessions.ts";

const profiles = suite("profiles: what tools need of ptrace");

/** What `npm run profiles` has tried: otherwise it tries one denial in so many, of the tools that CI has. */
const TRIED = "test/labs/fuzz/tried_profiles.jsonl";
const TRIES_ALL = Boolean(process.env.SOAK);
const TAKEN = TRIES_ALL ? 1 : 13;
const TOOLS: readonly Exclude<Tool, "rr">[] = TRIES_ALL
  ? ["gdb", "strace", "gvisor", "criu", "stublab"]
  : ["gdb", "strace"];
const PROGRAMS: Readonly<Record<Exclude<Tool, "rr">, string>> = {
  gdb: "gdb",
  strace: "strace",
  gvisor: "runsc",
  criu: "criu",
  stublab: "node",
};

/** linux/ptrace.h, asm/ptrace-abi.h */
const REQUESTS: Readonly<Record<string, number>> = {
  ...{ TRACEME: 0, PEEKDATA: 2, PEEKUSER: 3, POKEDATA: 5, POKEUSER: 6, CONT: 7, SINGLESTEP: 9 },
  ...{ GETREGS: 12, SETREGS: 13, GETFPREGS: 14, SETFPREGS: 15, ATTACH: 16, DETACH: 17 },
  ...{ SYSCALL: 24, GET_THREAD_AREA: 25, ARCH_PRCTL: 30, SYSEMU: 31, SETOPTIONS: 0x4200 },
  ...{ GETEVENTMSG: 0x4201, GETSIGINFO: 0x4202, SETSIGINFO: 0x4203, GETREGSET: 0x4204 },
  ...{ SETREGSET: 0x4205, SEIZE: 0x4206, INTERRUPT: 0x4207, LISTEN: 0x4208, PEEKSIGINFO: 0x4209 },
  ...{ GETSIGMASK: 0x420a, SETSIGMASK: 0x420b, GET_SYSCALL_INFO: 0x420e },
  ...{ GET_RSEQ_CONFIGURATION: 0x420f },
};
const OPTIONS: Readonly<Record<string, number>> = {
  ...{ TRACESYSGOOD: 1, TRACEFORK: 2, TRACEVFORK: 4, TRACECLONE: 8, TRACEEXEC: 16 },
  ...{ TRACEVFORKDONE: 32, TRACEEXIT: 64, TRACESECCOMP: 128, EXITKILL: 1 << 20 },
};

interface Denial {
  readonly tool: Tool;
  /** Facilities that are denied together, and the errno. */
  readonly denied: readonly string[];
  readonly error: "EPERM" | "EIO" | "ENOSYS" | "EINVAL";
}

/** The words for test/support/deny.c. An option can be set by two requests. */
function wordsOf({ denied, error }: Denial): string[] {
  const ends = (name: string) => {
    const errno = constants.errno[error];
    const [, kind, rest = ""] = /^PTRACE_(O_)?(.*)$/.exec(name) ?? [];
    if (rest === "") return [[callNumber(name), errno]];
    const head = [callNumber("ptrace"), errno, 0];
    if (kind === undefined) return [[...head, REQUESTS[rest]]];
    return ["SETOPTIONS", "SEIZE"].map((by) => [...head, REQUESTS[by], 3, `&${OPTIONS[rest]}`]);
  };
  return denied
    .flatMap(ends)
    .flatMap((words, i) => [...(i === 0 ? [] : [","]), ...words.map(String)]);
}

/** Each need alone, and together with what it depends on. */
function denialsOf(tool: Tool): Denial[] {
  const sets = toolNeeds(HOST_ARCH).flatMap(({ tool: of, need, when = [] }) => {
    if (of !== tool || need === undefined || need === "seccomp") return [];
    const lacking = when.flatMap((it) => (it.startsWith("!") ? [it.slice(1)] : []));
    const having = when.filter((it) => !it.startsWith("!") && it !== "seccomp");
    return [[need], [...lacking, need], ...having.map((it) => [it, need])];
  });
  const unique = new Map(sets.map((set) => [set.join(" "), set]));
  return [...unique.values()].flatMap((denied) => {
    const isOption = denied.some((name) => name.startsWith("PTRACE_O_"));
    const errors = ["EPERM", "EIO", "ENOSYS", ...(isOption ? ["EINVAL" as const] : [])] as const;
    return errors.map((error) => ({ tool, denied, error }));
  });
}

const nameOf = ({ tool, denied, error }: Denial) =>
  `${tool} without ${denied.join(", ")} (${error})`;

type Tried = Denial & {
  /** The limits of the sessions in which the tool does not do its work; "": of every use. */
  readonly fails: readonly string[];
} & Omit<ToolVerdict, "tool">;

/** What the probe says, and in which sessions the tool does its work, under a wrapper. */
async function tryTool(tool: Tool, wrapper: readonly string[]) {
  const [command = "", ...rest] = [...wrapper, pathOfProbe(HOST_ARCH)];
  const { stdout, code } = await run([command, [...rest, "conformance", "--for", tool]]);
  const verdict = stdout.trimEnd().split("\n").map(parseVerdict).at(-1);
  assert.ok(verdict !== undefined, stdout);
  assert.is(code, verdictStatus(verdict));
  const fails: string[] = [];
  for (const [limit, sessions] of Object.entries(SESSIONS[tool] ?? {})) {
    let works = true;
    for (const session of sessions) works &&= await session(wrapper);
    if (!works) fails.push(limit);
    // The others do no less.
    if (fails[0] === "") break;
  }
  const { enough, limits, missing } = verdict;
  return { fails, enough, limits, missing };
}

/** Whether the sessions are those of the verdict. What is unknown may be. */
function agrees({ fails, enough, limits }: Pick<Tried, "fails" | "enough" | "limits">): boolean {
  if (enough !== false) return enough === null || fails.length === 0;
  return limits.length === 0 ? fails[0] === "" : `${[...fails].sort()}` === `${[...limits].sort()}`;
}

profiles("name facts, which some architecture has", () => {
  const names = new Set(allFacts().map(({ name }) => name));
  const others = toolNeeds(HOST_ARCH).flatMap(({ facts = [] }) =>
    facts.filter((name) => !names.has(name)),
  );
  assert.equal(HOST_ARCH === "amd64" ? others : [], []);
});

const tried: string[] = [];
for (const tool of TOOLS) {
  const with_ = needs(profiles, PROGRAMS[tool], "cc");
  with_(`${tool} does its work on this kernel, which is enough for it`, async () => {
    assert.equal(await tryTool(tool, []), {
      ...{ fails: [], enough: true, limits: [], missing: [] },
    });
  });
  for (const [i, denial] of denialsOf(tool).entries()) {
    if (i % TAKEN !== 0) continue;
    with_(`${nameOf(denial)} works where the kernel is said to be enough`, async () => {
      const seen = await tryTool(tool, [DENY, ...wordsOf(denial), "--"]);
      tried.push(JSON.stringify({ ...denial, ...seen }));
      assert.ok(agrees(seen), JSON.stringify(seen));
    });
  }
}

profiles("the whole profile of each tool has been tried, and each verdict was right", () => {
  if (TRIES_ALL) writeFileSync(TRIED, `${tried.join("\n")}\n`);
  const lines = readFileSync(TRIED, "utf8").trimEnd().split("\n");
  const denials: Tried[] = lines.map((line) => JSON.parse(line));
  none(denials, (it) => !agrees(it));
  const unknown = denials.filter(({ enough }) => enough === null);
  assert.ok(unknown.length < denials.length / 30, `${unknown.length} are unknown`);
  const known = new Set(denials.map(nameOf));
  const left = Object.keys(PROGRAMS)
    .flatMap((tool) => denialsOf(tool as Tool))
    .map(nameOf)
    .filter((name) => !known.has(name));
  assert.equal(HOST_ARCH === "amd64" ? left : [], []);
});
