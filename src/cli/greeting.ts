import { release } from "node:os";
import { hasFailed, STUB, tryAll } from "./doctor_trials.ts";
import { paint, tell } from "./report.ts";

/** What `stublab` alone prints: whether it works here, and what to do next. Returns the exit status of doctor. */
export async function greet(title: string): Promise<number> {
  const failed = (await tryAll(STUB)).find(hasFailed);
  const verdict =
    failed === undefined
      ? paint("green", "stubs work here")
      : paint("red", `${failed.name} failed: ${failed.detail}`);
  tell(`${title}
Linux ${release()}, Node.js ${process.version}: ${verdict} (more: stublab doctor)

  student          stublab lesson host        watch how a stub is born
  encoder author   stublab compare --new DIR  start an encoder that agrees
  kernel engineer  stublab fuzz --seconds 60  try register setups on this kernel
  builder          stublab guest PROGRAM      run a static program in a stub

stublab --help lists all commands
`);
  return failed === undefined ? 0 : 3;
}
