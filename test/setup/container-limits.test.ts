import { containerLimits } from '../../setup/container-limits';

const guests = [{ kind: 'vm' }, { kind: 'container' }] as const;
const groups = (memory: boolean, cpu: boolean, missing = '') => ({ keptLimits: { memory, cpu }, missing });

test('nothing is said of limits of containers where there are none', () => {
  expect(containerLimits([{ kind: 'vm' }], groups(false, false, 'no groups'))).toEqual([]);
});

test('what cannot be limited is named, and what can be done about it', () => {
  expect(containerLimits(guests, groups(true, true))).toMatchObject([{ state: 'ok' }]);
  expect(containerLimits(guests, groups(false, true))).toMatchObject([
    { state: 'warning', found: expect.stringMatching(/^memory not limited/) },
  ]);
  expect(containerLimits(guests, groups(false, false))).toMatchObject([
    {
      found: expect.stringMatching(/^memory and cpu not limited/),
      remedy: expect.stringContaining('limits need root'),
    },
  ]);
});

test('a user without a control group of his own is told how to get one', () => {
  expect(containerLimits(guests, groups(false, false, '; systemd needs one'))).toMatchObject([
    { state: 'fault', remedy: expect.stringContaining('systemd-run --user --scope -p Delegate=yes') },
  ]);
});
