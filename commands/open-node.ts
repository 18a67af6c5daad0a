import { join } from 'node:path';
import { environment, loadLab, loadTarget } from '../config';
import { readConnection } from '../config/load-target';
import { nodeStateDirectory } from '../config/paths';
import { linkWords, makePageLink } from '../local-node/page-link';
import { writeWholeFile } from '../machine/whole-file';
import { hasDesktop, openInBrowser } from './browser';

/** Opens the page of the node: the local one's logged in, that of Proxmox VE where it asks for a login itself. */
export async function openNode(print: boolean): Promise<void> {
  const target = loadTarget(loadLab());
  if (target.kind !== 'local') {
    console.log(target.endpoint);
    if (!print) openInBrowser(target.endpoint);
    return;
  }
  const connection = readConnection(environment);
  if (!connection) throw new Error('the local node is not up: npm run node -- up');
  const link = await makePageLink(connection);
  if (print || !hasDesktop()) return console.log(linkWords(link));
  // Every user of the machine reads the arguments of a program; this file only its owner.
  const file = join(nodeStateDirectory(environment), 'run', 'open.html');
  await writeWholeFile(file, redirect(link.url), { mode: 0o600 });
  console.log(connection.endpoint);
  openInBrowser(file);
}

function redirect(url: string): string {
  return `<!doctype html>\n<meta charset="utf-8">\n<title>Local node</title>\n<meta http-equiv="refresh" content="0; url=${url}">\n`;
}
