import type { Answer } from "../answer.ts";
import { CODE_ADDRESS } from "../assemble.ts";
import type { Player } from "../player.ts";
import type { Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import {
  becomesStub,
  cloneWords,
  comesToStop,
  diesWithParent,
  hasChild,
  makesCall,
} from "./verbs.ts";

/** The stub code: shim/core/amd64/stub.S with the names of its constants. */
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
    "mov $SIGKILL, %esi\n    syscall",
    "mov $SIGKILL, %esi",
    "Which of the calls is prepared, and never made?",
  ],
  ["mov $SIGKILL, %esi", "xor %esi, %esi", "What signal does the stub ask for?"],
  ["\n    jne leave", "", "What follows from the comparison with R15?"],
  ["jne leave", "je leave", "Who leaves: the orphan, or the child of the right parent?"],
  ["mov $1, %edi", "xor %edi, %edi", "With which status does an orphan exit?"],
  ["\n    xor %ebx, %ebx", "", "How does the second pass through the code differ from the first?"],
  ["mov $SIGSTOP, %esi", "mov $SIGCONT, %esi", "Which signal does the stub send to itself?"],
  ["\n    mov %rax, %rdi", "", "To whom is the signal sent?"],
  ["je cloned", "jne cloned", "Which calls lead to cloned?"],
  ["jz begin", "jnz begin", "Which of the two that return from a clone is the child?"],
  ["\n    int3", "", "How does the tracer learn that a call is over?"],
  ["cmp $1, %rbx", "cmp $2, %rbx", "Which value of RBX means a clone?"],
];

export const repairStub: Task = {
  lesson: "host",
  title: "Repair this stub code",
  exercise(draw) {
    const [right, wrong, hint] = draw.one(...DAMAGES);
    return {
      text: [
        "One thing is wrong in this stub code. Repair it. The check uses it for a birth: a stub clones another at `call`, with " +
          "RBX = 1 and its pid in R15; the new stub must stop itself, meet an INT3 when it is resumed, answer calls at `call`, and die with its " +
          "parent. Another, whose parent dies before it has executed anything, must exit with status 1.",
        "Constants have the kernel's names. The labels `begin` and `call` must stay.",
      ],
      form: "code",
      start: STUB_SOURCE.replace(right, wrong),
      key: STUB_SOURCE,
      hints: [
        "Check the file as it is, with --record, and step through what happens: stublab lesson.",
        hint,
        `This is right: ${right.trim().replaceAll(/\n\s*/g, "; ")}`,
      ],
      play(stage, answer) {
        const [begin = 0n, call = 0n] = ["begin", "call"].map((label) => addressOf(answer, label));
        const seen = begin > 0n && call > 0n ? "there" : "missing";
        stage.require("the labels begin and call", "there", seen, "the check needs them");
        const [parent, child] = birth(stage, answer, call);
        comesToStop(stage, child);
        becomesStub(stage, parent, child);
        diesWithParent(stage, parent, child);
        const [killed, orphan] = birth(stage, answer, call, "second ");
        killed.kill("This parent is killed before its child has executed anything.");
        const unseen = "a stub whose parent has died before its prctl must find that out";
        stage.expect("the orphan", "exited with status 1", orphan.go(), unseen);
      },
    };
  },
};

/** The address of a label in the answer's code. */
function addressOf({ code }: Answer, label: string): bigint | undefined {
  const line = code?.lines.find((each) => each.label?.split(" ").includes(label));
  return line === undefined ? undefined : CODE_ADDRESS + BigInt(line.offset);
}

/** A clone at `call`: the parent, and the child before its first instruction. */
function birth(
  stage: Stage,
  { code }: Answer,
  call: bigint,
  which = "",
): [parent: Player, child: Player] {
  const prefix = which.replace(" ", "-");
  const role = "a stub with your code, which clones";
  const parent = stage.cast({ lane: `${prefix}master`, role, code });
  parent.tracee.thread.initial.set("rip", call);
  parent.write(cloneWords(parent), "The frame of a clone: RIP is at `call` in your code.");
  const made = makesCall(stage, parent, `the ${which}stub that clones`);
  return [parent, hasChild(stage, parent, made, `${prefix}child`)];
}
