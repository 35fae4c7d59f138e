
// The second part of the stand-in for `convex/server`: what describes HTTP routes,
// crons and components.

export const ROUTABLE_HTTP_METHODS = ["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"];

export class HttpRouter {
  isRouter = true;
  exactRoutes = new Map();
  prefixRoutes = new Map();

  route = ({ path, pathPrefix, method, handler }) => {
    if (!handler) throw new Error("route requires handler");
    if (!method) throw new Error("route requires method");
    if (!ROUTABLE_HTTP_METHODS.includes(method)) {
      throw new Error(`'${method}' is not an allowed HTTP method (like GET, POST, PUT etc.)`);
    }
    if (path !== undefined && pathPrefix !== undefined) {
      throw new Error("Invalid httpRouter route: cannot contain both 'path' and 'pathPrefix'");
    }
    if (path !== undefined) {
      if (!path.startsWith("/")) throw new Error(`path '${path}' does not start with a /`);
      this.#add(this.exactRoutes, path, method, handler, `Path '${path}' for method ${method} already in use`);
    } else if (pathPrefix !== undefined) {
      if (!pathPrefix.startsWith("/")) throw new Error(`pathPrefix '${pathPrefix}' does not start with a /`);
      if (!pathPrefix.endsWith("/")) throw new Error(`pathPrefix ${pathPrefix} must end with a /`);
      this.#add(this.prefixRoutes, method, pathPrefix, handler, `${method} pathPrefix ${pathPrefix} is already defined`);
    } else {
      throw new Error("Invalid httpRouter route entry: must contain either field 'path' or 'pathPrefix'");
    }
  };

  #add(routes, outer, inner, handler, taken) {
    const known = routes.get(outer) ?? new Map();
    if (known.has(inner)) throw new Error(taken);
    routes.set(outer, known.set(inner, handler));
  }

  getRoutes = () => {
    const exact = [...this.exactRoutes].flatMap(([path, methods]) =>
      [...methods].map(([method, handler]) => [path, method, handler]),
    );
    const prefixes = [...this.prefixRoutes].flatMap(([method, paths]) =>
      [...paths].map(([prefix, handler]) => [`${prefix}*`, method, handler]),
    );
    return [...exact.sort(), ...prefixes.sort()];
  };

  lookup = (path, method) => {
    const known = method === "HEAD" ? "GET" : method;
    const exact = this.exactRoutes.get(path)?.get(known);
    if (exact) return [exact, known, path];
    const prefixes = [...(this.prefixRoutes.get(known) ?? [])].sort(([a], [b]) => b.length - a.length);
    const found = prefixes.find(([prefix]) => path.startsWith(prefix));
    return found ? [found[1], known, `${found[0]}*`] : null;
  };

  runRequest = onlyWhenDeployed("runRequest");
}

export const httpRouter = () => new HttpRouter();

class Crons {
  isCrons = true;
  crons = {};

  schedule(name, schedule, reference, args = {}) {
    if (name in this.crons) throw new Error(`Cron identifier registered twice: ${name}`);
    this.crons[name] = { name: getFunctionName(reference), args: [convexToJson(args)], schedule };
  }

  #add(type, name, schedule, reference, args) {
    this.schedule(name, { ...schedule, type }, reference, args);
  }

  interval(name, schedule, reference, args) {
    const given = ["seconds", "minutes", "hours"].filter((unit) => schedule[unit] !== undefined);
    if (given.length !== 1) throw new Error("Must specify one of seconds, minutes, or hours");
    const every = schedule[given[0]];
    if (!Number.isInteger(every) || every <= 0) throw new Error("Interval must be an integer greater than 0");
    this.#add("interval", name, schedule, reference, args);
  }

  hourly(name, schedule, reference, args) {
    // The schedule may be left out.
    const withoutSchedule = schedule?.[FUNCTION_NAME] !== undefined || typeof schedule === "string";
    if (withoutSchedule) this.#add("hourly", name, {}, schedule, reference);
    else this.#add("hourly", name, schedule, reference, args);
  }

  daily(name, schedule, reference, args) {
    this.#add("daily", name, schedule, reference, args);
  }

  weekly(name, schedule, reference, args) {
    this.#add("weekly", name, schedule, reference, args);
  }

  monthly(name, schedule, reference, args) {
    this.#add("monthly", name, schedule, reference, args);
  }

  cron(name, cron, reference, args) {
    this.#add("cron", name, { cron }, reference, args);
  }

  export() {
    return JSON.stringify(this.crons);
  }
}

export const cronJobs = () => new Crons();

function definition(fields) {
  const env = new Proxy({}, { get: (_, name) => (typeof name === "string" ? { __envVarRef: name } : undefined) });
  return {
    _childComponents: [],
    _exportTree: {},
    env,
    use(component, options) {
      const name = options?.name ?? component?.defaultName ?? component?._name;
      this._childComponents.push([name, component, options?.env ?? {}, options?.httpPrefix]);
      return { exports: componentsGeneric()[String(name)] };
    },
    export: onlyWhenDeployed("export"),
    ...fields,
  };
}

export const defineApp = (options) => definition({ _isRoot: true, _env: options?.env });
export const defineComponent = (name, options) =>
  definition({ _isRoot: false, _name: name, _env: options?.env ?? {}, _onInitCallbacks: {} });

export class SearchFilter {}
