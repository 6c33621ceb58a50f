import { within } from "./within.ts";

/** A driver that keeps its promises needs a fraction of it, on a busy machine, too. */
export const closingSeconds = 10;
/** Of a whole test: the last resort, where the runner has no limit of its own. */
const longestSeconds = 180;

/** Closes a service, as its contract asks: it ends what waits, and comes to an end itself. */
export function closeInTime(service: AsyncDisposable): Promise<void> {
  const contract = "A service that is closed ends what it waits for, and is closed then";
  return within(closingSeconds, contract, Promise.resolve(service[Symbol.asyncDispose]()));
}

/** Works with a service and closes it. What went wrong in the work is told, whether it can be closed or not. */
export async function withService<Service extends AsyncDisposable, T>(
  service: Service,
  work: (service: Service) => Promise<T>,
): Promise<T> {
  let result: T;
  try {
    result = await within(longestSeconds, "Every call of a service comes to an end", work(service));
  } catch (error) {
    await closeInTime(service).catch(() => undefined);
    throw error;
  }
  await closeInTime(service);
  return result;
}
