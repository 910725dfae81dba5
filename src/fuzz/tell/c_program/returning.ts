import type { Case } from "../../case/case.ts";
import { placeOf } from "../../case/code.ts";
import { REGISTERS } from "../../case/setups.ts";
import { KEPT } from "../../try/sigreturn/kept.ts";
import { HARMLESS } from "../../try/target.ts";
import { CHILD_BEGINS } from "./child.ts";
import { compareAll, compareField, type Knowledge } from "./comparison.ts";
import { literal } from "./literals.ts";
import type { Needs } from "./needs.ts";

/** The headers of such a program, beside those that all have. */
export const RETURNING_HEADERS = ["asm/prctl.h", "linux/audit.h", "linux/filter.h"].concat([
  "linux/seccomp.h",
  "stddef.h",
  "ucontext.h",
]);

/** The registers that a frame and a block have by the same name. */
const GENERAL = REGISTERS.slice(0, REGISTERS.indexOf("cs")).filter((name) => name !== "orig_rax");
const inFrame = (name: string) => `REG_${name === "eflags" ? "EFL" : name.toUpperCase()}`;

/** The child of a case of the way SIGRETURN: it handles its own signals, and tells its parent in shared memory. */
export function returningChild(it: Case, given: string, { scratch }: Needs): string {
  const names = [...GENERAL, "rsp", "eflags"];
  const puts = names.map((name) => `    frame[${inFrame(name)}] = (greg_t)given.${name};\n`);
  const takes = names.map((name) => `    seen->${name} = (uint64_t)frame[${inFrame(name)}];\n`);
  const { ucFlags = 0, fpstate = false } = it.frame ?? {};
  return `/* What the child tells. */
static struct {
    int begun, done, signal, code;
    uint64_t address;
    struct user_regs_struct stopped;
} * told;

/* libc's wrappers would look at a thread area that the child gives up. */
static long call(long number, uint64_t a, uint64_t b) {
    long result = 0;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b)
                     : "rcx", "r11", "memory");
    return result;
}

/* The case's words go where the kernel has saved the registers, and rt_sigreturn takes them. */
static void put(ucontext_t *context) {
${given}    greg_t *const frame = context->uc_mcontext.gregs;
${puts.join("")}    frame[REG_CSGSFS] = (greg_t)((given.cs & 0xffff) | given.ss << 48);
    context->uc_flags = ${literal(BigInt(ucFlags))};
${fpstate ? "" : "    context->uc_mcontext.fpregs = NULL;\n"}}

static void take(const siginfo_t *info, const ucontext_t *context) {
    const greg_t *const frame = context->uc_mcontext.gregs;
    struct user_regs_struct *const seen = &told->stopped;
${takes.join("")}    seen->cs = (uint64_t)frame[REG_CSGSFS] & 0xffff;
    seen->ss = (uint64_t)frame[REG_CSGSFS] >> 48;
    __asm__("mov %%ds, %q0" : "=r"(seen->ds));
    __asm__("mov %%es, %q0" : "=r"(seen->es));
    __asm__("mov %%fs, %q0" : "=r"(seen->fs));
    __asm__("mov %%gs, %q0" : "=r"(seen->gs));
    call(SYS_arch_prctl, ARCH_GET_FS, (uintptr_t)&seen->fs_base);
    call(SYS_arch_prctl, ARCH_GET_GS, (uintptr_t)&seen->gs_base);
    told->signal = info->si_signo;
    told->code = info->si_code;
    told->address = (uintptr_t)info->si_addr;
}

/* The first signal is of the INT3 that the child begins with, and the second what the case comes to. */
static void on_signal(int signal, siginfo_t *info, void *context) {
    (void)signal;
    /* AC is as the case has it, and would make this stop at what is not aligned. */
    __asm__ volatile("lea -128(%%rsp), %%rsp\\n\\tpushf\\n\\tandq $~0x40000, (%%rsp)\\n\\tpopf\\n\\t"
                     "lea 128(%%rsp), %%rsp" ::: "memory", "cc");
    if (!told->begun) {
        told->begun = 1;
        put(context);
        return;
    }
    take(info, context);
    told->done = 1;
    call(SYS_exit_group, 0, 0);
}

/* On a stack of their own, which is used from its end wherever RSP is. */
static void handle(void) {
    static const int RAISED[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
    static unsigned char place[64 << 10];
    const stack_t stack = {.ss_sp = place, .ss_size = sizeof place, .ss_flags = (int)SS_AUTODISARM};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    action.sa_sigaction = on_signal;
    if (sigaltstack(&stack, NULL) != 0)
        _exit(CANNOT);
    for (size_t i = 0; i < sizeof RAISED / sizeof *RAISED; i++)
        sigaction(RAISED[i], &action, NULL);
}

${filterText()}
${CHILD_BEGINS}    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    map_code();
    map_constants();
${scratch ? "    map(SCRATCH, SCRATCH_SIZE);\n" : ""}    handle();
    /* Whatever the case makes it do, it has no file to do it to. */
    syscall(SYS_close_range, 0, 0x7fffffff, 0);
    filter();
    /* What no frame holds, and so stays. */
    call(SYS_arch_prctl, ARCH_SET_GS, ${literal(KEPT.gs_base)});
    call(SYS_arch_prctl, ARCH_SET_FS, ${literal(KEPT.fs_base)});
    __asm__ volatile("mov %0, %%ds\\n\\tmov %1, %%es" : : "r"(${Number(KEPT.ds)}), "r"(${Number(KEPT.es)}));
    __asm__ volatile("jmp *%0" : : "r"(${literal(placeOf("int3"))}UL));
}
`;
}

/** The rest of main: what the child told. */
export function returned(knowledge: Knowledge, block: readonly bigint[], given: string): string {
  const { seen, predicted } = knowledge;
  const has = (field: string) => seen.has(field) || predicted.has(field);
  const field = (name: string, told: readonly [string, string], here: string) =>
    has(name) ? compareField(name, told, here, knowledge) : "";
  const stopped = seen.has("stopped.rip")
    ? `    if (!told->done)
        return verdict();

    /* In the handler. Registers that are not named are to be as in given. */
${given}    struct user_regs_struct predicted, seen;
${compareAll("stopped", { variable: "given", words: block }, "told->stopped", knowledge)}${field("signal", ["signal", "number"], "(uint64_t)told->signal")}${field("code", ["signal", "code"], "(uint64_t)told->code")}${field("address", ["signal", "address"], "told->address")}`
    : "";
  return `    int status = next_stop();
    if (told->done)
        status = told->signal << 8 | 0x7f;
${field("status", ["wait", "status"], "(uint64_t)status")}${stopped}`;
}

function filterText(): string {
  const calls = HARMLESS.map(
    (name, i) =>
      `        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_${name}, ${HARMLESS.length - i}, 0),\n`,
  );
  return `/* From the page of code only calls that harm nobody are let through, all others are ENOSYS. */
static void filter(void) {
    struct sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer) + 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0xffffffff, ${HARMLESS.length + 5}, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, ${HARMLESS.length + 5}),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, instruction_pointer)),
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xfffff000),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CODE, 0, ${HARMLESS.length + 2}),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
${calls.join("")}        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog header = {sizeof program / sizeof *program, program};
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &header) != 0)
        _exit(CANNOT);
}
`;
}
