import { askToWait } from '../../experiment/ask-to-wait';

async function asked(cpu: number | null, changes: object = {}, answer?: string) {
  const questions: string[] = [];
  const said: string[] = [];
  const minutes = await askToWait(undefined, (line) => said.push(line), {
    isSomebodyThere: true,
    isLabDeployed: false,
    cpuPercent: async () => cpu,
    ask: async (question) => {
      questions.push(question);
      return answer;
    },
    ...changes,
  });
  return { minutes, questions, said };
}

test('a person is asked before anything is made where the node is busy, and says how long to wait', async () => {
  const { minutes, questions, said } = await asked(43, {}, '10');
  expect(minutes).toBe(10);
  expect(said).toEqual([
    'The node is busy with other work: 43 % of all CPUs. It would disturb the measurement.',
  ]);
  expect(questions).toHaveLength(1);
});

test('Enter goes on at once, and measuring does not ask again', async () => {
  expect((await asked(43, {}, '')).minutes).toBe(0);
});

test.each([
  ['the node is quiet', 4, {}],
  ['the node does not tell', null, {}],
  ['nobody is there', 99, { isSomebodyThere: false }],
  ['the lab is deployed already, whose guests would count', 99, { isLabDeployed: true }],
])('nothing is asked where %s', async (_, cpu, changes) => {
  expect(await asked(cpu, changes)).toEqual({ minutes: undefined, questions: [], said: [] });
});
