// Time limit: 120 s

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formatCase, fuzzFindings } from "../../src/fuzz/index.ts";

/** In a soak as many as the model is claimed for. */
const CASES = process.env.SOAK ? 10_000_000 : 100_000;
/** The most findings that are shown. */
const SHOWN = 5;

const agreement = suite("fuzz: agreement of model and kernel");

for (const path of ["ptrace", "sigreturn"] as const) {
  agreement(`${path}: outcomes match their predictions; few are not predicted`, async () => {
    const run = fuzzFindings({ seed: 6n, path, cases: CASES });
    const found: string[] = [];
    for (;;) {
      const { done, value } = await run.next();
      if (!done) {
        found.push(`${value.subject} ${JSON.stringify(formatCase(value.it))}`);
        if (found.length < SHOWN) continue;
        await run.return({} as never);
        break;
      }
      const { counts } = value.state;
      const unpredicted = [...counts.unpredicted.values()].reduce((sum, n) => sum + n, 0);
      assert.equal([counts.cases, value.unconfirmed], [CASES, 0]);
      assert.ok(unpredicted <= 0.05 * CASES, `${unpredicted} of ${CASES} are not predicted`);
      break;
    }
    assert.equal(found, []);
  });
}

agreement.run();
