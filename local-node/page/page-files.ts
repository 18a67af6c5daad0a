import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';

/** A file of the node's page, as it goes back over HTTP. */
export interface PageFile {
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/**
 * Only files of this origin run or give the page its looks, and only this origin is asked (its WebSockets too). Pictures
 * in the text of a style are noVNC's pointers. Nobody shows the page in a frame.
 */
const POLICY = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:"],
  ...["connect-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
  ...["require-trusted-types-for 'script'", "trusted-types 'none'"],
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

/** The files that are served, by their path in the address; made once, so that no path of a request reaches the disk. */
const FILES: ReadonlyMap<string, string> = new Map([
  ['/', join(__dirname, 'browser/index.html')],
  ...below(join(__dirname, 'browser'), '/page', ['.css', '.mjs', '.svg']),
  ...noVnc(),
  ['/page/xterm/xterm.mjs', require.resolve('@xterm/xterm/lib/xterm.mjs')],
  ['/page/xterm/xterm.css', require.resolve('@xterm/xterm/css/xterm.css')],
  ['/page/xterm/addon-fit.mjs', require.resolve('@xterm/addon-fit/lib/addon-fit.mjs')],
]);

/** The file behind a path; undefined if the page has none there. */
export async function pageFile(path: string): Promise<PageFile | undefined> {
  const file = FILES.get(path);
  if (file === undefined) return undefined;
  return { contentType: TYPES[extname(file)] ?? '', headers: HEADERS, body: await readFile(file) };
}

/** Paths of all files of the page; for tests. */
export function pagePaths(): readonly string[] {
  return [...FILES.keys()];
}

/** noVNC's modules import each other by their places, which are therefore kept. */
function noVnc(): (readonly [string, string])[] {
  const core = dirname(require.resolve('@novnc/novnc'));
  return ['core', 'vendor'].flatMap((folder) =>
    below(join(dirname(core), folder), `/page/novnc/${folder}`, ['.js']),
  );
}

function below(directory: string, address: string, kinds: readonly string[]): (readonly [string, string])[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => kinds.includes(extname(name)))
    .map((name) => [`${address}/${name}`, join(directory, name)] as const);
}
