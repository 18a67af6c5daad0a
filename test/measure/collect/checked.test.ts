import { checked, RecordFault } from '../../../measure/collect/checked';
import { transferRecord } from '../../../measure/run/records/session';

const transfer = {
  ...{ url: 'http://192.168.10.29/', kind: 'page', page: 0, intendedAt: 1, startedAt: 1, firstByteAt: 1.1 },
  ...{ endedAt: 1.2, status: 200, bytes: 5, error: null },
};

test('a record that is right comes through with fields of its own', () => {
  expect(checked(transferRecord, { ...transfer, extra: 1 }, 'the reader')).toEqual({ ...transfer, extra: 1 });
});

test('a record that is wrong names the program, each field and its value', () => {
  const wrong = { ...transfer, endedAt: 'soon', bytes: -1, status: undefined };
  expect(() => checked(transferRecord, wrong, 'the reader')).toThrow(RecordFault);
  expect(() => checked(transferRecord, wrong, 'the reader')).toThrow(
    /^the reader printed a record that is wrong: .*status: .*\(it is nothing\); bytes: .*\(it is -1\)/s,
  );
  expect(() => checked(transferRecord, wrong, 'the reader')).toThrow(/endedAt: .*\(it is "soon"\)/);
});
