import { createHash } from "node:crypto";
import { type Html, html, plain } from "./html.ts";

/** The parts of a page. */
export interface Page {
  readonly title: string;
  readonly styles: readonly string[];
  /**
   * Functions that the browser calls in order after the body. Only their source text is embedded: they must not use
   * anything from their modules.
   */
  readonly scripts: readonly (() => void)[];
  /** A script that the build has bundled; it runs after those. */
  readonly bundle?: string;
  /** Whether a script instantiates WebAssembly. */
  readonly wasm?: boolean;
  readonly body: Html;
  /** What a link to it shows: a sentence, and the file of a picture. Such a page has an icon, too. */
  readonly about?: { readonly description: string; readonly preview?: string | undefined };
}

/** Two processes, and what passes from one to the other. */
export const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><path d="M5 8h6" stroke="#888" stroke-width="2"/>' +
    '<rect y="3" width="7" height="10" rx="2" fill="#2f6fb5"/><rect x="9" y="3" width="7" height="10" rx="2" fill="#d9822b"/></svg>',
)}`;

/**
 * Renders a self-contained HTML file. Its policy allows this style and this script by their hashes, and forbids
 * everything else, including requests and eval.
 *
 * @throws RangeError if a style or a script would end its own element
 */
export function renderDocument(page: Page): string {
  const { title, styles, scripts, bundle = "", wasm = false, body, about } = page;
  const style = embeddable(`\n${styles.join("\n")}\n`);
  const script = embeddable(
    `\n"use strict";\n${scripts.map((each) => `(${each})();`).join("\n")}\n${bundle}`,
  );
  const scripted = scripts.length > 0 || bundle !== "";
  const sources = `${hashOf(script)}${wasm ? " 'wasm-unsafe-eval'" : ""}`;
  const policy = [
    "default-src 'none'",
    `style-src ${hashOf(style)}`,
    `script-src ${scripted ? sources : "'none'"}`,
    ...(about === undefined ? [] : ["img-src data:"]),
    "base-uri 'none'",
    "form-action 'none'",
    // Scripts cannot turn strings into markup or code.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  return [
    "<!DOCTYPE html>",
    '<html lang="en">',
    '<meta charset="utf-8">',
    html`<meta http-equiv="Content-Security-Policy" content="${policy}">`.markup,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<meta name="referrer" content="no-referrer">',
    html`<title>${plain(title)}</title>`.markup,
    about === undefined ? "" : renderAbout(plain(title), about).markup,
    `<style>${style}</style>`,
    "<body>",
    body.markup,
    scripted ? `<script>${script}</script>` : "",
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

function renderAbout(title: string, { description, preview }: NonNullable<Page["about"]>): Html {
  const image = html`
<meta property="og:image" content="${preview ?? ""}">`;
  return html`<link rel="icon" href="${ICON}">
<meta name="description" content="${description}">
<meta property="og:title" content="${title}">
<meta property="og:description" content="${description}">${preview === undefined ? [] : image}`;
}

function embeddable(code: string): string {
  const end = /<\/?(?:script|style)|<!--|\r/i.exec(code);
  if (end === null) return code;
  throw new RangeError(`the code of a page must not contain ${JSON.stringify(end[0])}`);
}

/** The source expression that allows exactly this code (CSP 3, "hash-source"). */
function hashOf(code: string): string {
  return `'sha256-${createHash("sha256").update(code).digest("base64")}'`;
}
