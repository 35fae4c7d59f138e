const registered = require("./register");
export { registered };
