import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { ConnectionFile } from '../config/target';

/** An address that logs in to the node's page once, and for how long, seconds. */
export interface PageLink {
  readonly url: string;
  readonly seconds: number;
}

/** Has the node that is up make a link. What follows the # stays in the browser: it reaches no log. */
export async function makePageLink({ endpoint, caFile, tokenFile }: ConnectionFile): Promise<PageLink> {
  const agent = new Agent({ connect: { ca: readFileSync(caFile) } });
  try {
    const authorization = `PVEAPIToken=${readFileSync(tokenFile, 'utf8').trim()}`;
    const answer = await request(`${endpoint}/page/api/links`, {
      method: 'POST',
      headers: { authorization },
      dispatcher: agent,
    });
    if (answer.statusCode !== 200) {
      throw new Error(`the local node at ${endpoint} makes no link to its page: ${answer.statusCode}`);
    }
    const { data } = (await answer.body.json()) as { data: { secret: string; seconds: number } };
    return { url: `${endpoint}/#login=${data.secret}`, seconds: data.seconds };
  } finally {
    await agent.close();
  }
}

/** The link as a person reads it. */
export function linkWords({ url, seconds }: PageLink): string {
  return `Its page, logged in once within ${seconds / 60} minutes: ${url}`;
}
