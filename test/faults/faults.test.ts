import { seededRandom } from '../../measure/run/random';
import { FaultyLab } from './faulty-lab';
import { oneOf } from './random';
import {
  callsOf,
  describeScenario,
  FAULTS,
  PHASES,
  type Phase,
  play,
  prepare,
  type Scenario,
  TASK_FAULTS,
  TASK_STATUS,
} from './scenario';

/**
 * FAULTS=1000 plays so many, FAULTS=all each fault once at each kind of request; FAULTS_SEED=N those of an earlier run.
 * Each takes about five seconds.
 */
const ALL = process.env.FAULTS === 'all';
const COUNT = ALL ? 1500 : Number(process.env.FAULTS || 12);
const SEED = Number(process.env.FAULTS_SEED || Math.floor(Math.random() * 1e6));

jest.setTimeout(120_000 + COUNT * 60_000);

type Calls = ReadonlyMap<Phase, ReadonlyMap<string, number>>;

const faultsAt = (call: string) => (call === TASK_STATUS ? [...FAULTS, ...TASK_FAULTS] : FAULTS);

/** One phase after the other, so that each begins where the one before ended. */
function randomScenarios(calls: Calls): Scenario[] {
  const random = seededRandom(SEED);
  return Array.from({ length: COUNT }, (_, index) => {
    const phase = PHASES[index % PHASES.length] ?? 'create';
    const [call, times] = oneOf([...(calls.get(phase) ?? [])], random);
    const fault = oneOf(faultsAt(call), random);
    // What is killed, or waits, is so once.
    const stays = fault.kind !== 'kill' && fault.kind !== 'hang' && random() < 0.4;
    return { phase, call, nth: 1 + Math.floor(random() * times), stays, fault };
  });
}

function allScenarios(calls: Calls): Scenario[] {
  return PHASES.flatMap((phase) =>
    [...(calls.get(phase)?.keys() ?? [])].flatMap((call) =>
      faultsAt(call).map((fault) => ({ phase, call, nth: 1, stays: false, fault })),
    ),
  );
}

describe('Terraform with the real provider, and a network, tasks and processes that fail', () => {
  let lab: FaultyLab;
  beforeEach(async () => {
    lab = await FaultyLab.start();
  });
  afterEach(() => lab.close());

  test(`the run after a fault makes whole what it left (${ALL ? 'all' : `${COUNT} by FAULTS_SEED=${SEED}`})`, async () => {
    const calls = new Map<Phase, ReadonlyMap<string, number>>();
    for (const phase of PHASES) calls.set(phase, await callsOf(lab, phase));
    const wrong: string[] = [];
    for (const scenario of ALL ? allScenarios(calls) : randomScenarios(calls)) {
      await prepare(lab, scenario.phase);
      const found = await play(lab, scenario);
      if (found.length === 0) continue;
      wrong.push([describeScenario(scenario), ...found].join('\n  '));
      // The next begins with a whole lab all the same.
      await lab.close();
      lab = await FaultyLab.start();
    }
    expect(wrong).toEqual([]);
  });
});
