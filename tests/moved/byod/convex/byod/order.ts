// Written by `byod export`.

/** Runs what is asked of one database. */
export interface Order {
  /** Behind every writing that was asked for before. */
  read<T>(run: () => Promise<T>): Promise<T>;
  /** Behind everything that was asked for before. */
  write<T>(run: () => Promise<T>): Promise<T>;
  /** Waits for all that was asked for. */
  end(): Promise<void>;
}

/**
 * Convex does what it is asked in that order, also where nobody awaits it. What is
 * asked here takes more than one step, so what comes next waits for it. Where
 * everything is awaited, nothing ever waits.
 */
export function inOrder(): Order {
  let writing: Promise<unknown> | undefined;
  const reading = new Set<Promise<unknown>>();
  const isDone = () => {};
  return {
    read: async (run) => {
      const found = writing === undefined ? run() : writing.then(run);
      const done = found.then(isDone, isDone);
      reading.add(done);
      try {
        return await found;
      } finally {
        reading.delete(done);
      }
    },
    write: async (run) => {
      const before =
        writing === undefined ? [...reading] : [writing, ...reading];
      reading.clear();
      const written =
        before.length === 0 ? run() : Promise.all(before).then(run);
      const done = written.then(isDone, isDone);
      writing = done;
      try {
        return await written;
      } finally {
        if (writing === done) writing = undefined;
      }
    },
    end: async () => {
      while (writing !== undefined || reading.size > 0) {
        await Promise.all([writing, ...reading]);
      }
    },
  };
}

/** The query, each step of it in its turn. */
export function queryInOrder(query: any, { read }: Order): any {
  const chained =
    (method: string) =>
    (...args: any[]) =>
      queryInOrder(query[method](...args), { read } as Order);
  const asked =
    (method: string) =>
    (...args: any[]) =>
      read(async () => await query[method](...args));
  return {
    withIndex: chained("withIndex"),
    withSearchIndex: chained("withSearchIndex"),
    fullTableScan: chained("fullTableScan"),
    order: chained("order"),
    filter: chained("filter"),
    paginate: asked("paginate"),
    collect: asked("collect"),
    take: asked("take"),
    first: asked("first"),
    unique: asked("unique"),
    count: asked("count"),
    next: asked("next"),
    [Symbol.asyncIterator]: () => {
      const steps = query[Symbol.asyncIterator]();
      return {
        next: () => read(async () => await steps.next()),
        return: async (value: any) =>
          (await steps.return?.(value)) ?? { done: true, value },
      };
    },
  };
}
