import { UnsupportedError } from "./errors.ts";

/**
 * A file in the folder of this program.
 *
 * @throws UnsupportedError if a bundler made CommonJS of it: that has no `import.meta.url`
 */
export function beside(file: string): URL {
  const base: string | undefined = import.meta.url;
  if (base !== undefined) return new URL(file, base);
  throw new UnsupportedError(`stublab was bundled as CommonJS, and cannot find its file ${file}`, {
    remedy: "bundle it as an ES module (esbuild: --format=esm), or keep stublab external",
  });
}
