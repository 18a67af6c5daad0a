import type { Summary } from '../../analyse/summary';
import { when } from '../document/format';
import type { RunCard } from './page';

export function runCard(side: string, { run, label, plan, environment }: Summary): RunCard {
  const target = environment.target === 'local' ? 'local node' : 'Proxmox VE';
  return {
    side,
    run,
    label,
    facts: [
      when(plan.registeredAt),
      `plan ${plan.planName}`,
      `${target} ${plan.lab.nodeName}`,
      ...(environment.acceleration === 'kvm' ? ['KVM'] : []),
      ...(environment.acceleration === 'native' ? ['containers'] : []),
    ],
  };
}

/** How charts say that their figures are emulated or simulated: behind their titles, or below where the runs differ. */
export interface ChartLabel {
  readonly ofTitle: string | null;
  readonly ofCaption: string | null;
}

export function chartLabel(runs: readonly Pick<RunCard, 'side' | 'label'>[]): ChartLabel {
  const labels = [...new Set(runs.map(({ label }) => label))];
  if (labels.length === 1) return { ofTitle: labels[0] ?? null, ofCaption: null };
  const sides = (of: string | null): string =>
    runs
      .filter(({ label }) => label === of)
      .map(({ side }) => side)
      .join(', ');
  return {
    ofTitle: null,
    ofCaption: `${labels.map((label) => `${sides(label)}: ${label ?? 'KVM'}`).join('; ')}.`,
  };
}
