// Checks the output of /check on a machine.

/** "60 of 60 checks held", the last line of bootstrap. */
const SUMMARY = /^(\d+) of (\d+) checks held$/;
/** The number of checks on a master and three grandchildren. */
const CHECKS = 60;

/**
 * Reads the output of a machine.
 *
 * @param warns the trials of doctor that may warn.
 * @returns a title that sums up the result, and a complaint for each check that failed.
 */
export function complaintsOf(text, warns) {
  // The kernel may have printed the beginning of a line on the same console.
  const lines = text.split("\n").flatMap((line) => /@@.*/.exec(line)?.[0] ?? []);
  const of = (name) =>
    lines
      .filter((line) => line.startsWith(`@@${name} `))
      .map((line) => line.slice(name.length + 3));
  const [kernel] = of("kernel");
  if (kernel === undefined) return { title: "", complaints: ["/check did not begin"] };
  const [summary = ""] = of("bootstrap").filter((line) => SUMMARY.test(line));
  const complaints = [
    ...bootstrapComplaints(of("bootstrap"), summary),
    ...injectComplaints(of("inject")),
    ...doctorComplaints(of("doctor"), warns),
    ...["bootstrap", "inject", "doctor"].flatMap((name) => statusComplaints(name, of)),
  ];
  return { title: `${kernel}: ${summary}`, complaints };
}

function statusComplaints(name, of) {
  const [status] = of(`${name}-status`);
  if (status === "0") return [];
  if (status === undefined) return [`${name} did not end`];
  const last = of(name).slice(-3);
  return [`${name} exited with status ${status}`, ...last.map((line) => `  ${line}`)];
}

function bootstrapComplaints(lines, summary) {
  const [, held, all] = SUMMARY.exec(summary) ?? [];
  const failed = lines.filter((line) => /^ *FAIL\b/.test(line));
  const isAll = Number(held) === CHECKS && Number(all) === CHECKS;
  return isAll ? failed : [`bootstrap: ${summary || "no summary"}, expected ${CHECKS}`, ...failed];
}

function injectComplaints(lines) {
  const expected = ["hello", 'write(1, "hello\\n", 6) = 6'];
  return expected
    .filter((line) => !lines.includes(line))
    .map((line) => `inject does not print ${line}`);
}

function doctorComplaints(lines, warns) {
  return lines.filter((line) => {
    const [, status, name = ""] = /^(FAILED|warning) +(.*?) {2,}/.exec(line) ?? [];
    return status === "FAILED" || (status === "warning" && !warns.includes(name));
  });
}
