import { PAGE_SIZE } from "../../../stub/amd64.ts";
import { BASELINE } from "../../case/baseline.ts";
import type { Case } from "../../case/case.ts";
import { CODE, CONSTANT, CONSTANTS, placeOf, SCRATCH, SCRATCH_SIZE } from "../../case/code.ts";
import { isHandled } from "../../case/fields.ts";
import { REGISTERS } from "../../case/setups.ts";
import { HARMLESS } from "../../try/target.ts";
import { literal } from "./literals.ts";
import { CALL, type Needs } from "./needs.ts";

/** Where things are, and what the registers are before the case. */
export function places({ constants, scratch, codes }: Needs): string {
  const rows = [
    `    CODE = ${literal(CODE)}, /* r-x */`,
    ...(constants ? [`    CONSTANTS = ${literal(CONSTANTS)}, /* r-- */`] : []),
    ...(scratch
      ? [
          `    SCRATCH = ${literal(SCRATCH)}, /* rw-: the stack */`,
          `    SCRATCH_SIZE = ${literal(BigInt(SCRATCH_SIZE))},`,
        ]
      : []),
    `    PAGE = ${PAGE_SIZE},`,
    ...(codes.some(({ name }) => name === "syscall")
      ? [`    CALL = ${literal(CALL)}, /* a SYSCALL with an INT3 behind it */`]
      : []),
  ];
  const words = REGISTERS.map((name, i) => [name, BASELINE[i] ?? 0n] as const)
    .filter(([, word]) => word !== 0n)
    .map(([name, word]) => `    .${name} = ${name === "orig_rax" ? "-1" : literal(word)},`);
  return `/* The child's memory: addresses are fixed, for registers hold them. */
enum {
${rows.join("\n")}
};

/* Its registers before the case: rip is at an INT3, and no call is under way. */
static const struct user_regs_struct START = {
${words.join("\n")}
};
`;
}

/** How the pages that a case can see are mapped. */
export function mapping({ codes, constants }: Needs): string {
  const pieces = codes.map(({ text, bytes, address }) => {
    const escaped = bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
    return `    /* ${text} */
    memcpy(code + ${literal(address - CODE)}, "${escaped}", ${bytes.length});
`;
  });
  return `static void *map(uintptr_t address, size_t length) {
    void *place = mmap((void *)address, length, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (place != (void *)address)
        _exit(CANNOT);
    return place;
}

/* The page of code: INT3 wherever there is nothing else. */
static void map_code(void) {
    unsigned char *code = map(CODE, PAGE);
    memset(code, 0xcc, PAGE);
${pieces.join("")}    mprotect(code, PAGE, PROT_READ | PROT_EXEC);
}
${constants ? CONSTANTS_PAGE : ""}`;
}

/** A child that outlives no parent, and dumps no core. */
export const CHILD_BEGINS = `static void run_child(pid_t parent) {
    /* One byte: this keeps the kernel from dumping even to a program. */
    const struct rlimit no_core = {1, 1};
    sigset_t none;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(CANNOT);
    setrlimit(RLIMIT_CORE, &no_core);
`;

/** The child: what it maps, and how it stops. */
export function child(it: Case, needs: Needs): string {
  const { constants, scratch, filter } = needs;
  return `${mapping(needs)}${isHandled(it.signal) ? handler(it.signal) : ""}${filter ? filterText() : ""}
${CHILD_BEGINS}${TERMINAL_STOPS.has(it.signal) ? ORPHANED : ""}    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    map_code();
${constants ? "    map_constants();\n" : ""}${scratch ? "    map(SCRATCH, SCRATCH_SIZE);\n" : ""}${isHandled(it.signal) ? "    handle();\n" : ""}${filter ? "    leave_filter();\n" : ""}    /* Whatever the case makes it do, it has no file to do it to. */
    syscall(SYS_close_range, 0, 0x7fffffff, 0);
    if (syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0) == 0)
        kill(getpid(), SIGSTOP); /* raise() of some libcs has signals blocked while it stops */
    /* From here on libc does not run any more. */
    _exit(CANNOT);
}
`;
}

/** SIGTSTP, SIGTTIN, SIGTTOU. */
const TERMINAL_STOPS: ReadonlySet<number> = new Set([20, 21, 22]);
const ORPHANED = `    /* A process group whose parent is of another session is orphaned: these signals do not stop it. */
    setsid();
`;

const CONSTANTS_PAGE = `
/* A page of words, each of which says where it lies. */
static void map_constants(void) {
    uint64_t *words = map(CONSTANTS, PAGE);
    for (uint64_t i = 0; i < PAGE / sizeof *words; i++)
        words[i] = ${literal(CONSTANT)} + i * sizeof *words;
    mprotect(words, PAGE, PROT_READ);
}
`;

function handler(signal: number): string {
  const [name, flags] =
    signal === 10
      ? ["SIGUSR1", "SA_SIGINFO | SA_NODEFER"]
      : ["SIGUSR2", "SA_SIGINFO | SA_NODEFER | SA_RESTART"];
  return `
/* The handler is an INT3: it stops before it has done anything. */
static void handle(void) {
    struct sigaction action = {.sa_flags = ${flags}};
    action.sa_handler = (void (*)(int))${literal(placeOf("handler"))};
    sigaction(${name}, &action, NULL);
}
`;
}

/** The child cannot install it, for it could not stop after that: its parent makes it, later. */
function filterText(): string {
  const calls = HARMLESS.map(
    (name, i) =>
      `        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_${name}, ${HARMLESS.length - i}, 0),`,
  );
  return `
/*
 * Only calls that harm nobody are let through, all others are ENOSYS. It is left on the stack, and
 * the parent makes the child install it: after that the child could not stop itself.
 */
static void leave_filter(void) {
    const struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        /* Functions of the vsyscall page write where their arguments say. */
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, ${HARMLESS.length + 1}, 0),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
${calls.join("\n")}
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog header = {sizeof program / sizeof *program,
                                      (struct sock_filter *)(SCRATCH + sizeof header)};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    memcpy((void *)SCRATCH, &header, sizeof header);
    memcpy(header.filter, program, sizeof program);
}
`;
}
