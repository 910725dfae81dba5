/* Tables that are data: files with a row a line, each a JSON document. */

import { parseJson, type Shape } from "./shape.ts";

/** The rows of a file. @throws InputError that names the line and the member */
export const rowsOf = <T>(lines: string, shape: Shape<T>): T[] =>
  lines
    .trimEnd()
    .split("\n")
    .map((line, i) => shape(parseJson(line), `line ${i + 1}`));
