/** The architecture of this program, where there is a shim for it. Pages run in browsers, which do not tell theirs. */
export const HOST_ARCH: "amd64" | "arm64" =
  typeof process !== "undefined" && process.arch === "arm64" ? "arm64" : "amd64";
