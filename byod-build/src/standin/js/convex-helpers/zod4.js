
export const {
  zid, Zid, zodToConvex, zodToConvexFields, zodOutputToConvex, zodOutputToConvexFields, convexToZod, convexToZodFields,
  withSystemFields, zBrand, zCustomQuery, zCustomMutation, zCustomAction,
} = helpers(4);
