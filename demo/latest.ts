/** Runs one task at a time and keeps only the newest request: older ones that still wait are dropped. */

export interface Latest<Argument> {
  /** Starts now, or as soon as the running task ends; replaces a request that still waits. */
  request(argument: Argument): void;
}

/**
 * `run` gets `isCurrent`, which turns false once a newer request is there: results made after that are not worth showing.
 * `onError` hears of failures of current tasks only.
 */
export function latestOnly<Argument>(
  run: (argument: Argument, isCurrent: () => boolean) => Promise<void>,
  onError: (error: unknown) => void,
): Latest<Argument> {
  let waiting: { argument: Argument } | null = null;
  let newest = 0;
  let running = false;

  const drain = async (): Promise<void> => {
    running = true;
    while (waiting) {
      const { argument } = waiting;
      waiting = null;
      const own = newest;
      const isCurrent = (): boolean => own === newest;
      try {
        await run(argument, isCurrent);
      } catch (error) {
        if (isCurrent()) onError(error);
      }
    }
    running = false;
  };

  return {
    request(argument) {
      newest++;
      waiting = { argument };
      if (!running) void drain();
    },
  };
}
