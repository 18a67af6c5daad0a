import type { Summary } from '../../analyse/summary';
import type { Fact } from '../document/document';
import { plural, quantity, repeated, when } from '../document/format';
import { say } from '../language/messages';

/** What was measured, on what, how often and when. */
export function facts(summary: Summary): readonly Fact[] {
  const { plan, environment, resources } = summary;
  const words = say().firstPage;
  const { cpus, memoryTotalBytes: memory } = resources;
  const size =
    cpus === null || memory === null
      ? ''
      : words.size(plural(cpus, 'CPU'), quantity(memory / 2 ** 30, 'GiB'));
  const fact = (name: keyof typeof words.facts, value: string): Fact => ({ name: words.facts[name], value });
  return [
    fact('measured', measured(summary)),
    fact('target', words.target(plan.lab.nodeName, environment.target === 'local', size)),
    fact('guests', words.guests(String(plan.lab.guests.length), environment.acceleration ?? 'unknown')),
    fact('repetitions', repetitions(summary)),
    fact('date', when(plan.registeredAt)),
    fact(
      'lab',
      words.lab(
        plan.lab.name,
        plural(plan.lab.guests.length, 'guest'),
        plural(plan.lab.clients.length, 'client'),
        plan.planName,
      ),
    ),
  ];
}

function measured({ plan, resources, applications }: Summary): string {
  const words = say().firstPage;
  const levels = resources.levels.filter(({ visits }) => visits > 0).map(({ level }) => level);
  const read = applications.filter(({ sessions }) => sessions > 0).map(({ guest }) => guest);
  const parts = plan.scenarios.flatMap((scenario): string[] => {
    switch (scenario) {
      case 'resources':
        return levels.length === 0
          ? []
          : [words.scenarios.resources(words.levels(Math.min(...levels), Math.max(...levels)))];
      case 'qos':
        return read.length === 0 ? [] : [words.scenarios.qos(words.and(read))];
      default:
        return [words.scenarios[scenario]];
    }
  });
  return parts.length === 0 ? words.nothing : parts.join('; ');
}

/** Of each scenario, from the fewest to the most that anything in it was repeated. */
function repetitions({ resources, applications, load, benchmarks }: Summary): string {
  const words = say().firstPage;
  const counts = {
    visits: resources.levels.map(({ visits }) => visits),
    sessions: applications.flatMap(({ missingBecause, sessions }) =>
      missingBecause === null ? sessions : [],
    ),
    ladders: load.flatMap(({ missingBecause, ladders }) => (missingBecause === null ? ladders : [])),
    trials: benchmarks.map(({ trials }) => trials),
  };
  const each = (Object.keys(counts) as (keyof typeof counts)[]).flatMap((of) => {
    const most = Math.max(0, ...counts[of]);
    if (most === 0) return [];
    const fewest = Math.min(...counts[of]);
    const n = fewest === most ? repeated(most) : say().shared.range(repeated(fewest), String(most));
    return [`${words.each[of]}: ${n}`];
  });
  return each.length === 0 ? words.none : each.join('; ');
}
