import type { Wait } from '../machine/live-line';
import { parseReadinessLine } from '../stacks/readiness-line';

/** Of a deployment, what making resources takes; the rest is waiting for guests to be ready. */
const MAKING = 0.2;

/** Where a guest stands: in a word or two, and how much of its way that is, about. */
interface GuestStage {
  readonly name: string;
  readonly share: number;
}

/**
 * Follows what cdktf says (progressLine's words), and shows how much is done and what each guest waits for: by the
 * resources of the plan until the first guest is heard of, and then by the guests, which take most of the time.
 */
export class TerraformProgress {
  private planned = 0;
  private done = 0;
  private readonly guests = new Map<string, GuestStage>();

  constructor(private readonly wait: Pick<Wait, 'step' | 'reached'>) {}

  readonly hear = (line: string): void => {
    const plan = /Plan: (\d+) to add, (\d+) to change, (\d+) to destroy/.exec(line);
    if (plan) this.planned = plan.slice(1).reduce((sum, count) => sum + Number(count), 0);
    if (/: (creation|destruction|modifications) complete after /.test(line)) this.done += 1;
    const news = parseReadinessLine(line);
    if (news) this.guests.set(news.guest, stage(news.text));
    if (this.planned > 0) this.wait.reached(this.share());
    this.wait.step(this.detail());
  };

  private share(): number {
    const made = Math.min(1, this.done / this.planned);
    const shares = [...this.guests.values()].map(({ share }) => share);
    if (shares.length === 0) return made;
    const ready = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    return MAKING * made + (1 - MAKING) * ready;
  }

  private detail(): string {
    if (this.guests.size === 0) return this.planned > 0 ? `${this.done} of ${this.planned}` : '';
    return [...this.guests].map(([guest, { name }]) => `${guest}: ${name}`).join(' · ');
  }
}

const CLOUD_INIT = ['init-local', 'init', 'modules-config', 'modules-final'];

/** Of `waiting for the guest agent to answer`, `ready, wordpress 6.8.12 answers` and what the hook says between them. */
function stage(text: string): GuestStage {
  if (text.startsWith('ready')) return { name: 'ready', share: 1 };
  if (text.startsWith('up, but')) return { name: 'up without its application', share: 1 };
  const what = text.replace(/^waiting for /, '');
  if (what.startsWith('the guest agent to answer')) return { name: 'boots', share: 0 };
  const cloudInit = /^cloud-init (?:\((?:after )?(.+)\)|to start)/.exec(what);
  if (cloudInit) {
    const at = cloudInit[1] ?? 'starts';
    return { name: `cloud-init ${at}`, share: 0.4 + 0.1 * (CLOUD_INIT.indexOf(at) + 1) };
  }
  if (what.startsWith('the install script')) return { name: 'installs', share: 0.85 };
  return { name: /^(http|the title)/.test(what) ? 'its page' : what, share: 0.9 };
}
