// Stands in for Node's `async_hooks`: enough to construct what a module holds
// at its top level. Nothing runs inside a request while a project is read.
export class AsyncLocalStorage {
  run(_store, callback, ...args) {
    return callback(...args);
  }
  exit(callback, ...args) {
    return callback(...args);
  }
  getStore() {
    return undefined;
  }
  enterWith() {}
  disable() {}
  static bind(callback) {
    return callback;
  }
  static snapshot() {
    return (callback, ...args) => callback(...args);
  }
}

export class AsyncResource {
  runInAsyncScope(callback, self, ...args) {
    return callback.apply(self, args);
  }
  static bind(callback) {
    return callback;
  }
}

export default { AsyncLocalStorage, AsyncResource };
