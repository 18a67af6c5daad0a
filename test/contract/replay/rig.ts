import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';

/** The network of the recorded node. */
export const INTERFACES = `auto lo
iface lo inet loopback

iface eth0 inet manual

auto vmbr0
iface vmbr0 inet static
\taddress 10.10.0.2/24
\tbridge-ports eth0
\tbridge-stp off
\tbridge-fd 0
`;

/** Answers with the file of that name, as the web server did that the recorded node downloaded from. */
export async function serveFile(
  directory: string,
  url: string,
  method: string,
  response: ServerResponse,
): Promise<void> {
  try {
    const data = await readFile(join(directory, url.split('/').at(-1) ?? ''));
    const type = url.endsWith('.iso') ? 'application/x-iso9660-image' : 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-length': data.length });
    response.end(method === 'HEAD' ? undefined : data);
  } catch {
    response.writeHead(404, 'File not found').end();
  }
}
