import { setImmediate as restOfTurn } from 'node:timers/promises';
import { SharedAnswer } from './answer';

/**
 * Answers once what several calls ask at the same time: all that arrive in one turn of the event loop share the work
 * and the text of their answer. No answer is older than its call, for a call joins only work that has not begun.
 */
export class SharedAnswers {
  private readonly waiting = new Map<string, Promise<SharedAnswer>>();

  /** `question` tells who asks what. */
  join(question: string, work: () => unknown): Promise<SharedAnswer> {
    const waiting = this.waiting.get(question);
    if (waiting) return waiting;
    const answer = restOfTurn().then(async () => {
      this.waiting.delete(question);
      return new SharedAnswer(await work());
    });
    this.waiting.set(question, answer);
    return answer;
  }
}
