import { AssertionError } from "node:assert";

/**
 * What `work` gives, if that takes no longer: a driver that keeps a promise pending fails the test that asks, where it would else stand
 * still for ever.
 *
 * @param contract what the interface asks for, as a sentence: `A closed store ends the put that is under way`
 */
export async function within<T>(seconds: number, contract: string, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new AssertionError({ message: `${contract}; after ${seconds} s this one has not`, operator: "within" }));
  }, seconds * 1000);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
