import { fixedRank, wantedPercent } from '../../analyse/statistics/median-interval';
import type { Summary } from '../../analyse/summary';
import type { Warning } from '../document/document';
import { coverage, number, plural, quantity, repeated } from '../document/format';
import { say } from '../language/messages';
import { testedForDependence } from '../sections/dependence-notes';
import { fullNodePercent, fullSessions } from '../sections/qos-section';
import { repetitionCounts } from '../sections/repetition-notes';

/** All that keeps a reader from taking the figures at their word, what counts most first. */
export function warnings(summary: Summary): readonly Warning[] {
  return [
    ...acceleration(summary),
    ...notLimited(summary),
    ...disturbed(summary),
    ...faults(summary),
    ...repetitions(summary),
    ...missing(summary),
    ...sessions(summary),
    ...notSettled(summary),
    ...dependence(summary),
  ];
}

const about = (section: string, text: string): Warning[] => [{ section, text }];

function acceleration({ label }: Summary): Warning[] {
  if (label === null) return [];
  const words = say().warnings;
  const texts = {
    'emulated (TCG)': words.emulated,
    simulated: words.simulated,
    'acceleration unknown': words.accelerationUnknown,
  };
  return about('environment', texts[label]);
}

function notLimited({ environment }: Summary): Warning[] {
  const { containersNotLimited: what } = environment.facts;
  return what ? about('environment', say().warnings.notLimited(String(what))) : [];
}

function disturbed({ resources: { visits } }: Summary): Warning[] {
  const some = visits.filter(({ disturbed }) => disturbed);
  if (some.length === 0) return [];
  const most = Math.max(...some.flatMap(({ othersCpuPercent }) => othersCpuPercent ?? []));
  return about(
    'resources',
    say().warnings.disturbed(String(some.length), plural(visits.length, 'visit'), quantity(most, '%')),
  );
}

function faults({ faults: all }: Summary): Warning[] {
  const [first] = all;
  if (first === undefined) return [];
  const words = say().warnings;
  return about(
    'progress',
    all.length === 1 ? words.fault(first) : words.faults(plural(all.length, 'fault'), first),
  );
}

function repetitions(summary: Summary): Warning[] {
  const { without, few } = repetitionCounts(summary);
  const words = say().warnings;
  const { and } = say().firstPage;
  return [
    ...(without.length === 0 ? [] : about('summary', words.noInterval(and(without.map(repeated))))),
    ...(few.length === 0
      ? []
      : about(
          'summary',
          words.fewRepetitions(
            and(few.map(repeated)),
            and(few.map((n) => coverage(fixedRank(n)))),
            quantity(wantedPercent, '%'),
          ),
        )),
  ];
}

function missing({ applications }: Summary): Warning[] {
  const words = say().warnings;
  return applications.flatMap(({ guest, missingBecause, plannedSessions, sessions }) => {
    if (missingBecause !== null) return about('qos', words.missing(guest, missingBecause));
    return plannedSessions > 0 && sessions === 0 ? about('qos', words.notMeasured(guest)) : [];
  });
}

function sessions(summary: Summary): Warning[] {
  const words = say().warnings;
  const { known, full } = fullSessions(summary);
  const unknown = summary.applications.filter(
    ({ sessions, lossPercent }) => sessions > 0 && lossPercent === null,
  );
  return [
    ...(full.length === 0
      ? []
      : about(
          'qos',
          words.fullNode(
            String(full.length),
            plural(known.length, 'session'),
            quantity(fullNodePercent, '%'),
          ),
        )),
    ...(unknown[0] === undefined
      ? []
      : about(
          'qos',
          words.lossUnknown(
            say().firstPage.and(unknown.map(({ guest }) => guest)),
            unknown[0].lossUnknownBecause ?? '',
          ),
        )),
  ];
}

function notSettled({ resources: { visits } }: Summary): Warning[] {
  const some = visits.filter(({ transient, samples }) => transient && samples > 0);
  return some.length === 0
    ? []
    : about('resources', say().warnings.notSettled(String(some.length), plural(visits.length, 'visit')));
}

function dependence(summary: Summary): Warning[] {
  const tested = testedForDependence(summary);
  const found = tested.filter(({ widens }) => widens);
  return found.length === 0
    ? []
    : about('summary', say().warnings.dependence(number(found.length), number(tested.length)));
}
