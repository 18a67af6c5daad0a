import type { Wait } from '../machine/live-line';
import { parseReadinessLine } from '../stacks/readiness-line';

/**
 * Follows what cdktf says (progressLine's words) and shows how many of the plan's resources are done and what each guest
 * waits for. A guest's own wait is one of the resources, so that the bar ends with the last guest.
 */
export class TerraformProgress {
  private planned = 0;
  private done = 0;
  private readonly guests = new Map<string, string>();

  constructor(private readonly wait: Pick<Wait, 'step' | 'reached'>) {}

  readonly hear = (line: string): void => {
    const plan = /Plan: (\d+) to add, (\d+) to change, (\d+) to destroy/.exec(line);
    if (plan) this.planned = plan.slice(1).reduce((sum, count) => sum + Number(count), 0);
    if (/: (creation|destruction|modifications) complete after /.test(line)) this.done += 1;
    const news = parseReadinessLine(line);
    if (news) this.guests.set(news.guest, stage(news.text));
    if (this.planned > 0) this.wait.reached(Math.min(1, this.done / this.planned));
    this.wait.step(this.detail());
  };

  private detail(): string {
    if (this.guests.size === 0) return this.planned > 0 ? `${this.done} of ${this.planned}` : '';
    return [...this.guests].map(([guest, at]) => `${guest}: ${at}`).join(' · ');
  }
}

/** `waiting for the guest agent to answer` and `ready, wordpress 6.8.12 answers` in a word or two. */
function stage(text: string): string {
  if (text.startsWith('ready')) return 'ready';
  if (text.startsWith('up, but')) return 'up without its application';
  const what = text.replace(/^waiting for /, '');
  if (what.startsWith('the guest agent to answer')) return 'boots';
  const cloudInit = /^cloud-init (?:\((.+)\)|to start)/.exec(what);
  if (cloudInit) return `cloud-init ${cloudInit[1] ?? 'starts'}`;
  if (what.startsWith('the install script')) return 'installs';
  return /^(http|the title)/.test(what) ? 'its page' : what;
}
