import { CdktfError } from '../../experiment/cdktf';
import { InterruptedError, type Run, Stages } from '../../experiment/stages';

/** A stage that ends when told to, and fails when interrupted. */
function controlled(): Run & { finish(): void; readonly interrupted: boolean } {
  let resolve: () => void = () => {};
  let reject: (error: Error) => void = () => {};
  const state = { interrupted: false };
  const done = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return {
    done,
    finish: () => resolve(),
    interrupt: () => {
      state.interrupted = true;
      reject(new Error('was told to stop'));
    },
    get interrupted() {
      return state.interrupted;
    },
  };
}

const instantly: Run = { done: Promise.resolve(), interrupt: () => {} };

test('a stage that fails passes its own error on and is recorded as failed', async () => {
  const stages = new Stages(() => {});
  const failing: Run = { done: Promise.reject(new Error('no space')), interrupt: () => {} };
  await expect(stages.run('Deploy', () => failing)).rejects.toThrow('no space');
  expect(stages.finished).toMatchObject([{ title: 'Deploy', outcome: 'failed' }]);
});

test('an interrupt ends the running stage and later ones do not begin', async () => {
  const stages = new Stages(() => {});
  const deploy = controlled();
  const running = stages.run('Deploy', () => deploy);
  expect(stages.interrupt()).toBe('stopping');
  await expect(running).rejects.toBeInstanceOf(InterruptedError);
  expect(deploy.interrupted).toBe(true);
  await expect(stages.run('Measure', () => instantly)).rejects.toBeInstanceOf(InterruptedError);
  expect(stages.finished.map(({ title, outcome }) => [title, outcome])).toEqual([['Deploy', 'interrupted']]);
});

test('an interrupt that a stage outlives still stops the stages after it', async () => {
  const stages = new Stages(() => {});
  let end: () => void = () => {};
  const stubborn: Run = { done: new Promise((resolve) => (end = resolve)), interrupt: () => end() };
  const running = stages.run('Report', () => stubborn);
  stages.interrupt();
  await expect(running).rejects.toBeInstanceOf(InterruptedError);
});

test('after an interrupt, cleaning runs to its end', async () => {
  const stages = new Stages(() => {});
  stages.interrupt();
  stages.beginCleaning();
  await stages.run('Destroy', () => instantly);
  expect(stages.finished).toMatchObject([{ title: 'Destroy', outcome: 'done' }]);
  expect(stages.stopRequested).toBe(true);
});

test('an interrupt that comes when only cleaning is left lets it end and is remembered', async () => {
  const stages = new Stages(() => {});
  await stages.run('Deploy', () => instantly);
  stages.beginCleaning();
  expect(stages.stopRequested).toBe(false);
  await stages.run('Local node down', () => {
    stages.interrupt();
    return instantly;
  });
  expect(stages.finished.map(({ outcome }) => outcome)).toEqual(['done', 'done']);
  expect(stages.stopRequested).toBe(true);
});

test('what cleans is run once more where a Ctrl-C hit it just as it began', async () => {
  const stages = new Stages(() => {});
  stages.beginCleaning();
  const hit: Run = { done: Promise.reject(new Error('ended with SIGINT')), interrupt: () => {} };
  const attempts = [hit, instantly];
  await stages.run('Destroy', () => {
    if (attempts.length === 2) stages.interrupt();
    return attempts.shift() ?? hit;
  });
  expect(attempts).toEqual([]);
  expect(stages.finished.map(({ outcome }) => outcome)).toEqual(['done']);
});

test('what cleans is run once more where a signal ended it after a stop that was heard before', async () => {
  const stages = new Stages(() => {});
  stages.interrupt();
  stages.beginCleaning();
  const hit = (): Run => ({
    done: Promise.reject(new CdktfError('destroy', null, [], 'log')),
    interrupt: () => {},
  });
  const attempts = [hit, () => instantly];
  await stages.run('Destroy', () => (attempts.shift() ?? hit)());
  expect(attempts).toEqual([]);
});

test('what cleans and fails by itself after a stop is not run again', async () => {
  const stages = new Stages(() => {});
  stages.interrupt();
  stages.beginCleaning();
  let attempts = 0;
  const failing = stages.run('Destroy', () => {
    attempts += 1;
    return { done: Promise.reject(new CdktfError('destroy', 1, [], 'log')), interrupt: () => {} };
  });
  await expect(failing).rejects.toThrow('exit code 1');
  expect(attempts).toBe(1);
});

test('while cleaning, the first interrupt warns and the second abandons', async () => {
  const stages = new Stages(() => {});
  stages.beginCleaning();
  const destroy = controlled();
  const running = stages.run('Destroy', () => destroy);
  expect(stages.interrupt()).toBe('warned');
  expect(destroy.interrupted).toBe(false);
  expect(stages.interrupt()).toBe('abandoned');
  expect(destroy.interrupted).toBe(true);
  await expect(running).rejects.toThrow('was told to stop');
});
