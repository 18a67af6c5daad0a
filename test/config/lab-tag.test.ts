import { hasLabTag, hasLabTagExpression } from '../../config/lab-tag';

const lab = { name: 'lab' };

test.each([
  ['lab', true],
  ['lab;wordpress', true],
  ['a,lab b', true],
  ['lab-two', false],
  ['mylab', false],
  ['LAB', false],
  ['', false],
  [undefined, false],
])('a guest with the tags %j has the tag of the lab "lab": %s', (tags, has) => {
  expect(hasLabTag(tags, lab)).toBe(has);
});

test("Terraform asks for the whole tag in the provider's list, quoted", () => {
  expect(hasLabTagExpression('vm', lab)).toBe('contains(vm.tags, "lab")');
  expect(hasLabTagExpression('each.value', { name: 'a"b' })).toBe('contains(each.value.tags, "a\\"b")');
});
