import {expect} from 'chai';

/** Waits for `promise` to be rejected with an error of this class whose message matches. */
export async function expectRejection(
  promise: Promise<unknown>,
  errorClass: new (...args: never[]) => Error,
  message: RegExp,
): Promise<void> {
  let caught: unknown;
  try {
    await promise;
  } catch (error) {
    caught = error;
  }
  expect(caught, 'expected a rejection').to.be.instanceOf(errorClass);
  expect((caught as Error).message).to.match(message);
}
