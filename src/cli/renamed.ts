/** A command line of a former name as it is written now; undefined for another name. */
export function renamed(name: string, words: readonly string[]): string[] | undefined {
  const isValue = (i: number) =>
    /^(-o|--(output|html|encoder|step|seed))$/.test(words[i - 1] ?? "");
  const first = words.findIndex((word, i) => !word.startsWith("-") && !isValue(i));
  const given = (...flags: string[]) => flags.some((flag) => words.includes(flag));
  const named = first < 0 && !given("--help", "-h") ? ["host"] : [];
  switch (name) {
    case "record":
      if (given("--list")) return ["lesson", ...words.filter((word) => word !== "--list")];
      return ["lesson", ...named, ...(given("--json") ? [] : ["--json"]), ...words];
    case "step":
      return ["lesson", ...named, ...words];
    case "view":
      return ["lesson", ...(given("--text", "--json", "--html") ? [] : ["--text"]), ...words];
    case "gallery":
      return ["lesson", ...words.map((word, i) => (i === first ? `--pages=${word}` : word))];
    case "task":
      return ["lesson", name, ...words];
  }
}
