/** No answer that this program asks for as a whole is as long: a server that sends more is broken, or means harm. */
export const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** The whole text of an answer. @throws Error when it is longer than `bytesMax`, decompressed: its rest is not read */
export const answerText = async ({ url, body }: Response, bytesMax = ANSWER_BYTES_MAX): Promise<string> => {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of body ?? []) {
    bytes += piece.length;
    if (bytes > bytesMax) throw new Error(`the answer of ${url} has more than ${bytesMax} bytes`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
};
