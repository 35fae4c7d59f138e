export { "json" };
