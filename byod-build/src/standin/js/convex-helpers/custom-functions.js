// Stands in for `convex-helpers/server/customFunctions`: the arguments of a
// customization are added to those of each function.
import { addFieldsToValidator } from "convex-helpers/validators";

export const NoOp = { args: {}, input: () => ({ args: {}, ctx: {} }) };
export const customCtx = (modify) => ({
  args: {},
  input: async (ctx, _args, extra) => ({ args: {}, ctx: await modify(ctx, extra) }),
});
export const customCtxAndArgs = (customization) => customization;

function customized(builder, customization) {
  const added = customization.args ?? {};
  return (definition) => {
    const handler = definition.handler ?? definition;
    const { args, returns } = typeof definition === "object" ? definition : {};
    if (args !== undefined) {
      return builder({ args: addFieldsToValidator(args, added), returns, handler });
    }
    if (Object.keys(added).length > 0) {
      throw new Error(
        "If you're using a custom function with arguments for the input customization, you must declare the arguments for the function too.",
      );
    }
    return builder({ returns, handler });
  };
}

export const customQuery = customized;
export const customMutation = customized;
export const customAction = customized;
