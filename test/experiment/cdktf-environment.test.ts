import { cdktfEnvironment } from '../../experiment/experiment';

test('--new-template of npm start asks for the template of today as LAB_NEW_TEMPLATE=yes does', () => {
  expect(cdktfEnvironment({ newTemplate: true })).toEqual({ LAB_NEW_TEMPLATE: 'yes' });
  expect(cdktfEnvironment({})).toEqual({});
});
