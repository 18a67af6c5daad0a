import { hasTag, labIdentity } from '../../config/lab-identity';

const uuid = '0a1b2c3d-0000-4000-8000-000000000000';

test('the tag of a lab is made of the beginning of its UUID', () => {
  expect(labIdentity(uuid)).toEqual({ uuid, tag: 'lab-0a1b2c3d' });
});

test.each([
  ['lab-0a1b2c3d', true],
  ['lab;lab-0a1b2c3d;wordpress', true],
  ['a,lab-0a1b2c3d b', true],
  ['lab-0a1b2c3d4', false],
  ['mylab-0a1b2c3d', false],
  ['LAB-0A1B2C3D', false],
  ['lab', false],
  ['', false],
  [undefined, false],
])('a guest with the tags %j is of that lab: %s', (tags, has) => {
  expect(hasTag(tags, 'lab-0a1b2c3d')).toBe(has);
});
