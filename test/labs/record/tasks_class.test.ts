import {
  expectVariant,
  missingIn,
  parseClass,
  parseSecret,
  variantOf,
} from "../../../src/labs/record/tasks/class.ts";
import { assignment, parseAnswer } from "../../../src/labs/record/tasks/submission.ts";
import { loadTask, TASKS, tasksAfter } from "../../../src/labs/record/tasks/tasks.ts";

const course = suite("a class and its tasks");

const secret = parseSecret("  correct horse battery\n");
const TASK = "out-of-reach";
const handedOut = (student: string, variant?: string) => assignment(TASK, student, { variant });
const bodyOf = (text: string) => text.replace(/^(student|variant|# Hints).*$/gm, "");

course("a variant is the same for every student", () => {
  assert.is(bodyOf(handedOut("ada", "A")), bodyOf(handedOut("bob", "A")));
  const drawn = new Set("ABCDEFGH".split("").map((variant) => bodyOf(handedOut("ada", variant))));
  assert.ok(drawn.size > 1);
  assert.is(parseAnswer(handedOut("ada", "A")).variant, "A");
});

course("with a secret only those who know it can tell variants from names", () => {
  const variant = variantOf(TASK, "ada", { secret });
  assert.match(variant ?? "", /^[0-9a-f]{16}$/);
  assert.is.not(variant, variantOf(TASK, "ada", { secret: `${secret}!` }));
  assert.is.not(variant, variantOf(TASK, "bob", { secret }));
  assert.is(
    variantOf(TASK, "ada", { secret, variant: "A" }),
    variantOf(TASK, "bob", { secret, variant: "A" }),
  );
  assert.throws(() => parseSecret("too short"), /at least 16 characters/);
});

course("an answer to another variant than that of its student is refused", () => {
  const variant = variantOf(TASK, "ada", { secret });
  expectVariant(parseAnswer(handedOut("ada", variant)), { secret });
  for (const text of [handedOut("ada"), handedOut("ada", "A"), handedOut("bob", variant)]) {
    assert.throws(
      () => expectVariant(parseAnswer(text), { secret }),
      /not the variant of the student/,
    );
    expectVariant(parseAnswer(text), {});
  }
});

course("the answers of a class that are missing are named, by task", () => {
  const names = parseClass("ada\n bob # late\n\n# nobody\nada\n");
  assert.equal(names, ["ada", "bob"]);
  const answers = [
    { task: "a", student: "ada" },
    { task: "b", student: "ada" },
    { task: "b", student: "bob" },
  ];
  assert.equal(missingIn(names, answers), [{ task: "a", student: "bob", reason: null }]);
});

course("an answer that is missing names a similar student whom the class does not have", () => {
  const answers = ["ada lovelace", "bob", "cy"].map((student) => ({ task: "a", student }));
  const reason = "no answer has this name, but one has ada lovelace, who is not in the class";
  assert.equal(missingIn(["ada lovelase", "bob", "zoe"], answers), [
    { task: "a", student: "ada lovelase", reason },
    { task: "a", student: "zoe", reason: null },
  ]);
});

course("the tasks after a lesson are those of the lessons up to it", () => {
  assert.equal(tasksAfter("host"), ["find-step"]);
  assert.ok(tasksAfter("cascade").length === Object.keys(TASKS).length);
  assert.ok(tasksAfter("inject").every((name) => loadTask(name).lesson !== "scrub"));
});
