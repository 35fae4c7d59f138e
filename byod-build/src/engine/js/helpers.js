// What transformed code calls: legacy decorators and `using` declarations.

globalThis.babelHelpers = {
  decorate(decorators, target, key, descriptor) {
    let result = arguments.length < 3 ? target : descriptor === null ? Object.getOwnPropertyDescriptor(target, key) : descriptor;
    for (const decorator of [...decorators].reverse()) {
      const returned = arguments.length < 3 ? decorator(result) : decorator(target, key, result);
      result = returned || result;
    }
    if (arguments.length > 3 && result) Object.defineProperty(target, key, result);
    return result;
  },
  decorateParam: (index, decorator) => (target, key) => decorator(target, key, index),
  decorateMetadata: (key, value) => (target, name) => Reflect.metadata?.(key, value)?.(target, name),
  usingCtx() {
    const stack = [];
    const add = (value, isAsync) => {
      if (value !== null && value !== undefined) {
        const dispose = (isAsync && value[Symbol.asyncDispose ?? "asyncDispose"]) || value[Symbol.dispose ?? "dispose"];
        stack.push({ value, dispose, isAsync });
      }
      return value;
    };
    return {
      e: undefined,
      u: (value) => add(value, false),
      a: (value) => add(value, true),
      d() {
        let pending;
        while (stack.length > 0) {
          const { value, dispose, isAsync } = stack.pop();
          if (isAsync) pending = Promise.resolve(pending).then(() => dispose?.call(value));
          else dispose?.call(value);
        }
        return pending;
      },
    };
  },
};
