import { hex } from "../../../errors.ts";
import type { Answer } from "../answer.ts";
import type { Names } from "../expression.ts";
import type { Player } from "../player.ts";
import { RESTS, tellRun } from "../run.ts";
import { CODE_ADDRESS, type Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import { comesToStop } from "./verbs.ts";

/** The stub code: shim/amd64/stub.S with the names of its constants. */
export const STUB_SOURCE = `begin:
    mov $SYS_prctl, %eax
    mov $PR_SET_PDEATHSIG, %edi
    mov $SIGKILL, %esi
    syscall
    test %rax, %rax
    jnz fail

    mov $SYS_getppid, %eax
    mov $1, %edi
    syscall
    test %rax, %rax
    js fail
    cmp %r15, %rax
    jne leave

    mov $SYS_getpid, %eax
    xor %ebx, %ebx
    syscall
    test %rax, %rax
    js fail
    mov %rax, %rdi
    mov $SYS_kill, %eax
    mov $SIGSTOP, %esi
call:
    syscall
    cmp $1, %rbx
    je cloned
trap:
    int3
    jmp trap
cloned:
    test %rax, %rax
    jz begin
    jmp trap

fail:
    neg %rax
    mov %eax, %edi
leave:
    mov $SYS_exit, %eax
    syscall
    hlt
`;

/** What is broken, what replaces it, and where to look. */
type Damage = readonly [right: string, wrong: string, hint: string];
export const DAMAGES: readonly [Damage, ...Damage[]] = [
  [
    "    mov $SIGKILL, %esi\n    syscall\n",
    "    mov $SIGKILL, %esi\n",
    "Which of the calls is prepared, and never made?",
  ],
  ["    mov $SIGKILL, %esi\n", "    xor %esi, %esi\n", "What signal does the stub ask for?"],
  [
    "    cmp %r15, %rax\n    jne leave\n",
    "    cmp %r15, %rax\n",
    "What follows from the comparison with R15?",
  ],
  [
    "    jne leave\n",
    "    je leave\n",
    "Who leaves: the orphan, or the child of the right parent?",
  ],
  ["    mov $1, %edi\n", "    xor %edi, %edi\n", "With which status does an orphan exit?"],
  ["    xor %ebx, %ebx\n", "", "How does the second pass through the code differ from the first?"],
  [
    "    mov $SIGSTOP, %esi\n",
    "    mov $SIGCONT, %esi\n",
    "Which signal does the stub send to itself?",
  ],
  ["    mov %rax, %rdi\n", "", "To whom is the signal sent?"],
  ["    je cloned\n", "    jne cloned\n", "Which calls lead to cloned?"],
  ["    jz begin\n", "    jnz begin\n", "Which of the two that return from a clone is the child?"],
  ["    int3\n    jmp trap\n", "    jmp trap\n", "How does the tracer learn that a call is over?"],
  ["    cmp $1, %rbx\n", "    cmp $2, %rbx\n", "Which value of RBX means a clone?"],
];

export const repair: Task = {
  lesson: "host",
  title: "Repair this stub code",
  exercise(draw) {
    const [right, wrong, hint] = draw.one(...DAMAGES);
    return {
      text: [
        "One thing is wrong in this stub code. Repair it. The check uses it for a birth: a stub clones another at `call`, with " +
          "RBX = 1 and its pid in R15; the new stub must stop itself, meet an INT3 when it is resumed, answer calls at `call`, and die with its " +
          "parent. Another, whose parent dies before it has executed anything, must exit with status 1.",
        "The assembler knows %registers, $constants with the kernel's names, and the instructions that are here, and a few more. The labels " +
          "`begin` and `call` must stay.",
      ],
      form: { kind: "code" },
      start: STUB_SOURCE.replace(right, wrong),
      key: STUB_SOURCE,
      hints: [
        "Check the file as it is, with --record, and step through what happens: stublab step.",
        hint,
        `This is right: ${right.trim().replaceAll(/\n\s*/g, "; ")}`,
      ],
      play: playBirth,
    };
  },
};

/** The address of a label in the answer's code. */
function addressOf(answer: Answer, label: string): bigint | undefined {
  const line = answer.code?.lines.find((each) => each.label?.split(" ").includes(label));
  return line === undefined ? undefined : CODE_ADDRESS + BigInt(line.offset);
}

function playBirth(stage: Stage, answer: Answer): void {
  const call = addressOf(answer, "call");
  const labels = call !== undefined && addressOf(answer, "begin") !== undefined;
  const seen = labels ? "there" : "missing";
  if (
    !stage.expect("the labels begin and call", "there", seen, "the check needs them") ||
    call === undefined
  )
    return;
  const first = birth(stage, answer, call, "");
  if (first === undefined || !comesToStop(stage, first.child)) return;
  const { parent, child } = first;
  const waited = parent.tryCall(
    "wait4",
    [
      child.pid,
      0,
      stage.tracer.waitAll | stage.tracer.constant("WUNTRACED") | stage.tracer.constant("WNOHANG"),
      0,
    ],
    "Its parent waits for the stop.",
  );
  if (
    !stage.expect(
      "wait4 of its parent",
      `${child.pid}`,
      waited,
      "an injected call does not come back with its result",
    )
  )
    return;
  child.attach();
  if (
    !stage.expectRun(
      "the stub, resumed after its self-stop",
      RESTS,
      child.go(),
      "it must come to an INT3, where its tracer gets it back",
    )
  )
    return;
  const asked = child.tryCall("getppid", [], "A call is injected.");
  if (
    !stage.expect(
      "getppid, injected",
      `${parent.pid}`,
      asked,
      "an injected call does not come back with its result",
    )
  )
    return;
  parent.kill("The parent is killed: what becomes of the stub?");
  const end = child.end("Its parent is dead.") ?? "lives on";
  stage.expect(
    "the stub after the death of its parent",
    "killed by SIGKILL",
    end,
    "the stub outlives its parent, and nothing cleans up after it",
  );
  const second = birth(stage, answer, call, "second-");
  if (second === undefined) return;
  second.parent.kill("This parent is killed before its child has executed anything.");
  stage.expectRun(
    "the orphan",
    "exited with status 1",
    second.child.go(),
    "a stub whose parent has died before its prctl must find that out",
  );
}

/** A clone at `call`: the parent, and the child before its first instruction. */
function birth(
  stage: Stage,
  answer: Answer,
  call: bigint,
  prefix: string,
): { readonly parent: Player; readonly child: Player } | undefined {
  const parent = stage.cast({
    lane: `${prefix}master`,
    role: "a stub with your code, which clones",
    code: answer.code,
  });
  const { tracer } = stage;
  const words: Names = new Map([
    ["rax", tracer.flag("SYS_clone")],
    ["rdi", tracer.flag("CLONE_FILES") | tracer.flag("SIGCHLD")],
    ["rbx", 1n],
    ["r15", BigInt(parent.pid)],
    ["rip", call],
  ]);
  parent.keep(new Map([["rip", call]]));
  parent.write(words, "The frame of a clone: RIP is at `call` in your code.");
  const run = parent.go();
  const child = parent.child(`${prefix}child`, "the stub that it has cloned");
  const fact = `the ${prefix === "" ? "" : "second "}stub that clones`;
  if (!stage.expectRun(fact, RESTS, run, "after a clone the parent must come back to an INT3")) {
    return undefined;
  }
  const result = parent.calls[0]?.told ?? "no call";
  if (child !== undefined) return { parent, child };
  stage.expect("a child of it", "born", `none: ${result}`, "the clone has made no child");
  return undefined;
}

export const guestCode: Task = {
  lesson: "switch",
  title: "Write a guest",
  exercise(draw) {
    const call = draw.one("write", "getpid", "exit", "kill", "close", "brk", "openat");
    const argument = BigInt(draw.number(2, 0xffff));
    const address = 0x1_0000n * BigInt(draw.number(16, 0xffff)) + 8n * BigInt(draw.number(0, 8191));
    return {
      text: [
        `Write a guest. Its first system call must be ${call}, with ${argument} in RDI. The call is not executed: it stops the guest, as in a ` +
          `platform. Then the guest must cause a page fault at the address ${hex(address)}, by reading or writing there.`,
      ],
      form: { kind: "code" },
      start: "    mov $SYS_getppid, %eax\n    syscall\n    hlt\n",
      key: `    mov $SYS_${call}, %eax\n    mov $${argument}, %edi\n    syscall\n    mov $${hex(address)}, %rax\n    mov %rbx, (%rax)\n    hlt\n`,
      hints: [
        "The number of a call is in RAX, its first argument in RDI.",
        "An operand in memory: mov %rbx, (%rax) writes RBX to the address in RAX.",
        `mov $${hex(address)}, %rax, then mov %rbx, (%rax)`,
      ],
      play(stage, answer) {
        const guest = stage.cast({
          lane: "guest",
          role: "a stub in which your code runs",
          code: answer.code,
        });
        guest.tracee.emulated = true;
        guest.write(
          new Map([["rip", CODE_ADDRESS]]),
          "RIP is at the first instruction of the guest.",
        );
        const first = guest.go();
        const called = first.kind === "call" ? first.call : tellRun(first);
        if (!stage.expect("the first stop", call, called, "another event comes first")) return;
        const rdi = guest.registers().rdi ?? 0n;
        stage.expect("RDI at the call", hex(argument), hex(rdi), "the argument is another");
        const fault = `raised SIGSEGV at ${hex(address)}`;
        stage.expectRun("the second stop", fault, guest.go(), "the guest does something else");
      },
    };
  },
};
