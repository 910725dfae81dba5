/* What the page has in place of node:fs and node:os: files of the package that it holds, and Linux's numbers. */

const files = new Map<string, Uint8Array>();

/** Takes the files, gzipped and in base64, by their names. */
export async function hold(json: string): Promise<void> {
  for (const [name, packed] of Object.entries<string>(JSON.parse(json))) {
    const bytes = Uint8Array.from(atob(packed), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    files.set(name, new Uint8Array(await new Response(stream).arrayBuffer()));
  }
}

export function readFileSync(path: string | URL, encoding?: "utf8"): Uint8Array | string {
  const bytes = files.get(String(path).replace(/^.*\//, ""));
  if (bytes === undefined) throw new RangeError(`${path} is not in this page`);
  return encoding === undefined ? bytes : new TextDecoder().decode(bytes);
}

/** os.constants, which the build defines. */
declare const OS_CONSTANTS: Record<"signals" | "errno", Record<string, number>>;
export const constants = OS_CONSTANTS;
export const release = (): string => "";
