// Starts the stand-in for DynamoDB on a free port of the loopback interface, prints its address,
// and ends when standard input does, so that a test that breaks off leaves nothing running.
const { createRequire } = require("node:module");
const { join } = require("node:path");

const installed = createRequire(join(process.argv[2], "package.json"));
const server = installed("dynalite")({ createTableMs: 0 });
server.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit()).resume();
