import type { ResourcesResult } from '../../analyse/resources/resources';
import type { Block } from '../document/document';
import { plural, quantity } from '../document/format';

/** Said where the node's figures are not those of its guests. */
export function disturbance(resources: ResourcesResult): Block[] {
  const disturbed = resources.visits.filter((visit) => visit.disturbed);
  if (disturbed.length === 0) return [];
  const others = resources.visits.map(({ othersCpuPercent }) => othersCpuPercent).filter(isNumber);
  const levels = [...new Set(disturbed.map(({ level }) => level))].sort((a, b) => a - b).join(', ');
  return [
    {
      kind: 'notice',
      text: `Disturbed: in ${disturbed.length} of ${plural(resources.visits.length, 'visit')} (levels ${levels}) programs other than the guests used up to ${quantity(Math.max(...others), '%')} of the node’s CPUs, against ${quantity(Math.min(...others), '%')} in the quietest visit. CPU, load and memory of the node at these levels are theirs as well and say nothing about guests; what the guests’ own processes used is shown apart.`,
    },
  ];
}

const isNumber = (value: number | null | undefined): value is number => typeof value === 'number';
