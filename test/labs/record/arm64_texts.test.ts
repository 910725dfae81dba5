// The texts of lessons in the words of arm64.

import { glossary, inWordsOf } from "../../../src/labs/record/lesson_text.ts";

const texts = suite("the texts of lessons on arm64");

/** Registers and instructions of amd64, and requests that arm64 has not. */
const AMD64 =
  /\b(?:[RE](?:[ABCD]X|[SD]I|[BSI]P|FLAGS)|R(?:[89]|1[0-5])|orig_r?ax|INT3|SYSCALL|PTRACE_[GS]ETREGS|NT_X86_\w+)\b|%[re]?[a-ds]\w+|`(?:syscall|int3|je|jne|jz|jnz|jmp|test)\b/;

type Texts = Readonly<Record<string, unknown>>;

function isTexts(value: unknown): value is Texts {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every string in a value, but not those of amd64 that arm64 has in words of its own. */
function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(stringsIn);
  if (!isTexts(value)) return [];
  const own = Object.entries(value).filter(([id]) => !Object.hasOwn(value, `${id} (arm64)`));
  return own.flatMap(([, each]) => stringsIn(each));
}

texts("none names a register or an instruction of amd64", () => {
  const all: unknown = JSON.parse(readFileSync("dist/lessons.json", "utf8"));
  assert.ok(isTexts(all) && isTexts(all.lessons));
  const told = inWordsOf("arm64");
  // One lesson is refused there.
  const terms = glossary("arm64").filter(({ forms }) => !AMD64.test(forms.join(" ")));
  const pages = Object.entries({ ...all.lessons, common: all.common, terms });
  const named = pages
    .filter(([name]) => name !== "stale-orig-rax")
    .flatMap(([name, page]) => stringsIn(page).map((text) => `${name}: ${told(text)}`))
    .filter((text) => AMD64.test(text));
  assert.equal(named, []);
});
