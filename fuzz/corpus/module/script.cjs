#!/usr/bin/env node
"use strict";
var x = require("y");
<!-- a comment
module.exports = { if: x --> 0, a: function () { label: for (;;) { if (x) break label; else continue; } } };
