import { expect, test } from 'vitest';
import { answerText } from '../../src/client/answer-text.ts';

test('an answer is its text, whole, wherever its pieces are cut', async () => {
  const bytes = new TextEncoder().encode('{"name":"Zoë 👋"}');
  const pieces = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  expect(await answerText(new Response(pieces), bytes.length)).toBe('{"name":"Zoë 👋"}');
  expect(await answerText(new Response(null, { status: 204 }))).toBe('');
});

test('an answer that does not end is refused at its limit, and is not read on', async () => {
  let given = 0;
  let isOver = false;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      given += 1000;
      controller.enqueue(new Uint8Array(1000));
    },
    cancel: () => {
      isOver = true;
    },
  });
  await expect(answerText(new Response(endless), 10_000)).rejects.toThrow('has more than 10000 bytes');
  expect(isOver).toBe(true);
  expect(given).toBeLessThan(20_000);
});
